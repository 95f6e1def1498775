"""Landscapes of two variables with hills, valleys and passes between them, all of them known.

    matyas          0.26 (x² + y²) - 0.48 x y: a quadratic of condition 25, askew.
    six-hump-camel  (4 - 2.1 x² + x⁴/3) x² + x y + 4 (y² - 1) y²: six minima, two of them global.
    mccormick       sin(x + y) + (x - y)² - 1.5 x + 2.5 y + 1: waves on a tilted valley.
    branin          (y - b x² + c x - 6)² + w cos x + 10: three minima alike, with
                    b = 5.1/(4π²), c = 5/π, w = 10 (1 - 1/(8π)).

One parameter, "x", shape (2,); no data. What they exercise: which valley a descent ends in, and
whether it leaves the passes. McCormick's is unbounded along the diagonal: its minimum is that of
-1.5 <= x <= 4, -3 <= y <= 4, where the literature looks.

Source: Dixon and Szegő 1978, Towards Global Optimisation 2; McCormick 1976, Mathematical
Programming 10; Branin 1972, IBM Journal of Research and Development 16; Jamil and Yang 2013, arXiv
1308.4008.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.critical import CRITICAL
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Loss, Minimum, Problem

BEND, SLOPE, WAVE = 5.1 / (4.0 * math.pi**2), 5.0 / math.pi, 10.0 * (1.0 - 1.0 / (8.0 * math.pi))
"""Branin's constants."""


def _matyas(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    x, y = params["x"][0], params["x"][1]
    return 0.26 * (xp.square(x) + xp.square(y)) - 0.48 * x * y


def _six_hump_camel(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    x, y = params["x"][0], params["x"][1]
    x2, y2 = xp.square(x), xp.square(y)
    return (4.0 - 2.1 * x2 + xp.square(x2) / 3.0) * x2 + x * y + 4.0 * (y2 - 1.0) * y2


def _mccormick(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    x, y = params["x"][0], params["x"][1]
    return xp.sin(x + y) + xp.square(x - y) - 1.5 * x + 2.5 * y + 1.0


def _branin(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    x, y = params["x"][0], params["x"][1]
    return xp.square(y - BEND * xp.square(x) + SLOPE * x - 6.0) + WAVE * xp.cos(x) + 10.0


def _box(x: tuple[float, float], y: tuple[float, float]) -> Callable[..., Instance]:
    """draw(rng) -> a point uniform in the box; no data."""

    def draw(rng: np.random.Generator) -> Instance:
        return Instance({"x": np.array([rng.uniform(*x), rng.uniform(*y)])}, {})

    return draw


def _least(name: str, note: str) -> Callable[[Arrays], Minimum]:
    """The first of the lowest critical points."""

    def minimum(data: Arrays) -> Minimum:
        best = min(CRITICAL[name](data), key=lambda point: point.value)
        return Minimum(best.value, best.params, note)

    return minimum


def _landscape(name: str, loss: Loss, draw: Callable[..., Instance], note: str) -> Problem:
    return Problem(
        name=name,
        loss=loss,
        draw=draw,
        sizes={"tiny": {}},
        source="Jamil and Yang (2013), A literature survey of benchmark functions, arXiv 1308.4008",
        minimum=_least(name, note),
        critical=CRITICAL[name],
    )


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        _landscape("matyas", _matyas, _box((-10.0, 10.0), (-10.0, 10.0)), ""),
        _landscape(
            "six-hump-camel",
            _six_hump_camel,
            _box((-2.0, 2.0), (-1.0, 1.0)),
            "also at its image in the origin; four more minima are higher",
        ),
        _landscape(
            "mccormick",
            _mccormick,
            _box((-1.5, 4.0), (-3.0, 4.0)),
            "of -1.5 <= x <= 4, -3 <= y <= 4; unbounded beyond",
        ),
        _landscape(
            "branin",
            _branin,
            _box((-5.0, 10.0), (0.0, 15.0)),
            "5/(4π); also at (π, 2.275) and (3π, 2.475), and beyond the usual box",
        ),
    )
}
