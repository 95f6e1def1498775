"""One operation of what a library computed, and what it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Rule = Callable[..., Any]
"""rule(xp, *operands) -> one array."""


def unchanged(array: Any) -> Any:
    """What a replay makes of a result that nothing happens to."""
    return array


@dataclass(frozen=True, slots=True)
class Slot:
    """The result of a step, or a parameter, by number."""

    number: int


@dataclass(frozen=True, slots=True)
class Datum:
    """A constant array, by its name in `data`."""

    name: str


Operand = Slot | Datum | float | int | bool


@dataclass(frozen=True, slots=True)
class Step:
    """One rule on its operands.

    ended: the slots that no later step reads, so that their arrays can go.
    """

    rule: Rule
    operands: tuple[Operand, ...]
    result: int
    ended: tuple[int, ...] = ()
