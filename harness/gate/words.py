"""A gate's rows in words: for a terminal, a file, a commit."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.harness.gate.row import Change, GateRow, counted
from gradparity.results.records.statuses import SKIPPED, UNFINISHED
from gradparity.results.words import wording

KEYS = ("problem", "size", "operator", "dtype", "backend", "status", "change", "interval", "margin")

TITLES = tuple("change (+ is slower)" if key == "change" else key for key in KEYS)
"""What the keys are called above a table."""

ORDER = ("regressed", "inconclusive", "improved", "new", "pass")
"""In which statuses are told, after wrong gradients and what did not finish."""


def words(row: GateRow) -> tuple[str, ...]:
    """Return one word per key."""
    cell, found = row.cell, row.change
    change = wording.NONE if found is None else percent(found.ratio)
    interval = wording.NONE if found is None else f"[{percent(found.low)}, {percent(found.high)}]"
    name = (cell.problem, cell.size, cell.operator, cell.dtype, row.subject)
    return (*name, wording.status(row.status), change, interval, share(row.margin))


def percent(ratio: float) -> str:
    """Write a ratio as a change of time: "+5.2 %", "-3.0 %", "+110 %"."""
    change = 100 * (ratio - 1)
    shown = wording.number(abs(change)) if abs(change) >= 100 else f"{abs(change):.1f}"
    return f"{'+' if change >= 0 else '-'}{shown} %"


def share(fraction: float) -> str:
    """Write a fraction: "3 %", "0.5 %"."""
    return f"{100 * fraction:.3g} %"


def details(row: GateRow) -> list[str]:
    """Return what there is to say about a row beside its figures, line by line."""
    found = [line for line in row.reason.splitlines() if line.strip()]
    if row.change is not None and row.again is not None:
        found.append(f"first {_change(row.change)}; on fresh workers {_change(row.again)}")
    return [*found, *row.remarks]


def _change(found: Change) -> str:
    between = f"[{percent(found.low)}, {percent(found.high)}]"
    return f"{percent(found.ratio)} {between} from {found.pairs} pairs"


def changed(rows: Sequence[GateRow]) -> list[GateRow]:
    """Return the rows that did not simply pass, the worst first."""
    found = [row for row in rows if row.status != "pass" or row.remarks]
    return sorted(found, key=_rank)


def _rank(row: GateRow) -> int:
    if row.wrong:
        return -2
    if row.status in UNFINISHED:
        return -1
    return ORDER.index(row.status) if row.status in ORDER else len(ORDER)


def total(rows: Sequence[GateRow], against: str) -> str:
    """Say in a line how it went."""
    counts = counted(rows)
    wrong = sum(row.wrong for row in rows)
    parts = [f"{wrong} wrong gradient{'s' * (wrong != 1)}"] if wrong else []
    parts += [
        f"{counts[name]} {name}" for name in (*UNFINISHED, *ORDER, *SKIPPED) if name in counts
    ]
    return f"{len(rows)} row{'s' * (len(rows) != 1)} against {against}: {', '.join(parts)}"
