"""One wheel, one sdist and one environment of each kind for all tests here."""

import fcntl
import os

import pytest

from tests.package.environments import Environment, build, environment


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """once(name, make): the folder `name`, filled by the first process that asks for it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def folder(name, make):
        made, done = shared / name, shared / f"{name}.done"
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                made.mkdir()
                make(made)
                done.touch()
        return made

    return folder


@pytest.fixture(scope="session")
def distributions(once):
    """(wheel, sdist)."""
    folder = once("distributions", build)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="session")
def core(distributions, once):
    """An environment as `pip install gradparity` makes it."""
    return Environment(once("core", lambda made: environment(made, distributions[0])))


@pytest.fixture(scope="session")
def tested(distributions, once):
    """An environment as `pip install 'gradparity[pytest]'` makes it."""
    return Environment(once("tested", lambda made: environment(made, distributions[0], "pytest")))
