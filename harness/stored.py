"""Stored runs by kind: what only a run of times has, and what only training has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from problems import InputError
from results.record import Cell, Run

if TYPE_CHECKING:
    from results.store import Store


def timed(store: Store, run_id: str | None, verb: str) -> tuple[Run, list[Cell]]:
    """A run of times with its cells; which one: see `Store.find`.

    Raises InputError for training, of which `verb` has nothing to say; StoreError as `find` does.
    """
    run = store.find(run_id)
    if run.kind == "train":
        raise InputError(
            f"run {run.id} is training, and {verb} is for times; "
            f"its descents: gradparity show {run.id}"
        )
    return store.load(run.id)
