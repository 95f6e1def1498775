"""Losses in two variables that descents are watched on."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.views.formula import loss_of
from gradparity.problems import Arrays, InputError, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS

MARKET = {"a": 1000.0, "b": 8.0, "cost": 35.0, "k": 2.0}
PRICE_AND_ROOT = "-((p - 35)*(1000 - 8*p + 2*r) - r^2)"


@dataclass(frozen=True, slots=True)
class Surface:
    """problem and data; window: (low, high) of both variables; axes: their names, units.

    arrays: (x, y) -> parameters. low: the known least value, None where there is none.
    minima: where it is attained. critical: all known points without a slope, by kind.
    equal: whether both variables are drawn to one scale.
    sets: the controls that a start is dragged by, None where there is none for a variable.
    """

    problem: Problem
    data: Arrays
    window: tuple[tuple[float, float], tuple[float, float]]
    axes: tuple[tuple[str, str], tuple[str, str]]
    arrays: Callable[[float, float], Arrays]
    low: float | None = None
    minima: Sequence[tuple[float, float]] = ()
    critical: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    equal: bool = True
    sets: tuple[str | None, str | None] = ("x0", "y0")

    def identity(self) -> Hashable:
        """What a grid of it depends on: the functions, the data, and the window."""
        data = tuple((name, np.asarray(x).tobytes()) for name, x in self.data.items())
        return self.problem.name, self.problem.loss, data, self.window

    def instance(self, x: float, y: float) -> Instance:
        """The instance whose parameters are here."""
        return Instance(self.arrays(x, y), self.data, self.arrays(1.0, 1.0))

    def tilted(self) -> Surface:
        """The same with t x + u y added, for data `tilt` (2,): the loss of a mini-batch."""
        whole, names = self.problem.loss, tuple(self.arrays(0.0, 0.0))

        def loss(xp: Any, params: Arrays, data: Arrays) -> Any:
            tilt = data["tilt"]
            if len(names) == 1:
                return whole(xp, params, data) + xp.sum(tilt * params[names[0]])
            return whole(xp, params, data) + tilt[0] * params[names[0]] + tilt[1] * params[names[1]]

        problem = Problem(
            f"{self.problem.name} tilted", loss, _undrawn, {"tiny": {}}, "a mini-batch"
        )
        return replace(self, problem=problem, data={**self.data, "tilt": np.zeros(2)})


PROFIT = -18514.285714285714
"""Minus D²/(4b - k²), D = a - b c: the least loss of a price and its advertising."""

_XY = (("x", ""), ("y", ""))
_AD = (("price", "currency"), ("spend", "currency"))
_ROOT = (("price", "currency"), ("√spend", "√currency"))
_WINDOWS = {
    "quadratic": ((-5.5, 5.5), (-5.5, 5.5)),
    "price-ad": ((35.0, 125.0), (0.0, 6000.0)),
    "price-root": ((35.0, 125.0), (0.0, 90.0)),
    "own": ((-5.0, 5.0), (-5.0, 5.0)),
    "rosenbrock": ((-2.2, 2.2), (-1.2, 3.2)),
    "himmelblau": ((-5.5, 5.5), (-5.5, 5.5)),
    "styblinski-tang": ((-5.0, 5.0), (-5.0, 5.0)),
    "saddle": ((-2.0, 2.0), (-2.0, 2.0)),
    "bounded-saddle": ((-2.5, 2.5), (-2.5, 2.5)),
}
_MINIMA = {
    "rosenbrock": [(1.0, 1.0)],
    "himmelblau": [
        (3.0, 2.0),
        (-2.805118, 3.131313),
        (-3.779310, -3.283186),
        (3.584428, -1.848127),
    ],
    "styblinski-tang": [(-2.903534, -2.903534)],
    "bounded-saddle": [(0.0, 2**0.5), (0.0, -(2**0.5))],
}


def surface(name: str, kappa: float, formula: str) -> Surface:
    """The surface of this name; kappa: of the quadratic; formula: in x and y, for "own".

    Raises InputError for a formula that is none.
    """
    if name == "quadratic":
        data = {"curvature": np.array([1.0, kappa])}
        return Surface(PROBLEMS[name], data, _WINDOWS[name], _XY, _vector, 0.0, [(0.0, 0.0)])
    if name == "price-ad":
        data = {key: np.asarray(value) for key, value in MARKET.items()}
        named, ad = _named("price", "spend"), PROBLEMS["price-ad-sqrt"]
        best = [(86.428571, 2644.898)]
        return Surface(
            ad, data, _WINDOWS[name], _AD, named, PROFIT, best, equal=False, sets=("p0", "s0")
        )
    if name == "price-root":
        problem, best = _written(PRICE_AND_ROOT, "p", "r"), [(86.428571, 51.428571)]
        arrays = _named("p", "r")
        return Surface(problem, {}, _WINDOWS[name], _ROOT, arrays, PROFIT, best, sets=("p0", None))
    if name == "own":
        return Surface(_written(formula, "x", "y"), {}, _WINDOWS[name], _XY, _named("x", "y"))
    problem = PROBLEMS[name]
    data = problem.draw(np.random.default_rng(0), **problem.sizes["tiny"]).data
    least = math.inf if problem.minimum is None else problem.minimum(data).value
    low = least if math.isfinite(least) else None
    return Surface(problem, data, _WINDOWS[name], _XY, _vector, low, _MINIMA.get(name, []))


def _vector(x: float, y: float) -> Arrays:
    return {"x": np.array([x, y])}


def _named(first: str, second: str) -> Callable[[float, float], Arrays]:
    return lambda x, y: {first: np.asarray(x), second: np.asarray(y)}


@lru_cache(maxsize=64)
def _written(formula: str, first: str, second: str) -> Problem:
    loss = loss_of(formula, [first, second])
    return Problem("formula", loss, _undrawn, {"tiny": {}}, "the reader's own")


def _undrawn(rng: Any, **size: Mapping[str, Any]) -> Instance:
    raise InputError("this loss has no data to draw")
