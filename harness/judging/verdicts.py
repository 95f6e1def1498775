"""Verdicts: what the float64 and the float32 answer of one backend together say about it.

For every number g of an answer, true g*, its departure at the eps of the answer's dtype is

    u = |g - g*| / (eps (M + |g*|)),

M being how strongly rounding alone moves it (`harness/judging/rounding.py`), and right to rounding
is u ≤ C. Since M and g* are the same for both dtypes, poor arithmetic shows the same u in both, and
a wrong formula one that is larger in float64 by up to the ratio of the precisions, 5·10⁸.

| verdict | when, u64 and u32 being the largest |
|---|---|
| nonfinite | NaN or infinity where the truth is finite, or the other way round, |
| | and where a derivative exists (`judging/no_derivative.py`) |
| convention | beyond C, but within the hull of gradients at a kink (`judging/kinks.py`) |
| ok | u64 ≤ C, u32 ≤ C |
| dtype-leak | u64 > C, u32 ≤ C, and wrong are bitwise the float32 numbers, not by construction |
| low-precision | u64 ≤ C < u32: something computes in less than float32 |
| inaccurate | beyond C, but within an accuracy that was stated or is known (`plain/outcome.py`) |
| unstable | both > C, u64/u32 ≤ C: right formula, poor arithmetic |
| unstable | the loss itself determines no digit of the gradient (`judging/lost_digits.py`) |
| formula | every other u64 > C: the mathematics is wrong |

One answer alone says less. float64 alone: `formula` where u64 > C. float32 alone: `formula` where
u32 > C², that is, an error of ½ ‰ or more of M + |g*|; between C and C² `low-precision`, which may
as well be an unstable formula or a small error in one.

Where a step of the true computation leaves the range of float32 and takes the answer along, the
float64 answer is judged alone.

A scale is not less than what gradual underflow may lose; a truth beyond the dtype's range may be
answered by infinity.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, LARGEST, SMALLEST, Finding, Misshapen
from gradparity.harness.judging.answer_errors import (
    AnswerErrors,
    errors_of,
    in_roundings,
    remeasured,
    worst_number,
)
from gradparity.harness.judging.answers import by_name
from gradparity.harness.judging.choices import Hull
from gradparity.harness.judging.diagnosis.evidence.short_numbers import by_construction
from gradparity.harness.judging.lost_digits import lost_digits
from gradparity.harness.judging.no_derivative import by_slopes
from gradparity.harness.judging.rounding import bound_in
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Array, Arrays, InputError

Judged = dict[str, AnswerErrors]
"""dtype -> the answer in it beside the truth."""


def judge_pair(truth: Truth, wide: Answer | None, narrow: Answer | None) -> Finding:
    """Return the verdict on the float64 and the float32 answer; one of them may be None.

    Raises: ValueError if both are None; InputError if neither chain rule nor slopes tell.
    """
    return examined(truth, wide, narrow)[0]


def examined(truth: Truth, wide: Answer | None, narrow: Answer | None) -> tuple[Finding, Judged]:
    """Return the verdict of `judge_pair`, and the answers beside the truth; none if misshapen."""
    both = {"float64": wide, "float32": narrow}
    if truth.tip and wide is None:
        raise InputError("there is no derivative here, and slopes are judged in float64")
    given = {dtype: answer for dtype, answer in both.items() if answer is not None}
    if not given:
        raise ValueError("there is no answer to judge")
    for dtype, answer in given.items():
        wrong = misshapen(truth, answer)
        if wrong is not None:
            told = "formula", truth.oracle, truth.bound, None, None, dtype
            return Finding(*told, misshapen=wrong), {}
    found = {dtype: errors_of(truth.at(dtype), answer, dtype) for dtype, answer in given.items()}
    doubtful = any(truth.bound / 4 < x.largest < 16 * truth.bound for x in found.values())
    if doubtful and any([errors.truth.sharpen() for errors in found.values()]):
        found = {dtype: remeasured(errors) for dtype, errors in found.items()}
    for dtype, errors in found.items():
        if truth.bound < errors.largest < math.inf:
            errors.truth.step(dtype)
            found[dtype] = remeasured(errors)
    if "float32" not in found or found["float32"].largest > truth.bound:
        for dtype, errors in found.items():
            if truth.bound < errors.largest < math.inf:
                errors.truth.recover(dtype)
                found[dtype] = remeasured(errors, recovered=True)
    alone = ""
    if len(found) == 2 and _out_of_range(truth, found["float32"]):
        del found["float32"]
        alone = "a step under- or overflows in float32"
    status, blamed, found = _status(truth, found)
    first = next(iter(found))
    accused = status not in ("ok", "convention")
    lost = () if status == "nonfinite" else lost_digits(truth.at(first), first, accused)
    if truth.tip:
        status, blamed = "nonfinite", "float64"
    elif lost:
        status, blamed = "unstable", first
    tops = {dtype: errors.largest for dtype, errors in found.items()}
    worst = worst_number(found[blamed], search=status in ("formula", "unstable"))
    finding = Finding(
        *(status, truth.oracle, truth.bound, tops.get("float64"), tops.get("float32"), blamed),
        worst,
        kink=kink_of(found[blamed]) if status == "convention" else None,
        alone=alone,
        lost=lost,
    )
    if status == "nonfinite" and blamed == "float64" and wide is not None:
        finding = by_slopes(truth, finding, wide)
    return finding, found


def _status(truth: Truth, found: Judged) -> tuple[str, str, Judged]:
    """(status, the dtype to blame, what is held against it)."""
    bound = truth.bound
    tops = {dtype: errors.largest for dtype, errors in found.items()}
    beyond = [dtype for dtype, u in tops.items() if u > bound]
    if not beyond:
        return "ok", next(iter(found)), found
    broken = [dtype for dtype in beyond if math.isinf(tops[dtype])]
    if broken:
        return "nonfinite", broken[0], found
    outside = [dtype for dtype in beyond if not within_hull(found[dtype])]
    if not outside:
        return "convention", beyond[0], found
    apart = {d: outside_hull(x, d in outside) if d in beyond else x for d, x in found.items()}
    return *_of_errors(bound, apart, found), apart


def _of_errors(bound: float, found: Judged, whole: Judged) -> tuple[str, str]:
    """(status, the dtype to blame) of answers that are wrong, whatever is chosen at a kink.

    whole: what is lawful at a kink included.
    """
    tops = {dtype: errors.largest for dtype, errors in found.items()}
    if tuple(found) == ("float64",):
        return "formula", "float64"
    if tuple(found) == ("float32",):
        return "formula" if tops["float32"] > bound**2 else "low-precision", "float32"
    u64, u32 = tops["float64"], tops["float32"]
    if u64 <= bound:
        return "low-precision", "float32"
    if u32 <= bound and _leaks(found, bound):
        return "dtype-leak", "float64"
    # What is lawful in float32, at a kink there, may err by poor arithmetic as well.
    off = {name: u > bound for name, u in found["float64"].u.items()}
    poor = max(float(np.max(u, initial=0, where=off[n])) for n, u in whole["float32"].u.items())
    if poor > bound and u64 <= bound * max(poor, u32):
        return "unstable", "float64"
    return "formula", "float64"


def _out_of_range(truth: Truth, narrow: AnswerErrors) -> bool:
    """Whether the true answer is out of the dtype's range, or lost where every step stays in it."""
    if narrow.largest <= truth.bound:
        return False
    if any(np.any(np.abs(x) > LARGEST[narrow.dtype]) for x in truth.exact.values()):
        return True
    flushed = truth.in_range(narrow.dtype)
    u = (in_roundings(flushed[n], x, narrow.scale[n], narrow.dtype) for n, x in truth.exact.items())
    return any(np.any(x > truth.bound) for x in u)


def _leaks(found: Judged, bound: float) -> bool:
    """Whether all that is beyond the bound in float64 is bitwise the float32 answer.

    Numbers that are float32 ones whatever computed them, 2 p or 0, are no sign of it.
    """
    wide, narrow = (by_name(found[dtype].answer) for dtype in ("float64", "float32"))
    instance = found["float64"].truth.instance
    given = [*instance.params.values(), *instance.data.values()]
    off = [name for name, u in found["float64"].u.items() if np.any(u > bound)]
    return all(
        np.array_equal(wide[name], narrow[name].astype(np.float64)) for name in off
    ) and not all(by_construction(wide[name], given) for name in off)


def within_hull(found: AnswerErrors) -> bool:
    """Whether an answer is, number by number, among the gradients around a kink."""
    hull = found.truth.lawful.legitimate(found.dtype)
    if hull is None:
        return False
    slacks = _slacks(found, hull)
    if not all(np.all(_between(found.got[name], *hull[name], slacks[name])) for name in hull):
        return False
    choices = found.truth.lawful.choices(found.dtype)
    if choices is None:
        return True
    return choices.holds(found.got, slacks)


def _slacks(found: AnswerErrors, hull: Hull) -> Arrays:
    """How far rounding may bring the numbers of an answer out of a hull, by name."""
    choices, moves = found.truth.lawful.choices(found.dtype), found.truth.moves
    if choices is not None:
        moves = {name: np.fmax(x, choices.moves[name]) for name, x in moves.items()}
    bound = bound_in(found.dtype, found.truth.bound)
    slacks = {}
    with np.errstate(over="ignore", invalid="ignore"):
        for name, ends in hull.items():
            size = np.hypot(moves[name], found.own[name]) + np.maximum(*map(np.abs, ends))
            slacks[name] = np.asarray(bound * (EPS[found.dtype] * size + SMALLEST[found.dtype]))
    return slacks


def _between(got: Array, low: Array, high: Array, slack: Array) -> Array:
    x = got.astype(np.longdouble)
    with np.errstate(invalid="ignore"):  # NaN is nowhere
        return np.asarray((x >= low - slack) & (x <= high + slack))


def outside_hull(found: AnswerErrors, outside: bool) -> AnswerErrors:
    """The same, of what no choice at a kink explains: each number beside the nearest of its hull.

    outside: whether the numbers together are no choice. Where each alone is one, all stays.
    """
    hull = found.truth.lawful.legitimate(found.dtype)
    if hull is None:
        return found
    u, slacks = {}, _slacks(found, hull)
    for name, x in found.got.items():
        held = in_roundings(x, np.clip(x, *hull[name]), found.scale[name], found.dtype)
        u[name] = np.where(_between(x, *hull[name], slacks[name]), 0.0, held)
    apart = replace(found, u=u)
    return found if outside and apart.largest <= found.truth.bound else apart


def kink_of(found: AnswerErrors) -> tuple[float, float]:
    """Between which numbers the worst one may be."""
    hull = found.truth.lawful.legitimate(found.dtype)
    assert hull is not None
    name, index = found.place()
    low, high = hull[name]
    return float(low[index]), float(high[index])


def misshapen(truth: Truth, answer: Answer) -> Misshapen | None:
    """Return the first array of an answer that has not the shape of the truth; None if all have."""
    own = {name: x.shape for name, x in by_name(answer).items()}
    for name, shape in truth.shapes.items():
        if own.get(name) != shape:
            return Misshapen(name, own.get(name), shape)
    return None
