import pytest


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def where(request, tmp_path):
    """A store that is not there yet: in a SQLite file, and in a database of a PostgreSQL server."""
    if request.param == "sqlite":
        return str(tmp_path / "r.db")
    return request.getfixturevalue("team_store")
