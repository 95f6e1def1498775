"""Whether two oracles agree: the tape in longdouble, and dual numbers on the loss alone.

The tape knows every component at the price of one gradient, but it is gradient code. Dual numbers
evaluate the loss, never a gradient, but one direction at a time. So dual numbers check the tape: by
every component where that is cheap, otherwise along random directions of all parameters together.

They agree if they differ by less than rounding to float64 would matter: then every verdict is the
same by either. A disagreement says that one of the two is wrong, and nothing about anybody's
answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from backends import Operator
from backends.dual_numbers import EPS
from harness.array_judge import random_directions
from harness.derived_oracles import hessian_rows, jacobian_rows, slope_oracle, split
from harness.oracle import Oracle
from harness.verdict import place
from problems import Arrays, Instance, Problem

Array = Any

WITHIN = 16.0
"""How many eps of float64, relative to M + |true|, the oracles may be apart."""

_DIRECTIONS = 2
_DOUBLE = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).smallest_normal)
# What a fast product loses, relative to the largest components (`backends/extended_product.py`).
_PRODUCT = 64 * EPS


class Disagreement(Exception):
    """Two oracles disagree: no verdict can be given. The text says where."""


def agreement(
    problem: Problem,
    instance: Instance,
    operator: Operator,
    seed: int,
    exact: Arrays,
    moves: Arrays,
    weights: Array | None,
) -> tuple[float, str, str]:
    """Return how far dual numbers are from `exact`, in eps of float64; where, and how much is seen.

    exact, moves: as in `Rounding`; of a matrix, or of its combinations by `weights`.
    """
    worst, where, seen = 0.0, "", "every component"
    for oracle, what, own, scale in _pairs(
        problem, instance, operator, seed, exact, moves, weights
    ):
        if oracle is None:
            continue
        if what == "value":
            found = [_apart(oracle.value, own[""], scale[""], "value")]
        else:
            found, complete = _derivatives(oracle, own, scale, seed)
            seen = seen if complete else f"{_DIRECTIONS} random directions"
        far, place_ = max(found, default=(0.0, ""))
        if far > worst:
            worst, where = far, f"{what} {place_}".strip() if what != "value" else what
    return worst, where, seen


def _pairs(
    problem: Problem,
    instance: Instance,
    operator: Operator,
    seed: int,
    exact: Arrays,
    moves: Arrays,
    weights: Array | None,
) -> Iterator[tuple[Oracle | None, str, Arrays, Arrays]]:
    """What to compare: an oracle, which of its two answers, our numbers, their M + |true|."""
    scale = {name: moves[name] + np.abs(x) for name, x in exact.items()}
    if operator in ("value", "gradient", "jvp"):
        loss = Oracle(problem.loss, instance, seed)
        yield loss, "value", exact, scale
        if operator == "gradient":
            yield loss, "gradient", _named(exact), _named(scale)
    if operator == "jvp":
        slope = slope_oracle(problem, instance, seed)
        yield slope, "value", {"": exact["jvp"]}, {"": scale["jvp"]}
    if operator == "hvp":
        yield slope_oracle(problem, instance, seed), "hvp", exact, scale
    if operator in ("hessian", "jacobian"):
        rows_of = hessian_rows if operator == "hessian" else jacobian_rows
        rows = rows_of(problem, instance, seed)
        matrix, size = exact[operator], scale[operator]
        rng = np.random.default_rng((seed, 2))
        for k in range(_DIRECTIONS):
            u = random_directions(rows.count, rng)[0] if weights is None else weights[k]
            own = u @ matrix if weights is None else matrix[k]
            around = np.abs(u) @ size if weights is None else size[k]
            params = instance.params
            yield rows.combine(u), operator, split(own, params), split(around, params)


def _named(arrays: Arrays) -> Arrays:
    return {name: x for name, x in arrays.items() if name}


def _derivatives(
    oracle: Oracle, own: Arrays, scale: Arrays, seed: int
) -> tuple[list[tuple[float, str]], bool]:
    """(how far, where) by parameter, and whether every component was compared."""
    if oracle.exact:
        return [
            _apart(oracle.components(name).reshape(np.shape(x)), x, scale[name], name)
            for name, x in own.items()
        ], True
    rng = np.random.default_rng((seed, 3))
    along = {
        name: random_directions(np.size(x), rng)[:_DIRECTIONS].reshape(_DIRECTIONS, *np.shape(x))
        for name, x in own.items()
    }
    true = oracle.along(along)
    ours, spread = np.zeros(_DIRECTIONS, np.longdouble), np.zeros(_DIRECTIONS)
    for name, d in along.items():
        ours += np.sum((d * own[name]).reshape(_DIRECTIONS, -1), axis=1)
        spread += np.sum(np.square(d * scale[name]).reshape(_DIRECTIONS, -1), axis=1)
    return [_apart(true, ours, np.sqrt(spread), "along a random direction")], False


def _apart(true: Array, own: Array, scale: Array, name: str) -> tuple[float, str]:
    """The largest difference in eps of float64, and where; infinity if one alone is not finite."""
    true, own, scale = (np.asarray(x) for x in (true, own, scale))
    if not true.size:
        return 0.0, name
    loss = _PRODUCT * np.max(scale, initial=0.0, where=np.isfinite(scale))
    with np.errstate(all="ignore"):
        far = np.maximum(np.abs(true - own) - loss, 0) / (_DOUBLE * scale + _TINY)
    same = (true == own) | (np.isnan(true) & np.isnan(own))
    far = np.where(same, 0.0, np.where(np.isfinite(far), far, math.inf)).astype(np.float64)
    flat = int(np.argmax(far))
    index = tuple(int(i) for i in np.unravel_index(flat, far.shape))
    return float(far.flat[flat]), place(name, index)
