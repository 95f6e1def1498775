"""Whether more has come into a store: asked often, and answered without reading what it is."""

from __future__ import annotations

from sqlalchemy import func, select

from gradparity.results.records.errors import StoreError
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS, RUNS
from gradparity.results.store.store import Store


def look(store: Store, run_id: str = "") -> str:
    """Return a text that changes with whatever is stored of a run, or of any ("").

    Whatever is stored gets a new number, also where it replaces something.
    Raises: StoreError, for a run that is not there.
    """
    told = []
    with store.snapshot() as connection:
        asked = select(RUNS.c.id, RUNS.c.status).order_by(RUNS.c.id)
        found = connection.execute(asked.where(RUNS.c.id == run_id) if run_id else asked).all()
        if run_id and not found:
            raise StoreError(f"{store.where} has no run {run_id!r}")
        told += [f"{one} {status}" for one, status in found]
        for table in (CELLS, DESCENTS, FINDINGS):
            newest = select(func.count(), func.max(table.c.id)).select_from(table)
            wanted = newest.where(table.c.run_id == run_id) if run_id else newest
            count, number = connection.execute(wanted).one()
            told.append(f"{count} {number or 0}")
    return "; ".join(told)
