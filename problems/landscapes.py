"""Landscapes: the test functions of the optimisation literature, from two variables to a million.

One parameter, "x", shape (n,). Where n is free, the datum "n" (an integer, shape ()) repeats it for
`minimum`, which sees the data alone; the loss does not read it.

Where the loss is a sum of squares, `residuals` states r such that the loss is half of Σ r². The
literature's losses are plain sums of squares, so each of its residuals stands here times √2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.critical import CRITICAL
from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Loss, Minimum, Problem

_ROOT2 = math.sqrt(2.0)
_PLANE: dict[str, dict[str, Any]] = {"tiny": {}}
_ANY_DIMENSION: dict[str, dict[str, Any]] = {
    "tiny": {"n": 2},
    "small": {"n": 100},
    "medium": {"n": 10_000},
    "large": {"n": 1_000_000},
}


def _rosenbrock(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Σ 100 (x_{i+1} - x_i²)² + (1 - x_i)²: a curved valley; it exercises neighbours, not sums."""
    x = params["x"]
    here, there = x[:-1], x[1:]
    return xp.sum(100.0 * xp.square(there - xp.square(here)) + xp.square(1.0 - here))


def _rastrigin(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Σ 10 + x² - 10 cos 2πx: a local minimum near every integer point."""
    x = params["x"]
    return xp.sum(10.0 + xp.square(x) - 10.0 * xp.cos(2.0 * math.pi * x))


def _ackley(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """20 + e - 20 exp(-√(mean x²)/5) - exp(mean cos 2πx): two sums before any gradient."""
    x = params["x"]
    distance = xp.sqrt(xp.mean(xp.square(x)))
    ripple = xp.mean(xp.cos(2.0 * math.pi * x))
    return 20.0 + math.e - 20.0 * xp.exp(-0.2 * distance) - xp.exp(ripple)


def _styblinski_tang(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ Σ x⁴ - 16 x² + 5 x: 2ⁿ minima, one of them global."""
    x = params["x"]
    x2 = xp.square(x)
    return 0.5 * xp.sum(xp.square(x2) - 16.0 * x2 + 5.0 * x)


def _himmelblau(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """(x² + y - 11)² + (x + y² - 7)²: four minima of the same value."""
    x, y = params["x"][0], params["x"][1]
    return xp.square(xp.square(x) + y - 11.0) + xp.square(x + xp.square(y) - 7.0)


def _beale(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """(3/2 - x + xy)² + (9/4 - x + xy²)² + (21/8 - x + xy³)²: a plateau with steep corners."""
    x, y = params["x"][0], params["x"][1]
    y2 = xp.square(y)
    return (
        xp.square(1.5 - x + x * y)
        + xp.square(2.25 - x + x * y2)
        + xp.square(2.625 - x + x * y2 * y)
    )


def _booth(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """(x + 2y - 7)² + (2x + y - 5)²: a quadratic, condition 9."""
    x, y = params["x"][0], params["x"][1]
    return xp.square(x + 2.0 * y - 7.0) + xp.square(2.0 * x + y - 5.0)


def _saddle(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """x² - y²: unbounded; what counts is how fast a method escapes."""
    x, y = params["x"][0], params["x"][1]
    return xp.square(x) - xp.square(y)


def _monkey_saddle(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """x³ - 3xy²: three ways down from the origin, where the Hessian is zero; unbounded."""
    x, y = params["x"][0], params["x"][1]
    return x * (xp.square(x) - 3.0 * xp.square(y))


def _bounded_saddle(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """x² - y² + y⁴/4: a saddle between two minima, which descent along y = 0 never finds."""
    x, y = params["x"][0], params["x"][1]
    y2 = xp.square(y)
    return xp.square(x) - y2 + 0.25 * xp.square(y2)


def _rosenbrock_residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """√2 (10 (x_{i+1} - x_i²), all of them, then 1 - x_i), shape (2n - 2,)."""
    x = params["x"]
    here, there = x[:-1], x[1:]
    return _ROOT2 * xp.concat([10.0 * (there - xp.square(here)), 1.0 - here])


def _himmelblau_residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """√2 (x² + y - 11, x + y² - 7), shape (2,)."""
    x, y = params["x"][0], params["x"][1]
    return _ROOT2 * xp.stack([xp.square(x) + y - 11.0, x + xp.square(y) - 7.0])


def _beale_residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """√2 (3/2 - x + xy, 9/4 - x + xy², 21/8 - x + xy³), shape (3,)."""
    x, y = params["x"][0], params["x"][1]
    y2 = xp.square(y)
    return _ROOT2 * xp.stack([1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y2 * y])


def _booth_residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """√2 (x + 2y - 7, 2x + y - 5), shape (2,)."""
    x, y = params["x"][0], params["x"][1]
    return _ROOT2 * xp.stack([x + 2.0 * y - 7.0, 2.0 * x + y - 5.0])


def _uniform(low: float, high: float, least: int = 1) -> Callable[..., Instance]:
    """draw(rng, n) -> x uniform in the cube [low, high)ⁿ, n at least `least`."""

    def draw(rng: np.random.Generator, *, n: int) -> Instance:
        in_range("n", n, least, 1e9, whole=True)
        return Instance({"x": rng.uniform(low, high, n)}, {"n": np.asarray(n)})

    return draw


def _plane(half: float) -> Callable[..., Instance]:
    """draw(rng) -> x uniform in the square [-half, half)²; no data."""

    def draw(rng: np.random.Generator) -> Instance:
        return Instance({"x": rng.uniform(-half, half, 2)}, {})

    return draw


def _ackley_draw(rng: np.random.Generator, *, n: int) -> Instance:
    """x with ½ <= |x_i| < 5, either sign: away from 0, where the loss is not differentiable."""
    in_range("n", n, 1, 1e9, whole=True)
    size, sign = rng.uniform(0.5, 5.0, n), rng.choice([-1.0, 1.0], n)
    return Instance({"x": size * sign}, {"n": np.asarray(n)})


def _at(point: float, value: float = 0.0, note: str = "") -> Callable[[Arrays], Minimum]:
    """minimum(data) at (point, …, point); `value` per dimension."""

    def minimum(data: Arrays) -> Minimum:
        n = int(data["n"])
        return Minimum(value * n, {"x": np.full(n, point)}, note)

    return minimum


def _in_plane(x: float, y: float, note: str = "") -> Callable[[Arrays], Minimum]:
    """minimum(data) of value 0 at (x, y)."""
    return lambda data: Minimum(0.0, {"x": np.array([x, y])}, note)


def _styblinski_tang_minimum(data: Arrays) -> Minimum:
    """Every x_i is the least root of f′/2 = x³ - 8x + 5/4, by the trigonometric formula."""
    amplitude = 2.0 * math.sqrt(8.0 / 3.0)
    angle = math.acos(-1.25 / 2.0 * (3.0 / 8.0) ** 1.5) / 3.0
    root = amplitude * math.cos(angle + 2.0 * math.pi / 3.0)
    value = 0.5 * (root**4 - 16.0 * root**2 + 5.0 * root)
    return _at(root, value, "2ⁿ minima; this one is global")(data)


def _landscape(
    name: str,
    loss: Loss,
    draw: Callable[..., Instance],
    minimum: Callable[[Arrays], Minimum],
    source: str,
    sizes: dict[str, dict[str, Any]],
    residuals: Loss | None = None,
) -> Problem:
    return Problem(name, loss, draw, sizes, source, minimum, residuals, critical=CRITICAL.get(name))


_MOLGA = "Molga and Smutnicki (2005), Test functions for optimization needs"
_HIMMELBLAU_NOTE = "also at (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)"

PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        _landscape(
            "rosenbrock",
            _rosenbrock,
            _uniform(-2.0, 2.0, 2),
            _at(1.0),
            "Rosenbrock (1960), The Computer Journal 3; the chained form, with n - 1 terms",
            _ANY_DIMENSION,
            _rosenbrock_residuals,
        ),
        _landscape(
            "rastrigin",
            _rastrigin,
            _uniform(-5.12, 5.12),
            _at(0.0, note="a local minimum near every integer point"),
            _MOLGA,
            _ANY_DIMENSION,
        ),
        _landscape(
            "ackley",
            _ackley,
            _ackley_draw,
            _at(0.0, note="not differentiable there"),
            _MOLGA,
            _ANY_DIMENSION,
        ),
        _landscape(
            "styblinski-tang",
            _styblinski_tang,
            _uniform(-5.0, 5.0),
            _styblinski_tang_minimum,
            "Styblinski and Tang (1990), Neural Networks 3",
            _ANY_DIMENSION,
        ),
        _landscape(
            "himmelblau",
            _himmelblau,
            _plane(5.0),
            _in_plane(3.0, 2.0, _HIMMELBLAU_NOTE),
            "Himmelblau (1972), Applied Nonlinear Programming",
            _PLANE,
            _himmelblau_residuals,
        ),
        _landscape(
            "beale",
            _beale,
            _plane(4.5),
            _in_plane(3.0, 0.5),
            "Beale (1958), On an iterative method for finding a local minimum",
            _PLANE,
            _beale_residuals,
        ),
        _landscape(
            "booth",
            _booth,
            _plane(10.0),
            _in_plane(1.0, 3.0),
            "Jamil and Yang (2013), A literature survey of benchmark functions, arXiv 1308.4008",
            _PLANE,
            _booth_residuals,
        ),
        _landscape(
            "saddle",
            _saddle,
            _plane(1.0),
            lambda data: Minimum(-math.inf, note="unbounded below; the saddle is at (0, 0)"),
            "the simplest strict saddle, Hessian diag(2, -2)",
            _PLANE,
        ),
        _landscape(
            "bounded-saddle",
            _bounded_saddle,
            _plane(1.0),
            lambda data: Minimum(
                -1.0, {"x": np.array([0.0, math.sqrt(2.0)])}, "also at (0, -√2); saddle at (0, 0)"
            ),
            "x² plus the double well; Strogatz (1994), Nonlinear Dynamics and Chaos, section 3.4",
            _PLANE,
        ),
        _landscape(
            "monkey-saddle",
            _monkey_saddle,
            _plane(1.0),
            lambda data: Minimum(-math.inf, note="unbounded below; the saddle is at (0, 0)"),
            "Hilbert and Cohn-Vossen (1932), Anschauliche Geometrie, section 29",
            _PLANE,
        ),
    )
}
