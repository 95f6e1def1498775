r"""Training for LaTeX: the tables of a race, with the rules of booktabs.

They need \usepackage{booktabs} and UTF-8 input, as those of a run do.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.exports.latex import escaped
from gradparity.results.race_tables.differences import rankings
from gradparity.results.race_tables.legend import legend
from gradparity.results.race_tables.words import LEFT, Sheet, goal, heading, sheets
from gradparity.results.races.race import contests
from gradparity.results.races.tuning import raced, tuned
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run

SIGNS = {
    "τ": r"$\tau$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "−": r"$-$",
    "≤": r"$\le$",
    "⁵": r"$^5$",
}
"""Letters that LaTeX sets in mathematics alone."""


def export(run: Run, descents: Sequence[Descent]) -> str:
    """Return a table for each sheet of each contest, and one of who is better than whom."""
    made = raced(run, descents)
    found = contests(made, tuned(run, descents))
    lines = [f"% gradparity, run {_comment(run.id)}", r"% \usepackage{booktabs}"]
    for contest in found:
        for sheet in sheets(contest, all_rates=True):
            title = f": {sheet.title}" if sheet.title else ""
            lines += ["", *_sheet(f"{heading(contest)}{title}. {goal(contest)}", sheet)]
    for ranking in rankings(made):
        rows = [[_set(word) for word in words] for words in ranking.lines]
        shape = r"lp{0.4\textwidth}p{0.4\textwidth}"
        head = ["", "is better than", "open"]
        lines += ["", *_table(ranking.title, shape, head, rows)]
    lines += [
        "",
        *(f"% {_comment(note)}" for note in legend(run, made, found, all_rates=True) if note),
    ]
    return "\n".join(lines) + "\n"


def _sheet(caption: str, sheet: Sheet) -> list[str]:
    shape = "".join("l" if name in LEFT else "r" for name in sheet.columns)
    rows = []
    for cells, best in zip(sheet.lines, sheet.best, strict=True):
        words = [_set(cells[name].full) for name in sheet.columns]
        mark = best and not all(sheet.best)
        rows.append([rf"\textbf{{{word}}}" for word in words] if mark else words)
    return _table(caption, shape, [_set(name) for name in sheet.columns], rows)


def _table(
    caption: str, shape: str, head: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    body = [" & ".join(words) + r" \\" for words in (head, *rows)]
    return [
        *(r"\begin{table}", r"\centering", rf"\caption{{{_set(caption)}}}"),
        rf"\begin{{tabular}}{{{shape}}}",
        *(r"\toprule", body[0], r"\midrule", *body[1:], r"\bottomrule"),
        *(r"\end{tabular}", r"\end{table}"),
    ]


def _set(text: str) -> str:
    words = escaped(text)
    for sign, command in SIGNS.items():
        words = words.replace(sign, command)
    return words


def _comment(text: str) -> str:
    return " ".join(text.split())
