"""A server's tables of an earlier version, altered where somebody asks for it, and never else."""

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from gradparity.results.records.errors import StoreError
from gradparity.results.store import migration
from gradparity.results.store.checking import examine
from gradparity.results.store.migration import migrate
from gradparity.results.store.schema import METADATA, VERSION
from gradparity.results.store.store import open_store
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic

pytestmark = pytest.mark.postgres
RUN, CELLS = synthetic.run(), synthetic.cells()[:5]


@pytest.fixture
def old(team_store):
    """A store of version 5, which had no findings."""
    with open_store(team_store) as store:
        store.put(RUN, CELLS)
        with store.transaction() as connection:
            connection.exec_driver_sql("DROP TABLE findings")
            connection.exec_driver_sql("ALTER TABLE cells DROP COLUMN machine")
            connection.exec_driver_sql("UPDATE gradparity SET version = 5")
    return team_store


def _version(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version FROM gradparity").scalar_one()
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    return found, "findings" in tables


def test_it_is_refused_until_somebody_asks(old, tmp_path):
    for read_only in (True, False):
        with pytest.raises(
            StoreError, match=r"older gradparity .*: gradparity store migrate --store"
        ):
            open_store(old, read_only=read_only)
    assert _version(old) == (5, False)
    ended = gradparity("store", "migrate", "--store", old, cwd=tmp_path)
    assert (ended.code, ended.out) == (0, f"{old}: store version 5 before, {VERSION} now\n")
    with open_store(old, read_only=True) as store:
        assert store.load() == (RUN, CELLS)
        assert examine(store) == (1, len(CELLS), [])
    again = gradparity("store", "migrate", "--store", old, cwd=tmp_path)
    assert again.out == f"{old} is of store version {VERSION} already\n"


def test_the_tables_are_those_of_a_new_store(old):
    """By Alembic's own comparison of tables with what is in the database."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = create_engine(old)
    before = _differences(compare_metadata, MigrationContext, engine)
    migrate(make_url(old), old)
    assert any("findings" in str(one) for one in before)
    assert _differences(compare_metadata, MigrationContext, engine) == []
    engine.dispose()


def _differences(compare, context, engine):
    with engine.connect() as connection:
        return compare(context.configure(connection, opts={"compare_type": True}), METADATA)


def test_a_run_at_work_is_not_disturbed(old):
    engine = create_engine(old)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO owners SELECT id, 't', 'elsewhere', 'elsewhere', 1, 0, 0,"
            " extract(epoch from clock_timestamp()) FROM runs"
        )
    with pytest.raises(StoreError, match="is at work: process 1 on elsewhere"):
        migrate(make_url(old), old)
    assert _version(old) == (5, False)
    engine.dispose()


def test_a_step_that_fails_leaves_what_was(old, monkeypatch):
    def failing(operations):
        operations.create_table("findings")
        operations.execute("SELECT 1/0")

    monkeypatch.setattr(migration, "STEPS", {5: failing})
    with pytest.raises(StoreError, match="division by zero"):
        migrate(make_url(old), old)
    assert _version(old) == (5, False)


@pytest.mark.parametrize(("version", "told"), [(3, "cannot be migrated"), (99, "no way back")])
def test_what_no_step_leads_from(old, version, told):
    engine = create_engine(old)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE gradparity SET version = {version}")
    engine.dispose()
    with pytest.raises(StoreError, match=told):
        migrate(make_url(old), old)


def test_an_empty_database_and_a_file(team_store, tmp_path):
    empty = gradparity("store", "migrate", "--store", team_store, cwd=tmp_path)
    assert "is empty; there is nothing to migrate" in empty.err
    missing = gradparity("store", "migrate", "--store", "no.db", cwd=tmp_path)
    assert "there is no store at no.db" in missing.err
    open_store(tmp_path / "a.db").close()
    known = gradparity("store", "migrate", "--store", "a.db", cwd=tmp_path)
    assert known.out == f"a.db is of store version {VERSION} already\n"
