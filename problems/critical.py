"""Where the gradient of a landscape is zero: minima, maxima and saddles, all that are known.

Of landscapes in two variables, within the square or rectangle that the literature looks at. Figures
without a closed form were found with thirty digits, by Newton's method from 500 starts, and are
rounded to double precision here; tests take the gradient and the Hessian's eigenvalues there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from gradparity.problems.problem import Arrays, CriticalPoint

Critical = Callable[[Arrays], Sequence[CriticalPoint]]


def _points(kind: str, *found: tuple[float, float, float]) -> list[CriticalPoint]:
    """Critical points of one kind: (x, y, value) each."""
    return [CriticalPoint(kind, {"x": np.array([x, y])}, value) for x, y, value in found]


def _mirrored(*found: tuple[float, float, float]) -> list[tuple[float, float, float]]:
    """The points and their images in the origin."""
    return [point for x, y, value in found for point in ((x, y, value), (-x, -y, value))]


def _known(*points: CriticalPoint) -> Critical:
    return lambda data: points


_THIRD = math.pi / 3.0


def _mccormick(turn: int, sign: float, kind: str) -> list[CriticalPoint]:
    """Both equations give x - y = 1 and cos(x + y) = -1/2: x + y = 2π turn + sign 2π/3."""
    total = 2.0 * math.pi * turn + sign * 2.0 * _THIRD
    x, y = (total + 1.0) / 2.0, (total - 1.0) / 2.0
    return _points(kind, (x, y, math.sin(total) + 1.0 - 1.5 * x + 2.5 * y + 1.0))


def _branin(*turns: int) -> list[tuple[float, float, float]]:
    """Where sin x = 0 and the parabola's root: x = turn π."""
    found = []
    for turn in turns:
        x = turn * math.pi
        y = 5.1 / 4.0 * turn**2 - 5.0 * turn + 6.0
        found.append((x, y, 10.0 * (1.0 + (1.0 - 1.0 / (8.0 * math.pi)) * (-1.0) ** turn)))
    return found


def _styblinski_tang(data: Arrays) -> list[CriticalPoint]:
    """Every x_i is a root of x³ - 8x + 5/4, three of them: 3ⁿ points, for n up to 4."""
    n = int(data["n"])
    if n > 4:
        return []
    amplitude, angle = 2.0 * math.sqrt(8.0 / 3.0), math.acos(-0.625 * (3.0 / 8.0) ** 1.5) / 3.0
    # The largest, the least, and the one between, where the curve bends down.
    roots = np.array([amplitude * math.cos(angle - 2.0 * math.pi * k / 3.0) for k in range(3)])
    roots.sort()
    values, points = 0.5 * (roots**4 - 16.0 * roots**2 + 5.0 * roots), []
    for chosen in np.ndindex((3,) * n):
        tops = chosen.count(1)
        kind = "minimum" if tops == 0 else "maximum" if tops == n else "saddle"
        at = list(chosen)
        points.append(CriticalPoint(kind, {"x": roots[at]}, float(values[at].sum())))
    return points


CRITICAL: dict[str, Critical] = {
    "styblinski-tang": _styblinski_tang,
    "booth": _known(*_points("minimum", (1.0, 3.0, 0.0))),
    "matyas": _known(*_points("minimum", (0.0, 0.0, 0.0))),
    "saddle": _known(*_points("saddle", (0.0, 0.0, 0.0))),
    "monkey-saddle": _known(*_points("saddle", (0.0, 0.0, 0.0))),
    "bounded-saddle": _known(
        *_points("minimum", *_mirrored((0.0, math.sqrt(2.0), -1.0))),
        *_points("saddle", (0.0, 0.0, 0.0)),
    ),
    "beale": _known(
        *_points("minimum", (3.0, 0.5, 0.0)),
        *_points(
            "saddle",
            (0.0, 1.0, 14.203125),
            (0.10053793732415836, -2.644513585023125, 9.8645122847555602),
        ),
    ),
    "himmelblau": _known(
        *_points(
            "minimum",
            (3.0, 2.0, 0.0),
            (-2.8051180869527449, 3.131312518250573, 0.0),
            (-3.7793102533777469, -3.2831859912861694, 0.0),
            (3.5844283403304917, -1.8481265269644036, 0.0),
        ),
        *_points("maximum", (-0.27084459066734761, -0.92303855647998146, 181.6165215225827)),
        *_points(
            "saddle",
            (-3.0730257507643896, -0.081353044287967512, 104.01516291755811),
            (0.086677504555396352, 2.8842547011747761, 67.71915008752614),
            (3.3851541836070209, 0.073851879837749288, 13.31192627040559),
            (-0.12796134673068007, -1.9537149802445764, 178.33723920192746),
        ),
    ),
    "six-hump-camel": _known(
        *_points(
            "minimum",
            *_mirrored(
                (0.089842013100318062, -0.71265640302073963, -1.0316284534898774),
                (1.7036067149699808, -0.79608356867262512, -0.21546382438371764),
                (1.6071047529201972, 0.56865145488413137, 2.1042503103112583),
            ),
        ),
        *_points(
            "maximum", *_mirrored((1.2302298765166526, 0.16233458445899497, 2.4962953510235769))
        ),
        *_points(
            "saddle",
            (0.0, 0.0, 0.0),
            *_mirrored(
                (1.1092053368047864, -0.76826809250953984, 0.54371860097818514),
                (1.2960702671671092, 0.6050843880386585, 2.2294708180298599),
                (1.6380679841897786, 0.22867406904439407, 2.2293571975307147),
            ),
        ),
    ),
    "mccormick": _known(
        *_mccormick(0, -1.0, "minimum"),
        *_mccormick(0, 1.0, "saddle"),
        *_mccormick(1, -1.0, "minimum"),
    ),
    "branin": _known(*_points("minimum", *_branin(-1, 1, 3)), *_points("saddle", *_branin(0, 2))),
}
"""Problem -> its critical points by its data."""
