"""One flat row per descent: what was asked, how it ended, and what it took to each target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from gradparity.results.races import targets
from gradparity.results.races.targets import TAUS, Goal, Reached, escape, goals, reached
from gradparity.results.races.tuning import is_trial
from gradparity.results.records.descent import Descent

FIELDS = tuple(field.name for field in fields(Descent) if field.name != "history")


@dataclass(frozen=True, slots=True)
class DescentRow:
    """A descent and the figures derived from it.

    seconds: wall time of all its steps; None where it was not measured. goal: f*, None where no
    loss was ever seen. ways: to each of `TAUS`. escape: see `targets.escape`; None where there is
    a minimum.
    """

    descent: Descent
    seconds: float | None
    goal: Goal | None
    ways: tuple[Reached, ...]
    escape: Reached | None = None

    def columns(self) -> dict[str, Any]:
        """Return every figure by its column's name, in the order of the columns.

        First the fields of the descent without its history. trial: whether it was made to tune.
        goal_known: whether f* is the known
        minimum, else it is the lowest loss seen. steps_to_1e-3, evaluations_to_1e-3,
        seconds_to_1e-3 and so on: to f* + τ (f0 - f*), infinite if it never came there.
        steps_to_escape, evaluations_to_escape: of a loss without a minimum, else None.
        """
        found = {name: getattr(self.descent, name) for name in FIELDS}
        found["trial"] = is_trial(self.descent)
        found["seconds"] = self.seconds
        found["goal"] = None if self.goal is None else self.goal.value
        found["goal_known"] = None if self.goal is None else self.goal.known
        for tau, way in zip(TAUS, self.ways, strict=True):
            end = f"_to_{targets.name(tau)}"
            found |= {part.name + end: getattr(way, part.name) for part in fields(Reached)}
        for part in fields(Reached)[:2]:
            found[part.name + "_to_escape"] = self.escape and getattr(self.escape, part.name)
        return found


def rows(descents: Sequence[Descent]) -> list[DescentRow]:
    """Return one row per descent, in order."""
    found = []
    for descent, goal in zip(descents, goals(descents), strict=True):
        history = descent.history
        seconds = None if history is None else history.seconds
        whole = float(seconds[-1]) if seconds is not None and len(seconds) else None
        lost = escape(descent) if goal is not None and goal.unbounded else None
        found.append(DescentRow(descent, whole, goal, tuple(reached(descent, goal)), lost))
    return found


COLUMNS = tuple(rows([Descent("", "", 0, "", "", "", {}, None, "", None, 0, "", "")])[0].columns())
"""The columns, in order."""
