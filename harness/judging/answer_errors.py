"""How far an answer is from the truth, number by number, in units of its dtype's rounding.

    u = |g - g*| / (eps (M + |g*|)),

g an answer's number, g* the true one, M how strongly rounding alone moves it. A scale is not less
than what gradual underflow may lose; a truth beyond the dtype's range may be answered by infinity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, LARGEST, SMALLEST, WorstNumber
from gradparity.harness.judging.directions import bisected
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Array, Arrays

_LARGEST = 1e300


@dataclass(frozen=True, eq=False, slots=True)
class AnswerErrors:
    """An answer beside the truth; all by name, the value's under "".

    got: what is compared: the answer's numbers, or combinations of a large matrix's rows. own: what
    their own rounding adds to M. scale: M + |true|. u: see above; infinity where a number is not
    finite and should be, or the other way round. recovered: whether M is that of `Truth.recover`.
    apart: how far calls are from their mean, in eps, (calls, *shape), of what is not deterministic.
    """

    truth: Truth
    answer: Answer
    dtype: str
    got: Arrays
    own: Arrays
    scale: Arrays
    u: Arrays
    recovered: bool = False
    apart: Arrays = field(default_factory=dict)

    @property
    def largest(self) -> float:
        """The largest u; 0 of no numbers."""
        return max((float(np.max(x, initial=0)) for x in self.u.values()), default=0.0)

    def place(self) -> tuple[str, tuple[int, ...]]:
        """Return the name and the index of the largest u."""
        name = max(self.u, key=lambda name: float(np.max(self.u[name], initial=-1)))
        return name, place_of_largest(self.u[name])


def errors_of(
    truth: Truth, answer: Answer, dtype: str, apart: Arrays | None = None
) -> AnswerErrors:
    """Return how far an answer in `dtype` is from the truth, number by number.

    apart: of what is not deterministic, see `AnswerErrors`; its deviation is added to M.
    """
    got, own = truth.seen(answer)
    for name, x in (apart or {}).items():
        own[name] = np.hypot(own[name], np.std(x, axis=0, ddof=1))
    found = _measured(truth, answer, dtype, got, own, recovered=False)
    return replace(found, apart=apart or {})


def remeasured(found: AnswerErrors, recovered: bool = False) -> AnswerErrors:
    """Return the same, after the truth was sharpened, or `recovered` for this answer."""
    again = _measured(found.truth, found.answer, found.dtype, found.got, found.own, recovered)
    return replace(again, apart=found.apart)


def _measured(
    truth: Truth, answer: Answer, dtype: str, got: Arrays, own: Arrays, recovered: bool
) -> AnswerErrors:
    moves, true = truth.moves_in(dtype, recovered), truth.exact
    scale = {name: np.hypot(moves[name], own[name]) + np.abs(x) for name, x in true.items()}
    u = {name: in_roundings(got[name], x, scale[name], dtype) for name, x in true.items()}
    return AnswerErrors(truth, answer, dtype, got, own, scale, u, recovered)


def in_roundings(got: Array, true: Array, scale: Array, dtype: str) -> Array:
    """Return |got - true| in units of eps · scale; infinity where one alone is not finite."""
    eps, least = EPS[dtype], SMALLEST[dtype]
    with np.errstate(all="ignore"):
        error = np.abs(got - true)
        short = eps * scale.astype(np.float64) + least
        u = error.astype(np.float64) / short
    if np.all(np.isfinite(u)) and np.all(np.isfinite(short)):
        return np.asarray(np.minimum(u, _LARGEST))
    got = got.astype(np.longdouble)
    with np.errstate(all="ignore"):
        u = np.minimum(error / (eps * scale + least), _LARGEST)
        beyond = np.abs(true) > LARGEST[dtype]
        same = (got == true) | (np.isnan(got) & np.isnan(true))
        same |= beyond & np.isinf(got) & (np.sign(got) == np.sign(true))
    finite = np.isfinite(got) & np.isfinite(true)
    found: Array = np.where(same, 0.0, np.where(finite, u, math.inf)).astype(np.float64)
    return found


def place_of_largest(u: Array) -> tuple[int, ...]:
    """Return the index of the largest entry; () if there is none."""
    if not u.size:
        return ()
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(u)), u.shape))


def worst_number(found: AnswerErrors, search: bool) -> WorstNumber:
    """Return the worst number of an answer; search: for the row, if only combinations are known."""
    truth = found.truth
    name, index = found.place()
    got, true = found.got[name], truth.exact[name]
    u = float(found.u[name][index]) if found.u[name].size else 0.0
    if truth.weights is None:
        return WorstNumber(name, index, float(got[index]), float(true[index]), u)
    line, column = index
    matrix = found.answer.derivative[name]
    single = np.count_nonzero(truth.weights[line]) == 1
    broken = np.argwhere(~np.isfinite(matrix)) if math.isinf(u) else np.zeros((0, 2))
    if len(broken):
        row, column = (int(i) for i in broken[0])
    elif single or not search:
        row = int(np.argmax(truth.weights[line]))
        at = (row, column) if single else None
        return WorstNumber(name, at, float(got[index]), float(true[index]), u)
    else:
        row = _row(truth, matrix[:, column].astype(np.longdouble), line, column)
    exact = truth.combined(np.eye(truth.rows)[[row]])[0, column]
    return WorstNumber(name, (row, column), float(matrix[row, column]), float(exact), u)


def _row(truth: Truth, answered: Array, line: int, column: int) -> int:
    """The row to which the error of a combination leads."""
    assert truth.weights is not None

    def errors(parts: Array) -> Array:
        exact = truth.combined(parts)[:, column]
        return np.abs(parts.astype(np.longdouble) @ answered - exact)

    return bisected(truth.weights[line], errors)
