"""A gradient held against differences of the loss alone: for a loss that cannot be translated.

The slopes along a line are those of `slopes.py`. An error within 4 estimates is no error; so what
is found is as accurate as the loss: about 1e-16 of the derivative in longdouble, 1e-12 in float64.
Where the estimate is worse than 1e-4 of the gradient nothing can be said, and that is said. A
component takes 12 evaluations or more, 60 at most.

Where there is no derivative the definition is the atlas's (`harness/conventions/cases/case.py`):
where the slopes to the two sides differ, anything between them is right, and so is NaN; where a
side has no finite slope, anything is. Where all kinks bend one way, as at the tip of a cone, the
answer is one vector, whose slope along itself is not beyond the loss's (‖θ‖ at 0: the unit ball).

Source: Rockafellar, Convex Analysis (1970), theorem 23.2, for the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.backends.longdouble.point import ParameterPoint
from gradparity.harness.findings.finding import EPS, SMALLEST, Diagnosis, Finding, WorstNumber
from gradparity.harness.judging.diagnosis import diagnose
from gradparity.harness.judging.directions import DIRECTIONS, bisected, random_directions
from gradparity.harness.judging.slopes import Line, Slope, noise, slope
from gradparity.problems import Array, Arrays, InputError

MOST = 500
"""Parameters of which every component is judged; beyond, four random directions of each array."""

_ROUGH = 1e-4
# A step, or what is left of a slope nearby, that is small.
_SMALL = 1e-6
_WIDE = 0.125
# Of 13 points so far apart, a loss that is no staircase takes more values than these.
_STEP, _FEW = 1e-5, 9
# No error below this is called one: differences do not see what cancels inside a gradient.
_LEAST = 4096 * EPS["float64"]
# How much of itself a parameter moves by for a look nearby, and how alike slopes are then.
_CLOSE, _ALIKE = 1e-4, 1e-2
# What libraries may take for 0.
_TINY = SMALLEST["float64"]


Found = tuple[str, WorstNumber, float]
"""Status, worst number, and what its relative error is held against."""


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
    finding = Finding(
        *(status, oracle, bound / EPS["float64"], worst.u, None, "float64", worst),
        relative=True,
        triangle=judge.triangle if status == "convention" else "",
    )
    if status == "formula" and judge.is_staircase():
        raise InputError(
            "the loss is a staircase: at points beside this one it takes a few values alone, as if "
            "it rounded to bfloat16 or float16 on its way; compute it in float64 for the check"
        )
    return replace(finding, diagnosis=judge.diagnosis()) if status == "formula" else finding


class _Differences:
    def __init__(
        self, loss: Callable[[Arrays], Any], params: Arrays, answer: Answer, seed: int
    ) -> None:
        self._loss, self._point, self._answer = loss, ParameterPoint(params), answer
        self._rng = np.random.default_rng(seed)
        self.kinked, self.triangle = False, ""
        self.every = self._point.layout.size <= MOST
        with np.errstate(all="ignore"):
            self._centre = np.longdouble(loss(params))
        self._true: Arrays = {}
        self._allowed: Arrays = {}
        self._jumping: dict[str, bool] = {}
        # In relative steps: near a pole a smooth loss would look rough in others.
        size = np.where(self._point.vector == 0, 1, abs(self._point.vector))
        anywhere = size * random_directions(self._point.layout.size, self._rng)[0]
        self._anywhere = line = self._line(anywhere)
        self.noise = noise(line)
        self._steep = abs(line(np.longdouble(_WIDE)) - self._centre) / _WIDE

    def _line(self, direction: Array) -> Line:
        def line(t: Any) -> Any:
            with np.errstate(all="ignore"):
                try:
                    return np.longdouble(self._loss(self._point.moved(t, direction)))
                except Exception:  # outside the loss's domain, in whatever way it says so
                    return np.longdouble(np.nan)

        return line

    def _slope(self, direction: Array) -> Slope:
        reach, line = self._point.scale(direction), self._line(direction)
        found = slope(line, self._centre, reach, self.noise)
        near = self._point.nearest(direction)
        if near < reach and self._is_another(line, found, near):
            return slope(line, self._centre, near, self.noise)
        return found

    def _is_another(self, line: Line, found: Slope, near: Any) -> bool:
        """Whether the loss has another slope where a parameter moves by little of itself alone.

        Next to a pole, or the edge of its domain, as of ln x at 1e-9, all else is too far away.
        """
        h = _CLOSE * near
        ahead, behind = (line(h) - self._centre) / h, (self._centre - line(-h)) / h
        middle, rough = (ahead + behind) / 2, 64 * self.noise / h
        if not abs(ahead - behind) <= _ALIKE * abs(middle) + rough:
            return False
        return bool(found.open or found.off(middle) > _ALIKE * abs(middle) + rough)

    def found(self) -> Found:
        """What is found of the value and of all arrays."""
        value = np.longdouble(self._answer.value)
        allowed = _LEAST * abs(self._centre) + 8 * self.noise + _TINY
        if not abs(value - self._centre) <= allowed:
            both = float(value), float(self._centre)
            return "formula", WorstNumber("", (), *both, math.inf), _LEAST
        gradient = {
            name: np.ravel(x).astype(np.longdouble) for name, x in self._answer.derivative.items()
        }
        arrays = []
        for name, x in gradient.items():
            finite = bool(np.isfinite(x).all())
            broken = self._nonfinite(name, x)
            arrays.append(self._array(name, x, finite) if broken is None else broken)
        status, worst, bound = max(arrays, key=lambda found: found[1].u)
        return "convention" if status == "ok" and self.kinked else status, worst, bound

    def _nonfinite(self, name: str, gradient: Array) -> Found | None:
        """A number that is not finite and should be; those that may be so become the slope."""
        for flat in map(int, np.flatnonzero(~np.isfinite(gradient))):
            s = self._single(name, len(gradient), flat)
            choice = s.choice or self._jumps(name, len(gradient))
            if not (s.open or (choice and np.isnan(gradient[flat]))):
                index, true = self._index(name, flat), float(s.value)
                number = WorstNumber(name, index, float(gradient[flat]), true, math.inf)
                return "nonfinite", number, _LEAST
            self.kinked = True
            gradient[flat] = s.value
        return None

    def _jumps(self, name: str, count: int) -> bool:
        """Whether the loss jumps when a component of an array moves: the array has no gradient.

        So x**y at (0, 0), and what a decomposition makes of equal eigenvalues. An infinite slope,
        as of a root at 0, is no jump, and says nothing about the other components.
        """
        if name not in self._jumping:
            slopes = (self._single(name, count, i) for i in range(count if self.every else 0))
            self._jumping[name] = any(s.jump for s in slopes)
        return self._jumping[name]

    def _single(self, name: str, count: int, flat: int) -> Slope:
        """The slope of one component."""
        return self._slope(self._within(name, np.eye(1, count, flat)[0]))

    def diagnosis(self) -> Diagnosis | None:
        """Why it is wrong, of what the slopes alone can tell; None if they are not all known."""
        point = self._point.layout.views(self._point.vector)
        if set(self._true) != set(point):
            return None
        shaped = [
            {name: np.reshape(x[name], point[name].shape) for name in point}
            for x in (self._true, self._allowed)
        ]
        got = {name: np.asarray(x, np.longdouble) for name, x in self._answer.derivative.items()}
        found = diagnose(got, shaped[0], params=point, data={}, scale=shaped[1])
        return found if found.cause.key not in ("none", "precision") else None

    def _array(self, name: str, gradient: Array, finite: bool) -> Found:
        """What is found of an array. finite: whether it was so before NaN were filled in."""
        rows = np.eye(len(gradient)) if self.every else random_directions(len(gradient), self._rng)
        slopes = [self._slope(self._within(name, row)) for row in rows]
        ends = [abs(x) for s in slopes for x in (s.low, s.high)]
        known = gradient[[not s.open for s in slopes]] if self.every else gradient
        scale = max(*ends, np.max(np.abs(known), initial=0))
        errors = [self._error(row, gradient, s, scale) for row, s in zip(rows, slopes, strict=True)]
        if self.every:
            self._true[name] = np.array([s.value for s in slopes])
            allowed = [4 * s.error + (s.high - s.low) / 2 + _LEAST * scale for s in slopes]
            self._allowed[name] = np.array(allowed)
        if self.every and max(errors) > _LEAST and self._of_one_triangle(name, gradient, slopes):
            self.kinked, self.triangle = True, name
            errors = [0.0] * len(errors)
        index = int(np.argmax(errors))
        true, error, bound = slopes[index], errors[index], _LEAST
        status = "ok" if error <= _LEAST else "formula"
        self.kinked |= any(s.choice for s in slopes)
        if status == "ok":
            self._sure(name, gradient, slopes, scale)
            whole = self.every and finite
            if whole and (long := self._too_long(name, gradient, slopes, scale)):
                return long
        elif not self.every:

            def along(parts: Array) -> Array:
                found = [self._slope(self._within(name, part)) for part in parts]
                return np.array(
                    [self._error(p, gradient, s, scale) for p, s in zip(parts, found, strict=True)]
                )

            index = bisected(rows[index], along)
            true = self._single(name, len(gradient), index)
        if status == "formula":
            bound = float(_LEAST + (4 * true.error + (true.high - true.low) / 2) / scale)
            error = float(abs(gradient[index] - true.value) / scale)
        place = self._index(name, index) if self.every or status == "formula" else None
        numbers = float(gradient[index]), float(true.value)
        return status, WorstNumber(name, place, *numbers, error / EPS["float64"]), bound

    def is_staircase(self) -> bool:
        """Whether the loss takes few values beside the point, and others farther away."""
        at = [self._anywhere(np.longdouble(_STEP) * k) for k in range(1, 14)]
        if not np.isfinite(np.array(at)).all():
            return False
        moves = abs(self._anywhere(np.longdouble(_WIDE)) - self._centre)
        return len({*map(float, at)}) <= _FEW and bool(moves > _ROUGH * abs(self._centre))

    def _of_one_triangle(self, name: str, gradient: Array, slopes: list[Slope]) -> bool:
        """Whether one triangle of a matrix does not move the loss, and both together are right."""
        shape = self._point.layout.views(self._point.vector)[name].shape
        if len(shape) != 2 or shape[0] != shape[1] or any(s.choice for s in slopes):
            return False
        true = np.array([s.value for s in slopes]).reshape(shape)
        error = np.array([s.error for s in slopes]).reshape(shape)
        got = gradient.reshape(shape)
        unread = any(np.all(part(true, k) == 0) for part, k in ((np.triu, 1), (np.tril, -1)))
        off = np.abs(got + got.T - true - true.T)
        allowed = 4 * (error + error.T) + _LEAST * np.max(np.abs(true))
        even = np.max(np.abs(got - got.T)) <= _LEAST * np.max(np.abs(got))
        return bool(unread and even and np.all(off <= allowed))

    def _error(self, row: Array, gradient: Array, s: Slope, scale: Any) -> float:
        """What is left of the relative error after what the differences themselves may be off."""
        off = s.off(row.astype(np.longdouble) @ gradient)
        return float(off / scale) if off > _TINY else 0.0

    def _too_long(
        self, name: str, gradient: Array, slopes: list[Slope], scale: Any
    ) -> Found | None:
        """The largest number of an answer that is longer than any subgradient at a tip."""
        bent = np.array([s.choice and not s.open for s in slopes])
        part = np.where(bent, gradient, 0)
        if np.count_nonzero(part) < 2:
            return None
        along = (part / np.sqrt(np.sum(part**2))).astype(np.float64)
        others = random_directions(len(gradient), self._rng)[:2] * bent
        rows = [*np.eye(len(gradient))[bent], along, *others]
        bends = [self._bend(self._within(name, row)) for row in rows]
        if min(bends) < -_ROUGH * scale < _ROUGH * scale < max(bends):
            return None  # it bends both ways: its parts may have been chosen one by one
        s = self._slope(self._within(name, along))
        if self._error(along, gradient, s, scale) <= _LEAST:
            return None
        index = int(np.argmax(np.abs(part)))
        true = float(part[index] * s.high / np.sqrt(np.sum(part**2)))
        error = float(abs(gradient[index] - true) / scale) / EPS["float64"]
        number = WorstNumber(name, self._index(name, index), float(gradient[index]), true, error)
        return "formula", number, float(_LEAST + 4 * s.error / scale)

    def _bend(self, direction: Array) -> Any:
        """How much steeper the loss is ahead than behind, at a small step."""
        line, h = self._line(direction), _SMALL * self._point.scale(direction)
        return (line(h) + line(-h) - 2 * self._centre) / h

    def _sure(self, name: str, gradient: Array, slopes: list[Slope], scale: Any) -> None:
        rough = max((4 * s.error for s in slopes if not s.flat), default=np.longdouble(0))
        steep = max(self._steep, *(s.nearby for s in slopes))
        nothing = np.max(np.abs(gradient)) <= rough <= _SMALL * steep
        if rough > _ROUGH * scale and rough > 64 * self.noise and not nothing:
            raise InputError(
                f"the gradient of {name} cannot be judged: differences of the loss are uncertain "
                f"by {float(rough):.0e} where the gradient is {float(scale):.0e}; is it smooth?"
            )

    def _within(self, name: str, row: Array) -> Array:
        direction = np.zeros_like(self._point.vector)
        part = self._point.layout.views(direction)[name]
        part[...] = row.reshape(part.shape)
        return direction

    def _index(self, name: str, flat: int) -> tuple[int, ...]:
        shape = self._point.layout.views(self._point.vector)[name].shape
        return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()
