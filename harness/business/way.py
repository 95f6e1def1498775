"""The way to a decision: each iterate of the best descent, its slope, and the step from it.

Where profit is level its slope is 0: on the way there the tangents lie flatter and flatter.
"""

from __future__ import annotations

from gradparity.harness.business.recommendation import Recommendation
from gradparity.problems import InputError


def way_rows(found: Recommendation) -> list[dict[str, str]]:
    """A row per iterate, every digit: its number, each decision, its slope dπ/d of it and its step.

    The last has no step; the profit comes behind. Raises InputError where other numbers than the
    decisions are what is moved.
    """
    check_way(found)
    rows = []
    for number, here in enumerate(found.way):
        then = found.way[number + 1].values if number + 1 < len(found.way) else None
        row = {"step": str(number)}
        for place, one in enumerate(found.decisions):
            row[one.name] = repr(here.values[place])
            row[f"slope by {one.name}"] = repr(here.slopes[place])
            row[f"step of {one.name}"] = (
                "" if then is None else repr(then[place] - here.values[place])
            )
        row["profit"] = repr(here.profit)
        rows.append(row)
    return rows


def check_way(found: Recommendation) -> None:
    """Raise InputError where other numbers than the decisions are what is moved."""
    if not found.way:
        raise InputError(
            f"{found.market.problem.name} divides a budget by other numbers than its spends: "
            "there is no way to show in what is decided"
        )
