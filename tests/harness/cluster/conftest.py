import pytest

from tests.dask_cluster import dask_processes


@pytest.fixture(scope="session")
def two_workers(tmp_path_factory):
    """A scheduler and two workers that nobody kills."""
    with dask_processes(tmp_path_factory.mktemp("dask")) as found:
        yield found
