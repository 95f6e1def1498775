"""How far a loss and its gradient are off by rounding alone, measured where a search stands.

Rounding is what is left of f along a line of points so close together that f is a polynomial of low
degree there: the k-th differences of n values lose everything smooth, and of independent errors of
deviation σ they make σ √((2k)!/(k!)²) on average. The points are θ (1 + j h), j = 1 ... n, with h
of 32 units in the last place; the estimate is the smallest over k = 2 ... n - 1. The same points
give the rounding of every entry of the gradient.

Source: Moré and Wild (2011), Estimating computational noise, SIAM Journal on Scientific Computing
33, 1292-1314.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Differentiable, Vector

POINTS = 6
SPACING = 32.0
"""Between two points, in units in the last place of each parameter."""
DEVIATIONS = 8.0
"""How many standard deviations two values may differ by and still say nothing."""
LEAST = 4.0
"""Nothing is taken to be known to fewer units in the last place."""


class MeasuredRounding:
    """What is known of it: at first what no arithmetic is without; `measure` finds more.

    value: of f, absolute. gradient: of each entry, (P,). measured: whether they were.
    """

    def __init__(self, value: float, gradient: Vector) -> None:
        self.dtype = gradient.dtype
        self.unit = float(np.finfo(self.dtype).eps)
        self.measured = False
        self.value = self._seen = 0.0
        self.gradient = np.zeros_like(gradient)
        self.moved(value, gradient)

    def moved(self, value: float, gradient: Vector) -> None:
        """Note that the search is elsewhere; what was measured still holds, or more."""
        least = LEAST * self.unit
        self.value = max(self._seen, least * abs(value))
        if not self.measured:
            self.gradient = least * np.abs(gradient)

    def witness(self, error: float) -> None:
        """Note that a value was seen to be off by so much."""
        self._seen = max(self._seen, error)
        self.value = max(self.value, error)

    def measure(self, objective: Differentiable, theta: Vector) -> None:
        """Measure both at theta, by `POINTS` evaluations."""
        step = SPACING * self.unit
        near = [theta * theta.dtype.type(1.0 + j * step) for j in range(1, POINTS + 1)]
        found = [objective.gradient(point) for point in near]
        values = np.array([value for value, _ in found])
        gradients = np.array([gradient for _, gradient in found])
        if not (np.all(np.isfinite(values)) and np.all(np.isfinite(gradients))):
            return
        least = LEAST * self.unit
        self._seen = DEVIATIONS * float(_deviation(values))
        self.value = max(self._seen, least * float(np.max(np.abs(values))))
        floor = least * np.max(np.abs(gradients), axis=0)
        self.gradient = np.maximum(DEVIATIONS * _deviation(gradients), floor)
        self.measured = True

    def measured_at(
        self, objective: Differentiable, theta: Vector, value: float, gradient: Vector
    ) -> None:
        """Measure anew at theta, if it has not been measured for another reason."""
        self.measured = False
        self._seen = 0.0
        self.moved(value, gradient)
        self.measure(objective, theta)

    def along(self, direction: Vector) -> float:
        """By how much a slope along the direction may be off."""
        return float(np.dot(self.gradient, np.abs(direction)))

    def said(self, value: float, gradient: Vector) -> str:
        """Why a search ends where it has this value and gradient, and what would help."""
        length, error = (float(np.linalg.norm(x)) for x in (gradient, self.gradient))
        known = "is rounded by" if self.measured else "is known to no better than"
        if length <= error:
            left = f"what is left of the gradient, {length:.1e}, is rounding too"
            more = "nothing more is to be had" if self.unit < 1e-10 else "float64 would see further"
        else:
            left = f"a gradient of {length:.1e} is left, of which rounding is {error:.1e}"
            more = "parameters in units of their own size, or a search by residuals, might go on"
        return f"no step lowers the loss, which {known} {self.value:.1e} here; {left}: {more}"


def _deviation(samples: Any) -> Any:
    """The standard deviation of the errors in samples of something smooth, (n, ...) -> (...)."""
    estimates = []
    differences = np.asarray(samples)
    for k in range(1, len(samples)):
        differences = np.diff(differences, axis=0)
        if k >= 2:
            estimates.append(np.sqrt(np.mean(differences**2, axis=0) / math.comb(2 * k, k)))
    return np.min(estimates, axis=0)
