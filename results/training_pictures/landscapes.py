"""What a picture of paths needs from its caller: which paths, how far the plane goes, the grid.

`results` knows no problem and cannot evaluate a loss. The caller asks `planar` which paths will be
drawn, `limits` how far they go, evaluates the loss of that seed's instance there, and hands it back
as a `Grid`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.results.races.contenders import races, tuned
from gradparity.results.races.targets import escape
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw

Array = np.ndarray[Any, Any]
Limits = tuple[tuple[float, float], tuple[float, float]]

MARGIN = 0.12
"""Of the extent, on every side."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The loss on a plane: x, (n,), y, (m,), and z, (m, n), z[i, j] at (x[j], y[i]).

    x and y ascend in equal steps; about 250 a side make smooth contours. minima: (k, 2), where they
    are. names: of the two parameters, with their unit if they have one.
    """

    x: Array
    y: Array
    z: Array
    minima: Any = ()
    names: tuple[str, str] = ("x", "y")


def linear(descents: Sequence[Descent]) -> dict[str, list[Descent]]:
    """Return the same of problems in one variable, whose paths are drawn on a curve."""
    return _from_one_start(descents, 1)


def planar(descents: Sequence[Descent]) -> dict[str, list[Descent]]:
    """Return the paths that are drawn of each problem: of all optimisers, from one start.

    That is the first race of each problem, each optimiser at its best rate, and the seed that most
    of them have a path of; those that started elsewhere are left out.
    """
    return _from_one_start(descents, 2)


def _from_one_start(descents: Sequence[Descent], variables: int) -> dict[str, list[Descent]]:
    found: dict[str, list[Descent]] = {}
    having = [d for d in descents if _path(d, variables) is not None]
    for which, members in races(having).items():
        if which.problem in found:
            continue
        made = [descent for all_of in members.values() for descent in tuned(all_of)]
        starts: dict[tuple[float, ...], list[Descent]] = {}
        for descent in made:
            first = _path(descent, variables)[0]
            starts.setdefault((descent.seed, *map(float, first)), []).append(descent)
        if starts:
            found[which.problem] = max(starts.values(), key=len)  # the first of equals
    return found


def limits(paths: Sequence[Descent], minima: Any = ()) -> Limits:
    """Return ((x0, x1), (y0, y1)), which hold the starts, the ends, minima, and most of the paths.

    Of a loss without a minimum it holds the paths up to shortly after their escape.

    Most: the middle 96 % of the iterates of each path that did not diverge, by coordinate, and the
    rest as far as it makes the picture no more than twice as large. A path that overshoots widely
    leaves the picture, instead of making everything else small.
    Raises: NothingToDraw without a finite point.
    """
    core = [np.asarray(minima, float).reshape(-1, 2)]
    rest = []
    if any(descent.unbounded for descent in paths):
        return _of_escapes(paths)
    for descent in paths:
        path = _path(descent)
        path = path[np.all(np.isfinite(path), axis=1)]
        core.append(path[:1])
        if not descent.diverged and len(path):
            core += [path[-1:], np.quantile(path, (0.02, 0.98), axis=0)]
            rest.append(path)
    points = np.concatenate(core)
    if not len(points):
        raise NothingToDraw("no path has a finite point")
    low, high = points.min(axis=0), points.max(axis=0)
    if rest:
        everything, half = np.concatenate(rest), (high - low) / 2
        low = np.minimum(low, np.maximum(everything.min(axis=0), low - half))
        high = np.maximum(high, np.minimum(everything.max(axis=0), high + half))
    # Where all paths stay on a line, the plane is as wide as it is long; at one point, a unit.
    extent = high - low
    extent = np.where(extent > 1e-9 * extent.max(), extent, extent.max() or 1.0)
    middle, half = (low + high) / 2, extent * (0.5 + MARGIN)
    (x0, y0), (x1, y1) = middle - half, middle + half
    return (float(x0), float(x1)), (float(y0), float(y1))


def _of_escapes(paths: Sequence[Descent]) -> Limits:
    """Return the square around 0 and the paths as far as they have fallen by max(1, |f0|)."""
    reach = 1.0
    for descent in paths:
        steps = escape(descent).steps
        path = _path(descent)
        assert descent.history is not None
        before = path[np.asarray(descent.history.steps) < steps]
        reach = max(reach, float(np.max(np.abs(before[np.all(np.isfinite(before), axis=1)]))))
    side = (-1.5 * reach, 1.5 * reach)
    return side, side


def equals(x: Array, y: Array, z: Array, minima: Sequence[Any]) -> list[Array]:
    """Return further minima on a grid that are as low as the known one, (2,) each.

    A point below its eight neighbours, within a thousandth of the way up to the median of z, and a
    good way from those that are known.
    """
    if not len(minima):
        return []
    with np.errstate(all="ignore"):
        inner = z[1:-1, 1:-1]
        around = [
            z[1 + i : z.shape[0] - 1 + i, 1 + j : z.shape[1] - 1 + j]
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if (i, j) != (0, 0)
        ]
        least = float(np.nanmin(np.where(np.isfinite(z), z, np.nan)))
        limit = least + 1e-3 * (float(np.median(z[np.isfinite(z)])) - least)
        low = np.all([inner < other for other in around], axis=0) & (inner <= limit)
    reach = 0.05 * np.array([x[-1] - x[0], y[-1] - y[0]])
    found = [np.array([x[j + 1], y[i + 1]]) for i, j in zip(*np.nonzero(low), strict=True)]
    known = np.asarray(minima, float).reshape(-1, 2)
    # In a curved valley every row of the grid has a point below its neighbours: that is no minimum
    # if one gets from it to the known one, or to another found before, without climbing.
    kept: list[Array] = []
    with np.errstate(all="ignore"):
        low_ground = np.nan_to_num(z, nan=np.inf) <= least + 30 * (limit - least)
    for at in found:
        others = [*known, *kept]
        if np.any(np.all(np.abs(known - at) < reach, axis=1)):
            continue
        around = _reached(low_ground, _place(x, y, at))
        if not any(around[_place(x, y, other)] for other in others):
            kept.append(at)
    return kept


def _place(x: Array, y: Array, at: Any) -> tuple[int, int]:
    """Return the row and column of the grid's point that is nearest to (x, y)."""
    return int(np.argmin(np.abs(y - at[1]))), int(np.argmin(np.abs(x - at[0])))


def _reached(allowed: Any, start: tuple[int, int]) -> Any:
    """Return which points one gets to from `start` over allowed ones, diagonally too, (m, n)."""
    found = np.zeros_like(allowed)
    found[start] = True
    while True:
        wide = np.pad(found, 1)
        spread = np.any(
            [
                wide[i : i + found.shape[0], j : j + found.shape[1]]
                for i in range(3)
                for j in range(3)
            ],
            axis=0,
        )
        spread = (spread & allowed) | found
        if np.array_equal(spread, found):
            return found
        found = spread


def span(paths: Sequence[Descent], minima: Sequence[float] = ()) -> tuple[float, float]:
    """Return (x0, x1) that hold starts, ends, minima and most iterates, in one variable.

    Raises: NothingToDraw without a finite point.
    """
    points = list(minima)
    for descent in paths:
        path = _path(descent, 1)[:, 0]
        path = path[np.isfinite(path)]
        points += path[:1].tolist()
        if descent.status not in ("diverged", "unbounded") and len(path):
            points += [*np.quantile(path, (0.02, 0.98)).tolist(), float(path[-1])]
    if not points:
        raise NothingToDraw("no path has a finite point")
    low, high = min(points), max(points)
    margin = 0.15 * (high - low) or max(1.0, abs(high))
    return low - margin, high + margin


def levels(z: Array, unbounded: bool = False, count: int = 14) -> Array:
    """Return heights of contours, ascending, spaced logarithmically above the lowest of z.

    Of a loss without a lowest point they are spaced evenly.

    NaN and infinity in z are left out; one level only where z is flat.
    """
    finite = z[np.isfinite(z)]
    if not len(finite):
        return np.zeros(0)
    if unbounded:
        return np.asarray(np.linspace(finite.min(), finite.max(), count + 2)[1:-1])
    with np.errstate(over="ignore"):
        above = finite - finite.min()
    top = float(above.max())
    if top == 0:
        return finite[:1]
    bottom = max(float(np.quantile(above, 0.01)), 1e-5 * top)
    return np.asarray(finite.min() + np.geomspace(bottom, top, count))


def _path(descent: Descent, variables: int = 2) -> Any:
    path = descent.history.path if descent.history is not None else None
    has = path is not None and path.ndim == 2 and path.shape[1] == variables and len(path)
    return np.asarray(path, float) if has else None
