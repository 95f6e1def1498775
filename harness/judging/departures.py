"""How far an answer is from the truth, number by number, in units of its dtype's rounding.

    u = |g - g*| / (eps (M + |g*|)),

g an answer's number, g* the true one, M how strongly rounding alone moves it. A scale is not less
than what gradual underflow may lose; a truth beyond the dtype's range may be answered by infinity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.directions import bisected
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Arrays

Array = Any

_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Departure:
    """The worst number of an answer.

    u: see above; infinity if it is not finite where it should be. parameter: "" is the value.
    index: within the parameter; None if it is not known. got, true: the two numbers.
    """

    u: float
    parameter: str
    index: tuple[int, ...] | None
    got: Any
    true: Any


def departures(truth: Truth, answer: Answer, dtype: str) -> Arrays:
    """Return u of every number of an answer, by name; the value's under ""."""
    own, more = truth.seen(answer)
    exact, moves = _exact(truth), truth.moves
    return {
        name: _departure(
            np.asarray(own[name]), x, np.hypot(moves[name], more[name]) + np.abs(x), dtype
        )
        for name, x in exact.items()
    }


def _exact(truth: Truth) -> Arrays:
    value = {} if truth.value is None else {"": np.asarray(truth.value)}
    return {**value, **truth.derivative}


def _departure(got: Array, true: Array, scale: Array, dtype: str) -> Array:
    precision = np.finfo(dtype)
    least = float(precision.smallest_normal)
    with np.errstate(all="ignore"):
        error = np.abs(got - true)
        short = float(precision.eps) * scale.astype(np.float64) + least
        u = error.astype(np.float64) / short
    if np.all(np.isfinite(u)) and np.all(np.isfinite(short)):
        return np.asarray(np.minimum(u, _LARGEST))
    got = got.astype(np.longdouble)
    with np.errstate(all="ignore"):
        u = np.minimum(error / (float(precision.eps) * scale + least), _LARGEST)
        beyond = np.abs(true) > float(precision.max)
        same = (got == true) | (np.isnan(got) & np.isnan(true))
        same |= beyond & np.isinf(got) & (np.sign(got) == np.sign(true))
    finite = np.isfinite(got) & np.isfinite(true)
    found: Array = np.where(same, 0.0, np.where(finite, u, math.inf)).astype(np.float64)
    return found


def place_of(u: Arrays) -> tuple[str, int]:
    """Return the name and the flat index of the largest u."""
    name = max(u, key=lambda name: float(np.max(u[name], initial=-1)))
    return name, int(np.argmax(u[name])) if u[name].size else 0


def worst(truth: Truth, answer: Answer, u: Arrays, search: bool) -> Departure:
    """Return the worst number of an answer; search: for the row, if only combinations are known."""
    name, flat = place_of(u)
    own, _ = truth.seen(answer)
    got, true = np.asarray(own[name]), _exact(truth)[name]
    if truth.weights is None:
        index = tuple(int(i) for i in np.unravel_index(flat, got.shape))
        size = float(u[name].flat[flat]) if u[name].size else 0.0
        return Departure(size, name, index, got[index], true[index])
    line, column = (int(i) for i in np.unravel_index(flat, got.shape))
    top = float(u[name].flat[flat])
    broken = np.argwhere(~np.isfinite(answer.derivative[name]))
    if math.isinf(top) and len(broken):
        row, column = (int(i) for i in broken[0])
        exact = truth.combined(np.eye(truth.rows)[[row]])[0, column]
        return Departure(top, name, (row, column), answer.derivative[name][row, column], exact)
    single = np.count_nonzero(truth.weights[line]) == 1
    if single or not search:
        row = int(np.argmax(truth.weights[line]))
        index_ = (row, column) if single else None
        return Departure(top, name, index_, got[line, column], true[line, column])
    matrix = answer.derivative[name]
    row = _row(truth, matrix[:, column].astype(np.longdouble), line, column)
    exact = truth.combined(np.eye(truth.rows)[[row]])[0, column]
    return Departure(top, name, (row, column), matrix[row, column], exact)


def _row(truth: Truth, answered: Array, line: int, column: int) -> int:
    """The row to which the error of a combination leads."""
    assert truth.weights is not None

    def errors(parts: Array) -> Array:
        exact = truth.combined(parts)[:, column]
        return np.abs(parts.astype(np.longdouble) @ answered - exact)

    return bisected(truth.weights[line], errors)
