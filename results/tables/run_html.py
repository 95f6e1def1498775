"""A run as HTML, for a notebook: the table and the legend that a terminal shows."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.columns import groups
from gradparity.results.tables.legend import interval_name, legend, over
from gradparity.results.tables.run_table import LEFT, WIDE
from gradparity.results.words.html import HtmlTable, document


def to_html(run: Run, cells: Sequence[Cell]) -> str:
    """Return one table per setting, the fastest and its ties bold, with the legend."""
    titles = {name: name for name in WIDE} | {"ratio": over(run, cells)}
    titles |= dict.fromkeys(("interval", "ratio interval"), interval_name(cells))
    settings: dict[str, list[tuple[list[str], bool]]] = {}
    for group in groups(run, cells):
        settings.setdefault(group.setting, []).extend(
            ([line.words[name] for name in WIDE], line.best) for line in group.lines
        )
    parts = [
        HtmlTable(
            setting,
            [titles[name] for name in WIDE],
            [w for w, _ in lines],
            LEFT,
            [b for _, b in lines],
        )
        for setting, lines in settings.items()
    ]
    return document(parts, [f"run {run.id}", *legend(run, cells)])
