"""The judge of one parameter: every component of a small array, a sample of a large one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from harness.oracle import Oracle
from harness.verdict import Finding
from problems import Arrays

Array = Any

DIRECTIONS = 4
PARTS = 8
# An array this small costs no more by components than by directions.
_SMALL = 16
# Right answers are rarely beyond this part of the bound, unless terms cancel.
DOUBTFUL = 1 / 128
# Stands for any larger finite error, so that infinity means "not finite" alone.
_LARGEST = 1e300


def relative(got: Array, true: Array, scale: Array) -> Array:
    """Return |got - true| / scale; 0 for the same infinity or NaN, infinity for another."""
    got, true = np.asarray(got, np.longdouble), np.asarray(true, np.longdouble)
    with np.errstate(all="ignore"):
        error = np.minimum(np.abs(got - true) / scale, _LARGEST)
    same = (got == true) | (np.isnan(got) & np.isnan(true))
    finite = np.isfinite(got) & np.isfinite(true)
    return np.where(same, 0, np.where(finite, error, np.inf)).astype(np.float64)


class ArrayJudge:
    """Findings on one parameter: per label, the largest error seen.

    oracle: of the loss whose gradient was answered. gradients: label -> the flat gradient (n,).
    floor: added to every scale, what underflow may lose.
    """

    def __init__(
        self,
        oracle: Oracle,
        name: str,
        gradients: dict[str, Array],
        bound: float,
        floor: float,
        rng: np.random.Generator,
    ) -> None:
        self._oracle, self.name, self._gradients = oracle, name, gradients
        self._bound, self._floor = bound, floor
        self._size = len(next(iter(gradients.values())))
        self.findings = {label: Finding(0.0, name, 0, 0.0, 0.0) for label in gradients}
        self.every = oracle.exact or self._size <= _SMALL
        if self.every:
            self._picked = np.arange(self._size)
            directions = oracle.units(name, self._picked)
            true = oracle.components(name)
        else:
            self._random = random_directions(self._size, rng)
            finite = [np.where(np.isfinite(g), np.abs(g), 0) for g in gradients.values()]
            self._picked = np.array(sorted({int(np.argmax(g)) for g in finite}))
            units = oracle.units(name, self._picked)
            directions = np.concatenate([self._shaped(self._random), units])
            true = oracle.derivatives(name, directions)
        self._hold(true, np.zeros_like(true), list(gradients))
        # The sensitivity costs as much again: it is asked for where an error is unusual without it.
        again = [label for label, found in self.findings.items() if found.error > DOUBTFUL * bound]
        if again:
            self._hold(true, oracle.sensitivities(name, directions, true), again)

    def _hold(self, true: Array, sensitivity: Array, labels: list[str]) -> None:
        """Hold answers against the derivatives: random directions first, then components."""
        along = 0 if self.every else len(self._random)
        picked, moves = true[along:], sensitivity[along:]
        self._top = _largest(picked)
        self._scale = self._top + moves + self._floor
        if not self.every:
            self._true = true[:along]
            norm = max(self._top, _root_mean_square(self._true))
            self._norm = norm + _root_mean_square(sensitivity[:along]) + self._floor
        for label in labels:
            self.findings[label] = Finding(0.0, self.name, 0, 0.0, 0.0)
            if not self.every:
                self._along(label)
            gradient = self._gradients[label][self._picked]
            self._take(label, self._picked, gradient, picked, self._scale)

    def _along(self, label: str) -> None:
        """Hold one answer against the derivatives along the random directions."""
        gradient = self._gradients[label]
        broken = np.flatnonzero(~np.isfinite(gradient))[:PARTS]
        if len(broken):
            self._at(label, broken)
            return
        got = self._random.astype(np.longdouble) @ gradient
        errors = relative(got, self._true, self._norm)
        worst = int(np.argmax(errors))
        self._raise(
            label, Finding(float(errors[worst]), self.name, None, got[worst], self._true[worst])
        )

    def pair(self, first: str, second: str) -> tuple[float, int]:
        """Return the largest relative difference of two answers, and its flat index.

        Where they differ by more than two right answers may, the oracle judges both at that place.
        """
        if not self._size:
            return 0.0, 0
        scale = self._scale if self.every else np.max(self._scale)
        errors = relative(self._gradients[first], self._gradients[second], scale)
        worst = int(np.argmax(errors))
        if not self.every and errors[worst] > 2 * self._bound:
            for label in (first, second):
                self._at(label, np.array([worst]))
        return float(errors[worst]), worst

    def located(self, label: str) -> Finding:
        """Return the finding for `label`, at a component if one can be told.

        One that lies along a direction is searched for. It stays as it is if no single component
        is beyond the bound: then the error is spread over many.
        """
        found = self.findings[label]
        if found.index is not None or found.error <= self._bound:
            return found
        index = np.array([self._search(label)])
        got, true = self._gradients[label][index], self._known(index)
        error = float(relative(got, true, self._scale_at(index, true))[0])
        if error <= self._bound:
            return found
        return Finding(error, self.name, int(index[0]), got[0], true[0])

    def _search(self, label: str) -> int:
        """Return the component to which the largest error along a random direction leads."""
        gradient = self._gradients[label]
        sums = self._random.astype(np.longdouble) @ gradient
        direction = self._random[int(np.argmax(relative(sums, self._true, self._norm)))]

        def errors(parts: Array) -> Array:
            true = self._oracle.derivatives(self.name, self._shaped(parts))
            return relative(parts.astype(np.longdouble) @ gradient, true, self._norm)

        return bisected(direction, errors)

    def _at(self, label: str, indices: Array) -> None:
        """Judge one answer at these components."""
        true = self._known(indices)
        scale = self._scale_at(indices, true)
        self._take(label, indices, self._gradients[label][indices], true, scale)

    def _known(self, indices: Array) -> Array:
        return self._oracle.derivatives(self.name, self._oracle.units(self.name, indices))

    def _scale_at(self, indices: Array, true: Array) -> Array:
        directions = self._oracle.units(self.name, indices)
        moves = self._oracle.sensitivities(self.name, directions, true)
        return self._top + moves + self._floor

    def _take(self, label: str, indices: Array, got: Array, true: Array, scale: Array) -> None:
        """Judge components that are known, and keep the worst if it is worse than what was seen."""
        if not len(indices):
            return
        errors = relative(got, true, scale)
        worst = int(np.argmax(errors))
        self._raise(
            label,
            Finding(float(errors[worst]), self.name, int(indices[worst]), got[worst], true[worst]),
        )

    def _raise(self, label: str, found: Finding) -> None:
        seen = self.findings[label]
        # A component beyond the bound says more than a direction beyond it.
        told = found.error > self._bound and found.index is not None and seen.index is None
        if told or found.error > seen.error:
            self.findings[label] = found

    def _shaped(self, rows: Array) -> Array:
        return rows.reshape(len(rows), *self._oracle.shape(self.name))


def array_judges(
    oracle: Oracle,
    names: Iterable[str],
    answers: dict[str, Arrays],
    bound: float,
    floor: float,
    rng: np.random.Generator,
) -> list[ArrayJudge]:
    """Return a judge for each of these parameters; answers: label -> gradient by parameter."""
    judges = []
    for name in names if answers else ():
        flat = {label: np.ravel(g[name]).astype(np.longdouble) for label, g in answers.items()}
        judges.append(ArrayJudge(oracle, name, flat, bound, floor, rng))
    return judges


def bisected(weights: Array, errors: Callable[[Array], Array]) -> int:
    """Return the place to which the largest error leads, among len(weights) places.

    errors: takes rows of weights that are zero outside a part of the places; returns one error of
    each row.
    """
    low, high = 0, len(weights)
    while high - low > 1:
        cuts = np.unique(np.linspace(low, high, PARTS + 1).round().astype(int))
        ranges = list(itertools.pairwise(cuts.tolist()))
        parts = np.zeros((len(ranges), len(weights)))
        for part, (start, stop) in zip(parts, ranges, strict=True):
            part[start:stop] = weights[start:stop]
        low, high = ranges[int(np.argmax(errors(parts)))]
    return low


def random_directions(size: int, rng: np.random.Generator) -> Array:
    """Return directions (DIRECTIONS, size) with entries ±{1, 1¼, 1½, 1¾}."""
    signs = rng.choice(np.array((-1.0, 1.0)), (DIRECTIONS, size))
    return signs * (1 + rng.integers(0, 4, (DIRECTIONS, size)) / 4)


def _largest(x: Array) -> Any:
    return np.max(np.abs(x), initial=0, where=np.isfinite(x))


def _root_mean_square(x: Array) -> Any:
    finite = x[np.isfinite(x)]
    return np.sqrt(np.mean(np.square(finite))) if len(finite) else np.longdouble(0)
