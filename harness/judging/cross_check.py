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

from gradparity.backends import Operator
from gradparity.backends.dual_numbers.evaluation import EPS
from gradparity.harness.findings.notation import component
from gradparity.harness.judging.choices import Hull
from gradparity.harness.judging.derived_oracles import hessian_rows, jacobian_rows, slope_oracle
from gradparity.harness.judging.directions import DIRECTIONS, random_directions
from gradparity.harness.judging.oracle import Oracle
from gradparity.harness.judging.rounding import HUGE
from gradparity.problems import Array, Arrays, Instance, Problem
from gradparity.problems.layout import Layout

WITHIN = 16.0
"""How many eps of float64, relative to M + |true|, the oracles may be apart."""

_DIRECTIONS = 2
_DOUBLE = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).smallest_normal)
# What a fast product loses, relative to the largest components (`backends/longdouble/products.py`).
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
    hull: Hull | None = None,
) -> tuple[float, str, str]:
    """Return how far dual numbers are from `exact`, in eps of float64; where, and how much is seen.

    exact, moves: as in `Rounding`; of a matrix, or of its combinations by `weights`.
    hull: what is legitimate at a kink, where `exact` is one choice of many.
    """
    worst, where, seen = 0.0, "", "every component"
    around = hull or {name: (x, x) for name, x in exact.items()}
    for oracle, what, own, scale in _pairs(
        problem, instance, operator, seed, around, exact, moves, weights
    ):
        if what == "value":
            found = [_apart(oracle.value, own[""], scale[""], "value")]
        else:
            count = 1 if instance.parameters > HUGE else _DIRECTIONS
            found, complete = _derivatives(oracle, own, scale, seed, count)
            some = f"{count} random directions" if count > 1 else "a random direction"
            seen = seen if complete else some
        far, place_ = max(found, default=(0.0, ""))
        if far > worst:
            worst, where = far, f"{what} {place_}".strip() if what != "value" else what
    return worst, where, seen


def _pairs(
    problem: Problem,
    instance: Instance,
    operator: Operator,
    seed: int,
    around: Hull,
    exact: Arrays,
    moves: Arrays,
    weights: Array | None,
) -> Iterator[tuple[Oracle, str, Hull, Arrays]]:
    """What to compare: an oracle, which of its two answers, our numbers, their M + |true|."""
    scale = {name: moves[name] + np.abs(x) for name, x in exact.items()}
    if operator in ("value", "gradient", "jvp"):
        loss = Oracle(problem.loss, instance)
        found = [(loss, "value", around, scale)]
        if operator == "gradient":
            found.append((loss, "gradient", _named(around), _named(scale)))
        # A look along a direction tells the value as well: of a huge loss it is computed once.
        yield from reversed(found) if instance.parameters > HUGE else found
    if operator == "jvp":
        slope = slope_oracle(problem, instance)
        yield slope, "value", {"": around["jvp"]}, {"": scale["jvp"]}
    if operator == "hvp":
        yield slope_oracle(problem, instance), "hvp", around, scale
    if operator in ("hessian", "jacobian"):
        rows_of = hessian_rows if operator == "hessian" else jacobian_rows
        rows = rows_of(problem, instance)
        low, high = around[operator]
        size = scale[operator]
        rng = np.random.default_rng((seed, 2))
        for k in range(_DIRECTIONS):
            u = random_directions(rows.count, rng)[0] if weights is None else weights[k]
            own = _weighed(u, low, high) if weights is None else (low[k], high[k])
            about = np.abs(u) @ size if weights is None else size[k]
            lows, highs, sizes = map(Layout.of(instance.params).views, (*own, about))
            yield rows.combine(u), operator, {n: (x, highs[n]) for n, x in lows.items()}, sizes


def _weighed(u: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The range of u @ x, x between low and high, of one or two axes."""
    # Products first: a matrix product with the positive part of u makes 0 · ∞ of an infinity.
    column = u.reshape(-1, *[1] * (low.ndim - 1))
    ends = column * low, column * high
    with np.errstate(invalid="ignore"):
        return np.minimum(*ends).sum(axis=0), np.maximum(*ends).sum(axis=0)


def _named(arrays: Any) -> Any:
    return {name: x for name, x in arrays.items() if name}


def _derivatives(
    oracle: Oracle, own: Hull, scale: Arrays, seed: int, count: int
) -> tuple[list[tuple[float, str]], bool]:
    """(how far, where) by parameter, and whether every component was compared."""
    if oracle.exact:
        return [
            _apart(oracle.components(name), x, scale[name], name) for name, x in own.items()
        ], True
    rng = np.random.default_rng((seed, 3))
    drawn = DIRECTIONS if count > 1 else 1
    along = {
        name: random_directions(np.size(x), rng, drawn)[:count] for name, (x, _) in own.items()
    }
    true = oracle.along(
        {name: d.reshape(count, *np.shape(own[name][0])) for name, d in along.items()}
    )
    low, high = np.zeros((2, count), np.longdouble)
    spread = np.zeros(count, np.longdouble)
    for name, d in along.items():
        for k in range(count):
            least, most = _weighed(d[k], *(np.ravel(x) for x in own[name]))
            low[k] += least
            high[k] += most
        spread += np.sum(np.square(d * np.ravel(scale[name]), dtype=np.longdouble), axis=1)
    # Infinities of several components have no sum to compare.
    low, high = (np.where(np.isfinite(x), x, true) for x in (low, high))
    return [_apart(true, (low, high), np.sqrt(spread), "along a random direction")], False


def _apart(true: Array, own: tuple[Array, Array], scale: Array, name: str) -> tuple[float, str]:
    """The largest difference in eps of float64, and where; infinity if one alone is not finite.

    own: the least and the largest number that it may be; usually the same.
    """
    true, low, high, scale = (np.asarray(x) for x in (true, *own, scale))
    if not true.size:
        return 0.0, name
    loss = _PRODUCT * np.max(scale, initial=0.0, where=np.isfinite(scale))
    with np.errstate(all="ignore"):
        outside = np.maximum(low - true, true - high)
        far = np.maximum(outside - loss, 0) / (_DOUBLE * scale + _TINY)
    same = (true == low) | (np.isnan(true) & np.isnan(low))
    far = np.where(same, 0.0, np.where(np.isfinite(far), far, math.inf)).astype(np.float64)
    flat = int(np.argmax(far))
    index = tuple(int(i) for i in np.unravel_index(flat, far.shape))
    return float(far.flat[flat]), component(name, index)
