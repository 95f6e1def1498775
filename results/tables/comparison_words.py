"""A comparison in words: the cells of its table, and what stands under it."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.records.record import label, setting
from gradparity.results.records.statuses import RIGHT
from gradparity.results.times.comparison import (
    NOTE,
    ComparedRow,
    Comparison,
    Side,
    counts,
    mean_ratio,
)
from gradparity.results.times.statistics import LEVEL
from gradparity.results.words import wording
from gradparity.results.words.wording import NONE

NAMES = (
    *("problem", "size", "backend", "before", "before interval", "after", "after interval"),
    *("ratio", "ratio interval"),
)
LEFT = ("problem", "size", "backend")


def titles(rows: Sequence[ComparedRow]) -> dict[str, str]:
    """Return the title of every column; an interval is called 95 % only where all of them are."""
    interval = "interval" if _unsure(rows) else "95 % interval"
    return {
        name: "after / before" if name == "ratio" else interval if "interval" in name else name
        for name in NAMES
    }


def _unsure(rows: Sequence[ComparedRow]) -> bool:
    """Whether some interval rests on so few samples that it is their range, and no more."""
    return any(row.ratio_level is not None and row.ratio_level < LEVEL - 1e-9 for row in rows)


def groups(rows: Sequence[ComparedRow]) -> dict[str, list[dict[str, str]]]:
    """Return the words of every row, by "gradient, float64, cpu, 1 thread", in their order.

    The times of one problem and size share their unit.
    """
    members: dict[tuple[str, str, str], list[ComparedRow]] = {}
    for row in rows:
        members.setdefault((_held(row), row.problem, row.size), []).append(row)
    found: dict[str, list[dict[str, str]]] = {}
    for (held, _, _), group in members.items():
        times = (side.s for row in group for side in (row.before, row.after))
        unit = wording.unit(time for time in times if time is not None)
        found.setdefault(held, []).extend(_words(row, unit) for row in group)
    return found


def notes(comparison: Comparison) -> list[str]:
    """Return the lines under a table: what differs, how it sums up, how much to believe."""
    before, after = comparison.before, comparison.after
    lines = [_named("before", before.id, before.status), _named("after", after.id, after.status)]
    for found in comparison.differences:
        remark = " (times are not comparable)" if found.blocks else ""
        lines.append(wording.printable(f"{found.line()}{remark}"))
    changes = ", ".join(f"{count} {word}" for word, count in counts(comparison.rows).items())
    if changes:
        lines.append(wording.printable(f"In all: {changes}."))
    mean = mean_ratio(comparison.rows)
    if mean is not None:
        lines.append(
            f"Geometric mean of after / before: {wording.number(mean)}×; above 1 is slower. "
            "Interval: both medians' own intervals divided; where it holds 1 it is a tie."
        )
    if _unsure(comparison.rows):
        lines.append("Rows of few samples have the range for an interval, less sure than 95 %.")
    if any(row.after.status not in (*RIGHT, None) for row in comparison.rows):
        lines.append(f"What failed, and why: gradparity show {after.id}")
    return [*lines, NOTE]


def _named(which: str, run_id: str, status: str) -> str:
    return f"{which}: {run_id}" + ("" if status == "finished" else f" ({status})")


def _held(row: ComparedRow) -> str:
    return setting(row.operator, row.dtype, row.device, row.threads)


def _words(row: ComparedRow, unit: tuple[str, float]) -> dict[str, str]:
    return {
        "problem": wording.printable(row.problem),
        "size": wording.printable(row.size),
        "backend": wording.printable(label(row.backend, row.variant)),
        **_side("before", row.before, unit),
        **_side("after", row.after, unit),
        **_ratio(row),
        "change": row.change,
    }


def _side(which: str, side: Side, unit: tuple[str, float]) -> dict[str, str]:
    if side.s is None or side.low_s is None or side.high_s is None:
        status = side.status
        said = NONE if status is None else "not timed" if status in RIGHT else status
        return {which: wording.printable(said), f"{which} interval": NONE}
    ends = (side.s, side.low_s, side.high_s)
    one = side.rounds < 2  # a single sample has no interval
    return {
        which: wording.time(side.s, unit, wording.digits(*ends)),
        f"{which} interval": NONE if one else wording.time_between(*ends, unit),
    }


def _ratio(row: ComparedRow) -> dict[str, str]:
    value, low, high = row.ratio, row.ratio_low, row.ratio_high
    if value is None or low is None or high is None:
        return {
            "ratio": row.change if row.change in ("new", "gone") else NONE,
            "ratio interval": NONE,
        }
    if min(row.before.rounds, row.after.rounds) < 2:
        return {"ratio": f"{wording.number(value)}×", "ratio interval": NONE}
    # A ratio of exactly 1 between two runs is a tie, not the reference itself.
    text = "1.00× (tie)" if value == low == high == 1.0 else wording.ratio(value, low, high)
    return {"ratio": text, "ratio interval": wording.ratio_between(value, low, high)}
