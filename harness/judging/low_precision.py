"""The verdict on an answer in bfloat16 or float16, beside the truth at the same inputs.

The inputs are what they are in the low dtype, and the truth is that of these very numbers. u is in
eps of the low dtype, 2⁻⁷ in bfloat16 and 2⁻¹⁰ in float16, M as ever, and right is u ≤ C = 8: a
kernel that rounds after every operation, and takes its sums in float32, has u ≤ 2.

Such a dtype has a narrow range, float16 above all. The truth is computed once more with every
step's result in that range. What is lost there may be lost by the answer, too; it is counted, and
no fault of the formula: what underflows is a remark, and what overflows on the way, and comes out
as another number, `low-precision`. An infinity is `nonfinite`: nobody can go on with it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, LARGEST, SMALLEST, Finding
from gradparity.harness.judging.answer_errors import (
    AnswerErrors,
    errors_of,
    in_roundings,
    remeasured,
    worst_number,
)
from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.formulas.others import other_formulas
from gradparity.harness.judging.rounding import LOW
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair, kink_of, misshapen, within_hull
from gradparity.problems import Arrays

_RUNS, _FEWEST_MOST = 800_000, (8, 16)
"""Numbers over all runs of rounding, and how many runs there are."""

NEAREST = 0.29
"""What rounding to nearest does, of what the runs do."""

_COST = 0.05
"""What the range may cost a number, in u, that tells of a bias."""

FORMULA = 4 * LOW
"""Of one answer alone an error of so many u is no arithmetic: a quarter of M + |g*| in bfloat16."""


def judge_low(
    truth: Truth, answer: Answer, dtype: str, apart: Arrays | None = None
) -> tuple[Finding, AnswerErrors | None]:
    """Return the verdict on an answer in `dtype` alone, and the answer beside the truth.

    Status: ok, convention, nonfinite, low-precision (8 < u ≤ 32) or formula. The errors leave out
    what the range has cost, u = 0; None if the answer is misshapen. apart: see `errors_of`.
    """
    if (wrong := misshapen(truth, answer)) is not None:
        return Finding("formula", truth.oracle, LOW, None, None, dtype, misshapen=wrong), None
    errors = errors_of(truth, answer, dtype, apart)
    if errors.largest > LOW and truth.sharpen():
        errors = remeasured(errors)
    if LOW < errors.largest < np.inf:  # rounding may do more than its first order says
        truth.step(dtype)
        truth.recover(dtype)
        errors = remeasured(errors, recovered=True)
    ranged = _beyond(errors)
    if errors.largest > LOW:
        errors, below = _without_range(errors, above=False)
        ranged = "; ".join(filter(None, [ranged, below]))
    top, overflown = errors.largest, ""
    if LOW < top < np.inf:
        rest, overflown = _without_range(errors, above=True)
        overflown = overflown if rest.largest <= LOW else ""
        ranged = "; ".join(filter(None, [ranged, overflown]))
    status = (
        "ok"
        if top <= LOW
        else "low-precision"
        if overflown
        else "nonfinite"
        if np.isinf(top)
        else "convention"
        if within_hull(errors)
        else "formula"
        if top > FORMULA
        else "low-precision"
    )
    kink = kink_of(errors) if status == "convention" else None
    told = status, truth.oracle, LOW, None, None, dtype, worst_number(errors, search=False)
    return Finding(*told, kink=kink, low=(dtype, top), ranged=ranged), errors


def judge_both(
    truth: Truth, answer: Answer, narrow: Answer | None, dtype: str, seconds: float = SECONDS
) -> tuple[Finding, AnswerErrors | None]:
    """Return the verdict on an answer in `dtype` and, at the same numbers, one in float32.

    seconds: how long the cause is looked for of what is wrong in float32, too.
    """
    found, errors = judge_low(truth, answer, dtype)
    if narrow is not None and found.status != "nonfinite":
        wide = diagnosed(truth, judge_pair(truth, None, narrow), None, narrow, seconds=seconds)
        found = beside_float32(found, wide)
    if found.right:
        told = "no bias of many numbers is looked for" + (
            "" if narrow is None else ", but for what float32 tells of the formula"
        )
        ranged = filter(None, [found.ranged, f"each number of {dtype} is judged alone: {told}"])
        found = replace(found, ranged="; ".join(ranged))
    return found, errors


def beside_float32(found: Finding, wide: Finding) -> Finding:
    """The finding in the low dtype beside that in float32: arithmetic, or the formula."""
    if wide.status == "formula" and found.status != "nonfinite":
        return replace(wide, low=found.low, ranged=found.ranged)
    if wide.right and found.status == "formula" and found.misshapen is None:
        found = replace(found, status="low-precision")  # the cause, if one is known, stays
    return replace(found, u32=wide.u32, held=wide.held)


def signed(found: AnswerErrors) -> list[SignedErrors]:
    """The signed errors of every parameter's gradient, beside runs of rounding.

    NaN where the range of the dtype has a part in a number. Where calls are apart, the runs are as
    far apart as they and rounding together.
    """
    truth, eps = found.truth, EPS[found.dtype]
    runs = truth.runs(int(np.clip(_RUNS // max(truth.instance.parameters, 1), *_FEWEST_MOST)))
    moves, told = truth.moves, []
    flushed = truth.in_range(found.dtype)
    own = truth.problem.loss, truth.instance.params, truth.instance.data
    others = other_formulas(*own, truth.exact, found.dtype)
    for name in found.u:
        if name:
            if (calls := found.apart.get(name)) is not None:
                runs[name] += np.resize(calls, runs[name].shape) / NEAREST
            true = np.asarray(truth.exact[name], np.float64)
            error = (np.asarray(found.got[name], np.float64) - true) / eps
            cost = in_roundings(flushed[name], truth.exact[name], found.scale[name], found.dtype)
            error = np.where((cost > _COST) | (np.abs(true) < SMALLEST[found.dtype]), np.nan, error)
            value = np.asarray(truth.instance.params[name], np.float64)
            told.append(
                SignedErrors(
                    name, true, moves[name], error, runs[name], value, others.get(name, ())
                )
            )
    return told


def _beyond(found: AnswerErrors) -> str:
    """Which numbers are infinite because the truth is beyond the range."""
    count = size = 0
    for name, x in found.got.items():
        if name:
            beyond = np.isinf(x) & (np.abs(found.truth.exact[name]) > LARGEST[found.dtype])
            count, size = count + int(np.count_nonzero(beyond)), size + x.size
    return f"{_share(count, size)} are beyond the range of {found.dtype}" if count else ""


def _share(count: int, size: int) -> str:
    return f"{count:,} of {size:,} numbers ({count / size:.1%})"


def _without_range(found: AnswerErrors, above: bool) -> tuple[AnswerErrors, str]:
    """The errors without those that the range of the dtype explains, and which these are.

    above: whether its upper end counts.
    """
    truth, dtype = found.truth, found.dtype
    flushed = truth.in_range(dtype, above)
    kept: Arrays = {}
    lost = count = 0
    for name, u in found.u.items():
        true = truth.exact[name]
        cost = in_roundings(flushed[name], true, found.scale[name], dtype)
        excused = np.isfinite(u) & (u > LOW) & (u <= LOW + 2 * cost) & (cost > 1)
        kept[name] = np.where(excused, 0.0, u)
        if name:
            lost, count = lost + int(np.count_nonzero(excused)), count + u.size
    if not lost:
        return replace(found, u=kept), ""
    fate = "are lost to an overflow" if above else "lose digits to the range"
    told = f"{_share(lost, count)} {fate} of {dtype} on the way"
    return replace(found, u=kept), told
