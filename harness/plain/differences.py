"""A gradient held against differences of the loss alone: for a loss that cannot be translated.

Along a line the central differences at h, h/2, h/4, ... are extrapolated to h = 0; every entry of
the table is held against its two predecessors, and the one nearest to them counts (Ridders).
Rounding of the loss is measured, not assumed, by sixth differences at points so near that a smooth
loss is flat there (Moré and Wild); it adds 3 σ / h to the estimate.

An error within 4 estimates is no error; so what is found is as accurate as the loss: about 1e-16 of
the derivative in longdouble, 1e-12 in float64. Where the estimate is worse than 1e-4 of the
gradient nothing can be said, and that is said. At a kink, where the slopes to the two sides differ,
anything between them is right. A component takes 12 evaluations or more, 60 at most.

Sources: Ridders, Advances in Engineering Software 4 (1982); Moré and Wild, Estimating computational
noise, SIAM J. Sci. Comput. 33 (2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.backends.longdouble.point import ParameterPoint
from gradparity.harness.findings.finding import EPS, Finding, WorstNumber
from gradparity.harness.judging.directions import DIRECTIONS, bisected, random_directions
from gradparity.problems import Array, Arrays, InputError

Line = Callable[[Any], Any]
"""t -> the loss at θ + t v, longdouble."""

MOST = 500
"""Parameters of which every component is judged; beyond, four random directions of each array."""

# The last step, 1e-9 of the first, reaches points that lie as near to a pole or a kink.
LEVELS = 30
_FEWEST = 5
_FIRST = 0.125
# The wider spacing sees the steps of a loss that rounds to float32 on its way.
_NEAR = (1e-7, 1e-5)
_ROUGH = 1e-4
# No error below this is called one: differences do not see what cancels inside a gradient.
_LEAST = 4096 * EPS["float64"]


@dataclass(frozen=True, slots=True)
class Slope:
    """A derivative: its value, its estimated error, and half the jump of a kink."""

    value: Any
    error: Any
    jump: Any


def judged(
    loss: Callable[[Arrays], Any], params: Arrays, answer: Answer, precision: str, seed: int
) -> Finding:
    """What is found of an answer in float64.

    loss: params in longdouble -> its value. precision: that of the loss, for the reader.
    Raises: InputError where the differences are too rough to tell.
    """
    judge = _Differences(loss, params, answer, seed)
    seen = "every component" if judge.every else f"{DIRECTIONS} random directions per parameter"
    noise = f"rounding of the loss {float(judge.noise):.0e}"
    oracle = f"differences of the loss alone, in {precision} ({noise}), {seen}"
    status, worst, bound = judge.found()
    return Finding(
        *(status, oracle, bound / EPS["float64"], worst.u, None, "float64", worst), relative=True
    )


class _Differences:
    def __init__(
        self, loss: Callable[[Arrays], Any], params: Arrays, answer: Answer, seed: int
    ) -> None:
        self._loss, self._point, self._answer = loss, ParameterPoint(params), answer
        self._rng = np.random.default_rng(seed)
        self.every = self._point.layout.size <= MOST
        self._centre = np.longdouble(loss(params))
        # In relative steps: near a pole a smooth loss would look rough in others.
        size = np.where(self._point.vector == 0, 1, abs(self._point.vector))
        anywhere = size * random_directions(self._point.layout.size, self._rng)[0]
        self.noise = noise(self._line(anywhere))

    def _line(self, direction: Array) -> Line:
        def line(t: Any) -> Any:
            with np.errstate(all="ignore"):
                return np.longdouble(self._loss(self._point.moved(t, direction)))

        return line

    def _slope(self, direction: Array) -> Slope:
        reach = self._point.scale(direction)
        return slope(self._line(direction), self._centre, reach, self.noise)

    def found(self) -> tuple[str, WorstNumber, float]:
        """Status, worst number, and what its relative error is held against."""
        value = np.longdouble(self._answer.value)
        if not abs(value - self._centre) <= _LEAST * abs(self._centre) + 8 * self.noise:
            both = float(value), float(self._centre)
            return "formula", WorstNumber("", (), *both, math.inf), _LEAST
        gradient = {
            name: np.ravel(x).astype(np.longdouble) for name, x in self._answer.derivative.items()
        }
        for name, x in gradient.items():
            for flat in np.flatnonzero(~np.isfinite(x))[:1]:
                index = self._index(name, int(flat))
                return "nonfinite", WorstNumber(name, index, float(x[flat]), None, math.inf), _LEAST
        arrays = [self._array(name, x) for name, x in gradient.items()]
        return max(arrays, key=lambda found: found[1].u)

    def _array(self, name: str, gradient: Array) -> tuple[str, WorstNumber, float]:
        rows = np.eye(len(gradient)) if self.every else random_directions(len(gradient), self._rng)
        slopes = [self._slope(self._within(name, row)) for row in rows]
        scale = max(max(abs(s.value) for s in slopes), np.max(np.abs(gradient)))
        errors = [self._error(row, gradient, s, scale) for row, s in zip(rows, slopes, strict=True)]
        index = int(np.argmax(errors))
        true, error, bound = slopes[index], errors[index], _LEAST
        status = "ok" if error <= _LEAST else "formula"
        if status == "ok":
            self._sure(name, slopes, scale)
        elif not self.every:

            def along(parts: Array) -> Array:
                found = [self._slope(self._within(name, part)) for part in parts]
                return np.array(
                    [self._error(p, gradient, s, scale) for p, s in zip(parts, found, strict=True)]
                )

            index = bisected(rows[index], along)
            true = self._slope(self._within(name, np.eye(1, len(gradient), index)[0]))
        if status == "formula":
            bound = float(_LEAST + (4 * true.error + true.jump) / scale)
            error = float(abs(gradient[index] - true.value) / scale)
        place = self._index(name, index) if self.every or status == "formula" else None
        numbers = float(gradient[index]), float(true.value)
        return status, WorstNumber(name, place, *numbers, error / EPS["float64"]), bound

    def _error(self, row: Array, gradient: Array, s: Slope, scale: Any) -> float:
        """What is left of the relative error after what the differences themselves may be off."""
        off = abs(row.astype(np.longdouble) @ gradient - s.value) - 4 * s.error - s.jump
        return float(max(off, 0) / scale) if scale > 0 else 0.0

    def _sure(self, name: str, slopes: list[Slope], scale: Any) -> None:
        rough = max(4 * s.error for s in slopes)
        if rough > _ROUGH * scale and rough > 64 * self.noise:
            raise InputError(
                f"the gradient of {name} cannot be judged: the loss has no translation, and "
                f"differences of it are uncertain by {float(rough):.0e} where the gradient is "
                f"{float(scale):.0e}; is the loss smooth here?"
            )

    def _within(self, name: str, row: Array) -> Array:
        direction = np.zeros_like(self._point.vector)
        part = self._point.layout.views(direction)[name]
        part[...] = row.reshape(part.shape)
        return direction

    def _index(self, name: str, flat: int) -> tuple[int, ...]:
        shape = self._point.layout.views(self._point.vector)[name].shape
        return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()


def slope(line: Line, centre: Any, reach: Any, noise: Any) -> Slope:
    """The derivative of `line` at 0; reach: how far t goes for a change as of one of scale 1."""
    best, least = np.longdouble(0), np.longdouble(np.inf)
    above: list[Any] = []
    bends: list[Any] = []
    sides = np.longdouble(0), np.longdouble(0)
    for level in range(LEVELS):
        h = np.longdouble(_FIRST) * reach / 2**level
        ahead, behind = line(h), line(-h)
        bends.append((ahead + behind - 2 * centre) / h)
        sides = (ahead - centre) / h, (centre - behind) / h
        row = [(ahead - behind) / (2 * h)]
        for j, before in enumerate(above, 1):
            power = np.longdouble(4) ** j
            row.append((power * row[j - 1] - before) / (power - 1))
            error = max(abs(row[j] - row[j - 1]), abs(row[j] - before)) + 3 * noise / h
            if error < least:
                best, least = row[j], error
        above = row
        if level >= _FEWEST and least <= max(1e-14 * abs(best), 1000 * noise / reach):
            break
    return Slope(best, least, _jump(bends, sides, noise / h))


def _jump(bends: list[Any], sides: tuple[Any, Any], rounding: Any) -> Any:
    """Half the jump of the slope at 0, if there is a kink: a bend that does not shrink with h."""
    early, late = bends[-5], bends[-1]
    if abs(late) > 0.5 * abs(early) and abs(late) > 64 * rounding and np.isfinite(late):
        return abs(sides[0] - sides[1]) / 2 * (1 + 1e-6)
    return np.longdouble(0)


def noise(line: Line) -> Any:
    """σ of the rounding of `line` near 0, by sixth differences of 13 points.

    They lie on one side of 0, for a kink there is no noise.
    """
    gamma = math.factorial(6) ** 2 / math.factorial(12)
    found = []
    for spacing in _NEAR:
        values = np.array([line(np.longdouble(spacing) * k) for k in range(1, 14)], np.longdouble)
        found.append(np.sqrt(gamma * np.mean(np.square(np.diff(values, 6)))))
    return max((sigma for sigma in found if np.isfinite(sigma)), default=np.longdouble(0))
