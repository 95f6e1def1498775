"""The oracle: the value and the gradient of a loss, and how far rounding alone may move them.

It evaluates the loss, never a gradient code, on dual numbers in extended precision.

*How far may a right answer be off?* Where terms cancel, the true derivative may be tiny while its
terms are not, and an answer that is right to rounding looks wrong beside it. So each derivative
comes with its sensitivity to relative rounding of the inputs: the oracle runs again at parameters
and floating data moved to x(1 + δξ), δ = 1e-9, with random ξ = ±(½ … 1½), and

    S = root mean square over the runs of |derivative moved - derivative| / δ.

The judge asks for S only where an error is unusual without it.

ξ has random magnitudes because two inputs moved by exactly as much might cancel. A parameter array
that is all zero is moved absolutely, by δξ: the relative rounding of zeros is nothing, that of what
is computed from them is not. A move across a kink makes the derivative jump, which is no rounding:
a jump does not shrink with δ, a second, smaller δ finds it out, and then S = 0.

Rounding inside the loss that no rounding of the inputs resembles is not in S; the constant of the
judge's bound allows for it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers.evaluation import EPS, directional, measured
from gradparity.problems import Arrays, Instance, Loss

Array = Any

DELTA = 1e-9
# The smaller move of the kink test.
_SMALLER = DELTA / 1024
# A move by δ that changes a derivative by more than this part of it may have crossed a kink.
_SUSPICIOUS = 1e-5
# Every component is judged up to this many parameters and this much work (array elements, over all
# directions: about 0.05 s); beyond, random directions.
_PARAMETERS = 2_000
_WORK = 2_000_000
# Elements of the largest tangent: 64 MiB of longdouble.
_TANGENT = 1 << 22


class Oracle:
    """The truth about one loss at one instance.

    value: the loss, longdouble. exact: whether every component of the gradient can be had cheaply.
    method: how `loss` is evaluated, for a reader.
    Raises: InputError if the loss cannot be evaluated on dual numbers.
    """

    def __init__(
        self, loss: Loss, instance: Instance, seed: int, method: str = "dual numbers"
    ) -> None:
        self._method = method
        self._components: dict[str, Array] = {}
        self._loss = loss
        self._instance = instance
        self._seed = seed
        self.value, self._work = measured(loss, instance.params, instance.data)
        count = instance.parameters
        self.exact = count <= _PARAMETERS and count * self._work.total <= _WORK
        # One run suffices along random directions: their sensitivities are averaged.
        self._runs = 2 if self.exact else 1

    def precision(self) -> str:
        """Return what judges a value: the method and its precision."""
        return f"{self._method} in longdouble (eps {EPS:.1e})"

    def describe(self) -> str:
        """Return what judges a gradient: method, precision, and how much of it is seen."""
        seen = "every component" if self.exact else "4 random directions per parameter"
        return f"{self.precision()}, {seen}"

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of parameter `name`."""
        return np.shape(self._instance.params[name])

    def units(self, name: str, indices: Array) -> Array:
        """Return the directions (K, *shape) of the components with these flat indices (K,)."""
        units = np.zeros((len(indices), math.prod(self.shape(name))))
        units[np.arange(len(indices)), indices] = 1
        return units.reshape(len(indices), *self.shape(name))

    def derivatives(self, name: str, directions: Array) -> Array:
        """Return the derivatives (K,) along `directions` (K, *shape) of parameter `name`."""
        return self._evaluate(self._instance, name, directions)

    def along(self, directions: Arrays) -> Array:
        """Return the derivatives (K,) along K directions of all parameters, {name: (K, *shape)}."""
        return directional(self._loss, self._instance.params, self._instance.data, directions)[1]

    def components(self, name: str) -> Array:
        """Return all derivatives (n,) of parameter `name`, in C order; computed once."""
        if name not in self._components:
            every = self.units(name, np.arange(math.prod(self.shape(name))))
            self._components[name] = self.derivatives(name, every)
        return self._components[name]

    def sensitivities(self, name: str, directions: Array, true: Array) -> Array:
        """Return S (K,) of the derivatives `true` along `directions`."""
        with np.errstate(all="ignore"):
            slopes = [self._slope(name, directions, true, run) for run in range(self._runs)]
            return np.sqrt(np.mean(np.square(slopes), axis=0))

    def value_sensitivity(self) -> Any:
        """Return S of the value."""
        slopes = []
        for run in range(2):
            moved = self._moved(run, DELTA)
            change = directional(self._loss, moved.params, moved.data, {})[0] - self.value
            slopes.append(change / DELTA if np.isfinite(change) else np.longdouble(0))
        return np.sqrt(np.mean(np.square(slopes)))

    def _slope(self, name: str, directions: Array, true: Array, run: int) -> Array:
        """(moved - true) / δ, and 0 where the move crossed a kink or nothing finite came out."""
        change = self._evaluate(self._moved(run, DELTA), name, directions) - true
        slope = np.where(np.isfinite(change), change / DELTA, 0)
        suspicious = np.flatnonzero(np.abs(slope) * DELTA > _SUSPICIOUS * np.abs(true))
        if len(suspicious):
            nearer = self._moved(run, _SMALLER)
            again = self._evaluate(nearer, name, directions[suspicious]) - true[suspicious]
            smooth = np.abs(again / _SMALLER - slope[suspicious]) <= 0.1 * np.abs(slope[suspicious])
            slope[suspicious] = np.where(smooth, slope[suspicious], 0)
        return slope

    def _evaluate(self, instance: Instance, name: str, directions: Array) -> Array:
        chunk = max(1, _TANGENT // max(1, self._work.largest))
        parts = [
            directional(
                self._loss, instance.params, instance.data, {name: directions[i : i + chunk]}
            )[1]
            for i in range(0, len(directions), chunk)
        ]
        return np.concatenate([np.zeros(0, np.longdouble), *parts])

    def _moved(self, run: int, delta: float) -> Instance:
        """Return the instance with its floating arrays moved by δ; the same ξ for every δ."""
        rng = np.random.default_rng((self._seed, run))
        params = _moved_arrays(self._instance.params, rng, delta, absolute=True)
        return Instance(params, _moved_arrays(self._instance.data, rng, delta, absolute=False))


def _moved_arrays(
    arrays: Arrays, rng: np.random.Generator, delta: float, *, absolute: bool
) -> Arrays:
    moved: Arrays = {}
    for name, given in arrays.items():
        array = np.asarray(given)
        if array.dtype.kind != "f":
            moved[name] = array
            continue
        xi = rng.uniform(0.5, 1.5, array.shape) * rng.choice((-1.0, 1.0), array.shape)
        size = np.ones_like(array) if absolute and not array.any() else np.abs(array)
        moved[name] = array.astype(np.longdouble) + np.longdouble(delta) * xi * size
    return moved
