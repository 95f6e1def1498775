"""What was found: the record, the store, tables and plots.

The names below are imported on first use, since SQLAlchemy, rich and matplotlib are slow to import.
`document` is not among them, since the module of that name would hide it: take it from there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradparity.results.records.errors import StoreError, StoreFull
from gradparity.results.records.record import Cell, Run, Sample

if TYPE_CHECKING:
    from gradparity.results.pictures.plots import draw
    from gradparity.results.records.descent import Descent, History
    from gradparity.results.store.store import Store, open_store
    from gradparity.results.tables.run_document import to_csv, to_json, to_markdown
    from gradparity.results.tables.run_table import show, table
    from gradparity.results.times.row import frame, rows

__all__ = [
    "Cell",
    "Descent",
    "History",
    "Run",
    "Sample",
    "Store",
    "StoreError",
    "StoreFull",
    "draw",
    "frame",
    "open_store",
    "rows",
    "show",
    "table",
    "to_csv",
    "to_json",
    "to_markdown",
]

_HOMES = {
    **dict.fromkeys(("Descent", "History"), "gradparity.results.records.descent"),
    **dict.fromkeys(("to_csv", "to_json", "to_markdown"), "gradparity.results.tables.run_document"),
    **dict.fromkeys(("frame", "rows"), "gradparity.results.times.row"),
    **dict.fromkeys(("Store", "open_store"), "gradparity.results.store.store"),
    **dict.fromkeys(("show", "table"), "gradparity.results.tables.run_table"),
    "draw": "gradparity.results.pictures.plots",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'results' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
