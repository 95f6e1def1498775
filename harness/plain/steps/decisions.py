"""What a loss decides by its numbers while it runs: `if step < tol: break`, `while error > tol:`.

A line that is asked again and again, always with one outcome until the other ends it, is the end of
a loop. It can be answered otherwise for some rounds more, so that a solver goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradparity.harness.plain.steps.users_code import users_frame

Line = tuple[Any, int]
"""A line of code that decides: its code object and its number."""


class Decisions:
    """The outcomes of comparisons of one run, line by line.

    more: how many rounds longer the loops go that end at `ends`, {line: the outcome that ends it}.
    """

    def __init__(self, more: int = 0, ends: Mapping[Line, bool] | None = None) -> None:
        self._more, self._ends = more, ends or {}
        self._left = dict.fromkeys(self._ends, more)
        self._seen: dict[Line, list[bool]] = {}

    def asked(self, outcome: Any) -> bool:
        """Return what the loss is told of a comparison with this outcome."""
        frame, said = users_frame(), bool(outcome)
        line = frame.f_code, frame.f_lineno
        self._seen.setdefault(line, []).append(said)
        if self._ends.get(line) is not said:
            return said
        if self._left[line] == 0:
            self._left[line] = self._more  # the same loop may run again
            return said
        self._left[line] -= 1
        return not said

    @property
    def ends(self) -> dict[Line, bool]:
        """The lines that ended a loop of several rounds, and the outcome with which they did."""
        return {
            line: seen[-1]
            for line, seen in self._seen.items()
            if seen[0] is not seen[-1] and seen.count(seen[-1]) <= len(seen) / 2
        }


class DecidingNumber(float):
    """A Python number that left an array, or was computed of one; comparisons are decisions."""

    decisions: Decisions

    def __new__(cls, value: float, decisions: Decisions) -> DecidingNumber:
        """Return the number, which tells `decisions`."""
        made = super().__new__(cls, value)
        made.decisions = decisions
        return made

    def _compared(self, compare: Callable[[float, Any], Any], other: Any) -> Any:
        found = compare(self, other)
        return found if found is NotImplemented else self.decisions.asked(found)

    def _computed(self, compute: Callable[..., Any], *others: Any) -> Any:
        found = compute(self, *others)
        return found if found is NotImplemented else DecidingNumber(found, self.decisions)

    def __add__(self, other: Any) -> Any:
        return self._computed(float.__add__, other)

    def __radd__(self, other: Any) -> Any:
        return self._computed(float.__radd__, other)

    def __sub__(self, other: Any) -> Any:
        return self._computed(float.__sub__, other)

    def __rsub__(self, other: Any) -> Any:
        return self._computed(float.__rsub__, other)

    def __mul__(self, other: Any) -> Any:
        return self._computed(float.__mul__, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._computed(float.__truediv__, other)

    def __abs__(self) -> DecidingNumber:
        return DecidingNumber(float.__abs__(self), self.decisions)

    def __lt__(self, other: Any) -> Any:
        return self._compared(float.__lt__, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(float.__le__, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(float.__gt__, other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(float.__ge__, other)
