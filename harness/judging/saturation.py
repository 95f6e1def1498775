"""What a slope has lost that is taken from the result of a saturating function.

Where y = F(x) entry by entry, the slope may be computed from x or from y: s (1 - s), -c ln c and
cos² y are as lawful as e^-x / (1 + e^-x)², e^-x c and 1 / (1 + x²). But y is rounded, by ε y, and
the x that belongs to it is off by ε y / F'(x). So M covers a slope that is off by

    ε |F''(x)| R + ε² |F'''(x)| R² / 2,   R = max |y_j / F_j'(x)|, y_j = F_j(x) on the way to y.

Every value is followed, up to the third derivative, from the array x at which its computation entry
by entry begins. Where F' vanishes at a place, as that of cos or x³ at 0, nobody finds x from y.
There the length F'/F'' over which the slope falls goes to 0 as the distance does, by 1/k at a zero
of order k; where F saturates it stays, or grows:

    (F'/F'')' = 1 - F' F''' / F''² < 0.1

`rounding_sources.py` knows, at no cost, the forms that are met most. This is asked of an accused
answer alone, and only if it loses digits in float32 too: a small error in a formula does not.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.forward import ForwardBox
from gradparity.backends.numpy_tape.engine.perturbed import Perturbed
from gradparity.backends.numpy_tape.engine.runs import Runs
from gradparity.backends.numpy_tape.primitives.box import Primitive, apply
from gradparity.backends.numpy_tape.primitives.record import Elementwise
from gradparity.problems import Array

_FALLING = 0.1
_MOST = 1e100
_LONG = np.dtype(np.longdouble)


class Origin:
    """An array x at which a computation entry by entry begins; reach: R."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.reach: Array = np.zeros(shape)


class Recovering(Perturbed):
    """An array that knows what it loses of its origin, and hands it to the slope at its end.

    origin: None for what no parameter has a part in. derivatives: F', F'', F''' by the origin.
    """

    __slots__ = ("derivatives", "goes_on", "leaves", "origin")

    def __init__(
        self, of: Perturbed, origin: Origin | None, derivatives: tuple[Array, ...] | None = None
    ) -> None:
        super().__init__(of.stored, of.runs, of.moves, of.length, of.exponential)
        self.origin, self.derivatives = origin, derivatives
        self.goes_on = self.leaves = False

    def create(self, primitive: Primitive, **static: Any) -> Any:
        """See `Perturbed.create`."""
        made = super().create(primitive, **static)
        return Recovering(made, None) if isinstance(made, Perturbed) else made

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> Any:
        """See `Perturbed.process`."""
        z = super().process(primitive, operands, static)
        if not isinstance(z, Perturbed) or isinstance(z, Recovering):
            return z
        moving = [x for x in operands if isinstance(x, Recovering) and x.origin is not None]
        if not moving:
            return Recovering(z, None)
        origin = moving[0].origin
        assert origin is not None
        entrywise = isinstance(primitive, Elementwise) and z.shape == origin.shape
        if not entrywise or any(x.origin is not origin for x in moving):
            for x in moving:
                x.leaves = True
            return Recovering(z, Origin(z.shape))
        for x in moving:
            x.goes_on = True
        with np.errstate(all="ignore"):
            found = _derivatives(primitive, operands, static, z.exact)
            _reach(origin, z.exact, found)
        return Recovering(z, origin, found)

    def taken_back(self, g: Any) -> Any:
        """See `Box.taken_back`."""
        g = super().taken_back(g)
        if self.derivatives is None or self.origin is None or (self.goes_on and not self.leaves):
            return g
        first, second, third = self.derivatives
        reach = self.origin.reach
        with np.errstate(all="ignore"):
            share = np.abs(second / first) * reach
            share += 0.5 * self.runs.step * np.abs(third / first) * np.square(reach)
        share = np.where(np.isfinite(share), np.minimum(share, _MOST), 0.0).astype(np.float64)
        return _blurred(g, share * self.runs.each(self.shape)) if np.any(share) else g


def recovering(x: Array, runs: Runs, moves: bool) -> Recovering:
    """Return an array as a box; moves: whether it is a parameter."""
    box = Perturbed(x, runs)
    return Recovering(box, Origin(box.shape) if moves else None)


def _blurred(g: Any, by: Array) -> Any:
    """g (1 + ε by), of an array and, in forward mode, of its tangent alike."""
    if isinstance(g, ForwardBox):
        tangent = None if g.tangent is None else _blurred(g.tangent, by)
        return ForwardBox(_blurred(g.value, by), g.level, g.floating, tangent)
    if not isinstance(g, Perturbed):
        return g
    fresh = g.exact.astype(np.float64) * by
    return Recovering(
        Perturbed(g.exact, g.runs, fresh if g.moves is None else g.moves + fresh, g.length), None
    )


def _derivatives(
    primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any], z: Array
) -> tuple[Array, ...]:
    """F', F'' and F''' of a result, by forward mode three times over."""
    nested = [
        _nested(x) if isinstance(x, Recovering) and x.origin is not None else _exact(x)
        for x in operands
    ]
    made = apply(primitive, *nested, **static)
    parts = made.value.value.tangent, made.value.tangent, made.tangent
    parts = parts[0], _tangent(parts[1]), _tangent(_tangent(parts[2]))
    return tuple(np.broadcast_to(0.0 if x is None else x, z.shape) for x in parts)


def _tangent(x: Any) -> Any:
    return None if x is None else x.tangent


def _nested(x: Recovering) -> ForwardBox:
    ones = np.ones_like(x.exact)
    derivatives = x.derivatives or (ones, np.zeros_like(ones), np.zeros_like(ones))
    rows: list[Any] = [x.exact, *derivatives]
    for level in (1, 2, 3):
        rows = [ForwardBox(a, level, _LONG, b) for a, b in pairwise(rows)]
    nested: ForwardBox = rows[0]
    return nested


def _exact(x: Any) -> Any:
    return x.exact if isinstance(x, Perturbed) else x


def _reach(origin: Origin, y: Array, derivatives: tuple[Array, ...]) -> None:
    """Note how far x is off if it is found from y, where y saturates."""
    first, second, third = derivatives
    saturates = (second != 0) & (1 - first * third / np.square(second) < _FALLING)
    off = np.where(saturates, np.abs(y / first), 0.0)
    origin.reach = np.maximum(origin.reach, np.where(np.isfinite(off), off, 0.0))
