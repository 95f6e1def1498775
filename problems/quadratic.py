"""The quadratic of a chosen condition number: what every rate of convergence is stated for.

    f(x) = ½ (x₁² + κ x₂²),

curvatures 1 and κ, minimum 0 at the origin. In more dimensions, curvatures in between change no
rate. What it exercises is the optimiser alone: descent at the rate 2/(1 + κ) shrinks x by exactly
(κ - 1)/(κ + 1) a step, and diverges beyond 2/κ.

Source: Nesterov, Introductory Lectures on Convex Optimization, 2004, section 2.1.4; Polyak 1964.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import InputError, in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

SIZES = {
    "tiny": {"kappa": 10.0},
    "small": {"kappa": 100.0},
    "medium": {"kappa": 1000.0},
    "large": {"kappa": 1e6},
}


def draw(rng: np.random.Generator, *, kappa: float) -> Instance:
    """Params x (2,), near (κ, 1), from where steepest descent is slowest; data curvature (2,)."""
    in_range("kappa", kappa, 1, 1e300)
    if not 1.0 <= kappa < np.inf:
        raise InputError(f"kappa is {kappa:g}; a condition number is 1 or more")
    x = np.array([kappa, 1.0]) * rng.uniform(0.5, 1.5, 2)
    return Instance({"x": x}, {"curvature": np.array([1.0, kappa])})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ Σ curvature x²."""
    return 0.5 * xp.sum(data["curvature"] * xp.square(params["x"]))


def residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """√curvature x, shape (2,): half the sum of their squares is the loss."""
    return xp.sqrt(data["curvature"]) * params["x"]


def _minimum(data: Arrays) -> Minimum:
    return Minimum(0.0, {"x": np.zeros(2)})


PROBLEMS: dict[str, Problem] = {
    "quadratic": Problem(
        name="quadratic",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Nesterov 2004, Introductory Lectures on Convex Optimization, section 2.1.4",
        minimum=_minimum,
        residuals=residuals,
    )
}
