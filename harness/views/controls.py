"""Controls of a view: what a reader may set, and within which bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from gradparity.problems import InputError
from gradparity.problems.errors import unknown

When: TypeAlias = Mapping[str, Sequence[Any]]
"""Control -> the values of it for which another one is shown."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in [low, high], by a slider of so many positions or typed exactly.

    stops: the only values there are, where frames are precomputed.
    """

    name: str
    label: str
    low: float
    high: float
    default: float
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"
    positions: int = 120
    whole: bool = False
    help: str = ""
    when: When | None = None
    stops: Sequence[float] = ()

    def read(self, given: Any) -> float:
        """The number that was given. Raises InputError if it is none, or outside."""
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise InputError(f"{self.name} is {given!r:.40}, not a number")
        if not self.low <= given <= self.high:
            raise InputError(f"{self.name} is {given:g}, not in {self.low:g} ... {self.high:g}")
        if self.whole and given != math.floor(given):
            raise InputError(f"{self.name} is {given:g}, not a whole number")
        return int(given) if self.whole else float(given)


@dataclass(frozen=True, slots=True)
class Selection:
    """One of several; options: (value, what it is called)."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    default: str
    help: str = ""
    when: When | None = None

    def read(self, given: Any) -> str:
        """The value that was given. Raises InputError if it is none of them."""
        known = [value for value, _ in self.options]
        if given not in known:
            raise unknown(self.name, str(given)[:40], known)
        return str(given)


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no. hidden: the page sets it, not the reader."""

    name: str
    label: str
    default: bool = False
    help: str = ""
    when: When | None = None
    hidden: bool = False

    def read(self, given: Any) -> bool:
        """What was given. Raises InputError if it is neither."""
        if not isinstance(given, bool):
            raise InputError(f"{self.name} is {given!r:.40}, neither true nor false")
        return given


@dataclass(frozen=True, slots=True)
class Text:
    """Label of the reader's own, at most so many characters."""

    name: str
    label: str
    default: str = ""
    longest: int = 120
    help: str = ""
    when: When | None = None
    hidden: bool = False

    def read(self, given: Any) -> str:
        """The text that was given. Raises InputError if it is none, or too long."""
        if not isinstance(given, str):
            raise InputError(f"{self.name} is {given!r:.40}, not text")
        if len(given) > self.longest:
            raise InputError(f"{self.name} has {len(given)} characters, at most {self.longest}")
        return given


MOVING = Flag("moving", "While a slider moves", hidden=True)
"""Whether a slider is still moving: what is costly and is not kept is then left for the release."""

Control: TypeAlias = Number | Selection | Flag | Text


def read(controls: Sequence[Control], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every control, its default where none is given.

    Raises InputError, one line that names the control, for what no control is called or may be.
    """
    known = {control.name: control for control in controls}
    for name in given:
        if name not in known:
            raise unknown("control", str(name)[:40], known)
    return {
        name: control.read(given[name]) if name in given else control.default
        for name, control in known.items()
    }
