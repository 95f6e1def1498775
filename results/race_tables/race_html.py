"""A race as HTML, for a notebook: the sheets and the legend that a terminal shows."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.race_tables.differences import rankings
from gradparity.results.race_tables.legend import legend
from gradparity.results.race_tables.words import LEFT, goal, heading, sheets
from gradparity.results.races.race import contests
from gradparity.results.races.tuning import raced, tuned
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.words.html import HtmlTable, document


def to_html(run: Run, descents: Sequence[Descent]) -> str:
    """Return the sheets as tables, best rates bold, who is better than whom, and the legend."""
    main, trials = raced(run, descents), tuned(run, descents)
    found = contests(main, trials)
    parts = []
    for contest in found:
        for sheet in sheets(contest):
            caption = " · ".join(filter(None, (heading(contest), goal(contest), sheet.title)))
            lines = [[cells[name].full for name in sheet.columns] for cells in sheet.lines]
            bold = [best and not all(sheet.best) for best in sheet.best]
            parts.append(HtmlTable(caption, sheet.columns, lines, LEFT, bold))
    titles = ("optimizer", "is better than", "open")
    parts += [HtmlTable(one.title, titles, one.lines, titles) for one in rankings(main)]
    return document(parts, [f"run {run.id}", *legend(run, main, found)])
