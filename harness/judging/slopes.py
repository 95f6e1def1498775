"""The slopes of a loss along a line, to either side, by differences of the loss alone.

Along a line the central differences at h, h/2, h/4, ... are extrapolated to h = 0; every entry of
the table is held against its two predecessors, and the one nearest to them counts (Ridders). At a
kink, where the slopes to the two sides differ, each side has a table of its own. A side on which
the quotients go on growing as h shrinks (a root, a logarithm, a jump) has no slope.

Rounding of the loss is measured, not assumed, by sixth differences at points so near that a smooth
loss is flat there (Moré and Wild); it adds 3 σ / h to an error.

Sources: Ridders, Advances in Engineering Software 4 (1982); Moré and Wild, Estimating computational
noise, SIAM J. Sci. Comput. 33 (2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.findings.finding import EPS

Line = Callable[[Any], Any]
"""t -> the loss at θ + t v, longdouble."""

# The last step, 1e-9 of the first, reaches points that lie as near to a pole or a kink.
LEVELS = 30
_FEWEST = 5
_FIRST = 0.125
# An estimate with a larger error is no reason to believe that there is a derivative.
_ROUGH = 1e-4
# The wider spacing sees the steps of a loss that rounds to float32 on its way.
_NEAR = (1e-7, 1e-5)
_BESIDE = 1e-3
# What is left of a rise at the last step, 1e-9 of the first, if it is a jump.
_JUMP = 0.1
# How much nearer a steep slope is looked for, by 256 each, and how alike quotients are then.
_NEARER, _LEVEL = 16, 1e-11


@dataclass(frozen=True, slots=True)
class Slope:
    """The slopes to the two sides, low ≤ high, equal where there is a derivative.

    error: their estimated error. nearby: how steep the loss is at the first step.
    open: whether a side has none, or no finite one. flat: whether the loss did not move at all; it
    may do so by less than the rounding of what is added up on its way. jump: whether it jumps.
    """

    low: Any
    high: Any
    error: Any
    nearby: Any
    open: bool = False
    flat: bool = False
    jump: bool = False

    @property
    def value(self) -> Any:
        """The slope, or the middle of the two."""
        return (self.low + self.high) / 2

    @property
    def choice(self) -> bool:
        """Whether there is no derivative."""
        return bool(self.open or self.high > self.low)

    def off(self, found: Any) -> Any:
        """How far a number is outside, after what the slopes themselves may be off."""
        outside = max(self.low - found, found - self.high)
        return np.longdouble(0) if self.open else max(outside - 4 * self.error, np.longdouble(0))


@np.errstate(invalid="ignore", over="ignore")  # a side may have no finite number
def slope(line: Line, centre: Any, reach: Any, noise: Any) -> Slope:
    """The slopes of `line` at 0; reach: how far t goes for a change as of one of scale 1."""
    best, least = np.longdouble(0), np.longdouble(np.inf)
    above: list[Any] = []
    ahead: list[Any] = []
    behind: list[Any] = []
    steps = np.longdouble(_FIRST) * reach / 2 ** np.arange(LEVELS, dtype=np.longdouble)
    for level, h in enumerate(steps):
        ahead.append((line(h) - centre) / h)
        behind.append((centre - line(-h)) / h)
        row, error, place = _extrapolated((ahead[-1] + behind[-1]) / 2, above, 4, 3 * noise / h)
        if error < least:
            best, least = row[place], error
        above = row
        if level >= _FEWEST and least <= max(1e-14 * abs(best), 1000 * noise / reach):
            break
    nearby = max(abs(x) if np.isfinite(x) else 0 for x in (ahead[0], behind[0]))
    if not (np.any(ahead) or np.any(behind)):
        around = [abs(line(t * reach)) for t in (-2, -1, -0.5, 0.5, 1, 2)]
        size = max([abs(centre), *(x for x in around if np.isfinite(x))])
        lost = EPS["float64"] * size / reach
        return Slope(np.longdouble(0), np.longdouble(0), lost, nearby, flat=True)
    smooth = Slope(best, best, least, nearby)
    unsure = not least <= _ROUGH * abs(best)
    if not (unsure or _bent(np.subtract(ahead, behind), noise / h)):
        return smooth
    for h in steps[len(ahead) :]:
        ahead.append((line(h) - centre) / h)
        behind.append((centre - line(-h)) / h)
    sides = [_side(np.array(side, np.longdouble), steps, noise) for side in (ahead, behind)]
    inside = [side for side in sides if side is not None]
    if not inside or not all(np.isfinite(error) for _, error in inside):
        if (nearer := _plateau(line, centre, steps[-1])) is not None:
            return Slope(nearer, nearer, abs(nearer) * _LEVEL, nearby)
        nothing = np.longdouble(0)
        rises = [np.abs(side * steps) for side in (np.array(ahead), np.array(behind))]
        least = 64 * noise + 1e-10 * abs(centre)
        ends = [(x[0], x[-1]) for x in rises]
        jump = any(last > max(_JUMP * first, least) for first, last in ends if np.isfinite(last))
        return Slope(nothing, nothing, nothing, nearby, open=True, jump=bool(jump))
    values, error = [value for value, _ in inside], max(error for _, error in inside)
    low, high = min(values), max(values)
    if len(inside) == 2 and high - low <= 2 * error:
        middle = (low + high) / 2
        # Steps beyond a pole to both sides may agree with each other, and on another slope.
        agreed = unsure or abs(best - middle) <= 2 * error + _ROUGH * abs(middle)
        return smooth if agreed else Slope(middle, middle, error, nearby)
    return Slope(low, high, error, nearby)


def _extrapolated(first: Any, above: list[Any], base: int, rounding: Any) -> tuple[Any, Any, int]:
    """A row of the table, the least error in it, and where."""
    row, least, place = [first], np.longdouble(np.inf), 0
    for j, before in enumerate(above, 1):
        power = np.longdouble(base) ** j
        row.append((power * row[j - 1] - before) / (power - 1))
        error = max(abs(row[j] - row[j - 1]), abs(row[j] - before)) + rounding
        if error < least:
            least, place = error, j
    return row, least, place


def _plateau(line: Line, centre: Any, h: Any) -> Any:
    """The slope of what is steep but smooth, as x / max(|x|, 1e-12) at 0; None of what is not.

    Much nearer to 0, the quotients to both sides stay the same, and are not 0.
    """
    seen: list[Any] = []
    for _ in range(_NEARER):
        h = h / 256
        seen += [(line(h) - centre) / h, (centre - line(-h)) / h]
        last = np.array(seen[-6:], np.longdouble)
        near = np.all(np.isfinite(last)) and np.ptp(last) <= _LEVEL * abs(last[-1])
        if len(last) == 6 and near and last[-1] != 0:
            return last[-1]
    return None


def _bent(bends: Any, rounding: Any) -> bool:
    """Whether the slopes to the two sides differ by what does not shrink with h."""
    early, late = bends[-5], bends[-1]
    if not np.isfinite(late):
        return True
    return bool(abs(late) > 0.5 * abs(early) and abs(late) > 64 * rounding)


def _side(quotients: Any, steps: Any, noise: Any) -> tuple[Any, Any] | None:
    """A side's slope and its error; None outside the loss's domain; infinite error: no slope."""
    if np.isnan(quotients[-5:]).all():
        return None
    if not np.isfinite(quotients[-5:]).all() or _grows(quotients):
        return np.longdouble(0), np.longdouble(np.inf)
    best, least = quotients[-1], np.longdouble(np.inf)
    above: list[Any] = []
    for quotient, h in zip(quotients, steps, strict=True):
        row, error, place = _extrapolated(quotient, above, 2, 3 * noise / h)
        if error < least:
            best, least = row[place], error
        above = row if np.isfinite(quotient) else []
    return best, least


def _grows(quotients: Any) -> bool:
    """Whether the quotients go on growing as h shrinks, steadily as rounding does not."""
    last = np.diff(quotients)[-12:]
    if np.ptp(np.sign(last)) > 0 or np.any(np.abs(last) <= 1e-3 * np.abs(quotients[-12:])):
        return False
    ratios = last[1:] / last[:-1]
    return bool(np.min(ratios) > 0.95 and np.max(ratios) < 1.1 * np.min(ratios))


def noise(line: Line) -> Any:
    """σ of the rounding of `line` near 0, by sixth differences of 13 points.

    They lie on one side of 0, for a kink there is no noise: ahead, or behind where it is no finite
    number ahead; and once more a little farther away, where a root or a logarithm that stands at 0
    looks smooth. Where it is finite on neither side, an eps of float64 of what it is at 0.
    """
    for side in (1, -1):
        found = [_noise_from(line, side * np.longdouble(start), side) for start in (0.0, _BESIDE)]
        if np.isfinite(min(found)):
            return min(found)
    return EPS["float64"] * abs(line(np.longdouble(0)))


def _noise_from(line: Line, start: Any, side: int) -> Any:
    """The larger σ of the spacings; infinite where the line is no finite number."""
    gamma, sigmas = math.factorial(6) ** 2 / math.factorial(12), []
    for spacing in _NEAR:
        at = [start + side * np.longdouble(spacing) * k for k in range(1, 14)]
        values = np.array([line(t) for t in at], np.longdouble)
        if np.isfinite(values).all():
            sigmas.append(np.sqrt(gamma * np.mean(np.square(np.diff(values, 6)))))
    return max(sigmas, default=np.longdouble(np.inf))
