"""A case of the atlas of conventions: a function, a point, and what its derivative may be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Point = float | tuple[float, ...] | tuple[tuple[float, ...], ...]
"""A number, a vector, or a matrix by rows."""


@dataclass(frozen=True, slots=True)
class Lawful:
    """Where each component of an answer may lie: from `low` to `high`, of the point's shape.

    Where low < high there is no derivative, every value between is a choice, and so is NaN, which
    says so. Where they are equal the derivative exists, and anything else is wrong.
    scale: differences are taken relative to the bound, or to this if it is larger.
    total: what the components add up to, if that is fixed: the shares of a tie do.
    """

    low: Point
    high: Point
    scale: float = 1.0
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A function of one array x, as each library's users write it; an array is summed.

    family: the file's subject. name: the function in words. point: x.
    exact: the derivative, or the one-sided ones, in words. lawful: None where anything goes,
    since the function has no finite one-sided derivative there.
    torch: of (torch, x). jax: of (jax.numpy, jax, x). portable: of (xp, x), where a loss may use
    the operations. None: the library has no such operation.
    """

    family: str
    name: str
    point: Point
    exact: str
    lawful: Lawful | None
    torch: Callable[[Any, Any], Any] | None = None
    jax: Callable[[Any, Any, Any], Any] | None = None
    portable: Callable[[Any, Any], Any] | None = None


def exactly(derivative: Point, scale: float = 1.0) -> Lawful:
    """The derivative exists, and this is it; scale 0 asks for a tiny one's own digits."""
    return Lawful(derivative, derivative, scale)


def between(low: Point, high: Point, total: float | None = None) -> Lawful:
    """At a kink: any value from the lower one-sided derivative to the upper."""
    return Lawful(low, high, total=total)


UNDEFINED = None
"""No finite one-sided derivative: infinite slope, a jump, or outside the domain."""
