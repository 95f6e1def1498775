"""Verdicts: what the float64 and the float32 answer of one backend together say about it.

For every number g of an answer, true g*, its departure at the eps of the answer's dtype is

    u = |g - g*| / (eps (M + |g*|)),

M being how strongly rounding alone moves it (`harness/judging/rounding.py`), and right to rounding
is u ≤ C. Since M and g* are the same for both dtypes, poor arithmetic shows the same u in both, and
a wrong formula one that is larger in float64 by up to the ratio of the precisions, 5·10⁸.

| verdict | when, u64 and u32 being the largest |
|---|---|
| nonfinite | NaN or infinity where the truth is finite, or the other way round |
| convention | beyond C, but within the hull of gradients at a kink (`judging/kinks.py`) |
| ok | u64 ≤ C, u32 ≤ C |
| dtype-leak | u64 > C, u32 ≤ C, and what is wrong in float64 is bitwise the float32 answer |
| low-precision | u64 ≤ C < u32: something computes in less than float32 |
| unstable | both > C, u64/u32 ≤ C: right formula, poor arithmetic |
| formula | every other u64 > C: the mathematics is wrong |

One answer alone says less. float64 alone: `formula` where u64 > C. float32 alone: `formula` where
u32 > C², that is, an error of ½ ‰ or more of M + |g*|; between C and C² `low-precision`, which may
as well be an unstable formula or a small error in one.

A scale is not less than what gradual underflow may lose; a truth beyond the dtype's range may be
answered by infinity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.departures import Departure, departures, place_of, worst
from gradparity.harness.judging.places import apart, place
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Arrays
from gradparity.results.records.statuses import RIGHT

Array = Any


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict on two answers, and the worst number, of the float64 answer if that is to blame.

    status: one of the table above. u64, u32: the largest departures; None without that answer.
    bound: C. worst: where, None if the shapes are wrong. dtype: of the answer it is in.
    note: more in words; "" if there is nothing to add.
    """

    status: str
    u64: float | None
    u32: float | None
    bound: float
    worst: Departure | None
    dtype: str
    note: str = ""

    @property
    def right(self) -> bool:
        """Whether the mathematics is right and the arithmetic good: "ok" or "convention"."""
        return self.status in RIGHT

    def line(self) -> str:
        """Return "w1[2,7]: 0.013121, should be 0.013125 (u = 2.1e+11, bound 64): formula"."""
        if self.worst is None:
            return f"{self.note}: {self.status}"
        if self.status == "ok":
            found64 = [] if self.u64 is None else [f"{self.u64:.2g} in float64"]
            found32 = [] if self.u32 is None else [f"{self.u32:.2g} in float32"]
            return f"u = {', '.join(found64 + found32)}, bound {self.bound:.3g}: ok"
        found = self.worst
        is_, should = apart(float(found.got), float(found.true))
        where = (
            f"{found.parameter}[?]" if found.index is None else place(found.parameter, found.index)
        )
        size = "not finite" if math.isinf(found.u) else f"u = {found.u:.1e}"
        more = f"; {self.note}" if self.note else ""
        return (
            f"{where}: {is_}, should be {should} "
            f"({size} in {self.dtype}, bound {self.bound:.3g}): {self.status}{more}"
        )


def judge_pair(truth: Truth, wide: Answer | None, narrow: Answer | None) -> Ruling:
    """Return the verdict on the float64 and the float32 answer; one of them may be None.

    Raises: ValueError if both are None.
    """
    given = {
        dtype: answer
        for dtype, answer in (("float64", wide), ("float32", narrow))
        if answer is not None
    }
    if not given:
        raise ValueError("there is no answer to judge")
    for dtype, answer in given.items():
        misshapen = _misshapen(truth, answer)
        if misshapen:
            return Ruling("formula", None, None, truth.bound, None, dtype, misshapen)
    found = {dtype: departures(truth, answer, dtype) for dtype, answer in given.items()}
    tops = {dtype: _top(u) for dtype, u in found.items()}
    doubtful = any(truth.bound / 4 < u < 16 * truth.bound for u in tops.values())
    if doubtful and truth.sharpen():
        found = {dtype: departures(truth, answer, dtype) for dtype, answer in given.items()}
        tops = {dtype: _top(u) for dtype, u in found.items()}
    status, blamed, note = _status(truth, given, found, tops)
    return Ruling(
        status,
        tops.get("float64"),
        tops.get("float32"),
        truth.bound,
        worst(truth, given[blamed], found[blamed], status in ("formula", "unstable")),
        blamed,
        note,
    )


def _top(u: Mapping[str, Array]) -> float:
    return max((float(np.max(x, initial=0)) for x in u.values()), default=0.0)


def _status(
    truth: Truth, given: dict[str, Answer], found: dict[str, Arrays], tops: dict[str, float]
) -> tuple[str, str, str]:
    """(status, the dtype to blame, note)."""
    bound = truth.bound
    beyond = [dtype for dtype, u in tops.items() if u > bound]
    first = next(iter(given))
    if not beyond:
        return "ok", first, ""
    broken = [dtype for dtype in beyond if math.isinf(tops[dtype])]
    if broken:
        return "nonfinite", broken[0], ""
    outside = [dtype for dtype in beyond if not _within_hull(truth, given[dtype], found, dtype)]
    if not outside:
        return "convention", beyond[0], _hull_note(truth, found, beyond[0])
    if tuple(given) == ("float64",):
        return "formula", "float64", "judged in float64 alone"
    if tuple(given) == ("float32",):
        status = "formula" if tops["float32"] > bound**2 else "low-precision"
        return status, "float32", "judged in float32 alone"
    u64 = tops["float64"] if "float64" in outside else 0.0
    u32 = tops["float32"] if "float32" in outside else 0.0
    if u64 <= bound:
        return "low-precision", "float32", ""
    if u32 <= bound and _leaks(given, found["float64"], bound):
        return "dtype-leak", "float64", "bitwise the float32 answer"
    if u32 > bound and u64 <= bound * u32:
        return "unstable", "float64", ""
    return "formula", "float64", ""


def _leaks(given: dict[str, Answer], u64: Arrays, bound: float) -> bool:
    """Whether all that is beyond the bound in float64 is bitwise the float32 answer."""
    wide, narrow = (
        {"": given[dtype].value, **given[dtype].derivative} for dtype in ("float64", "float32")
    )
    return all(
        np.array_equal(np.asarray(wide[name]), np.asarray(narrow[name]).astype(np.float64))
        for name, u in u64.items()
        if np.any(u > bound)
    )


def _within_hull(truth: Truth, answer: Answer, found: dict[str, Arrays], dtype: str) -> bool:
    """Whether an answer is, number by number, among the gradients around a kink."""
    hull = truth.hull(dtype)
    if hull is None:
        return False
    own, more = truth.seen(answer)
    precision = np.finfo(dtype)
    for name, (low, high) in hull.items():
        got = np.asarray(own[name]).astype(np.longdouble)
        size = np.hypot(truth.moves[name], more[name]) + np.maximum(np.abs(low), np.abs(high))
        slack = truth.bound * (float(precision.eps) * size + float(precision.smallest_normal))
        if not np.all((got >= low - slack) & (got <= high + slack)):
            return False
    return True


def _hull_note(truth: Truth, found: dict[str, Arrays], dtype: str) -> str:
    name, flat = place_of(found[dtype])
    hull = truth.hull(dtype)
    assert hull is not None
    low, high = (float(x.flat[flat]) for x in hull[name])
    return f"at a kink, where anything from {low:.6g} to {high:.6g} is legitimate"


def _misshapen(truth: Truth, answer: Answer) -> str:
    own = {name: np.shape(x) for name, x in answer.derivative.items()}
    if answer.value is not None:
        own[""] = np.shape(answer.value)
    for name, shape in truth.shapes.items():
        if own.get(name) != shape:
            what = name or "value"
            if name not in own:
                return f"the {what} is missing"
            return f"the {what} has shape {own[name]}, should be {shape}"
    return ""
