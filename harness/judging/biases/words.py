"""A bias as a cause: a sentence with its figures, and the key of what to do about it."""

from __future__ import annotations

import math

import numpy as np

from gradparity.harness.findings.finding import EPS, Cause
from gradparity.harness.judging.biases.bias import Bias
from gradparity.harness.judging.biases.hypotheses import Hypothesis

_KNOWN = 0.02
"""How near, relatively, a factor is to one that has a name."""

_SCALED = 7
"""From this power of two on a factor may be that by which a loss is scaled in float16."""

_SURE = 0.9
"""The share of the squared errors from which on another formula is what comes out."""


def cause_of(bias: Bias, shape: tuple[int, ...], dtype: str) -> Cause:
    """The cause that a bias is. shape: of its array. dtype: in whose eps its size is."""
    x = bias.hypothesis
    key, what = _formula(bias) if x.kind == "formula" else _told(x, shape, EPS[dtype])
    level = f"level {max(bias.level, 1e-99):.0e} after Holm's correction"
    size = f"{x.size:+.2g} eps of {dtype}" if x.kind != "formula" else f"{x.size:.2f} of it"
    sentence = f"{what} ({x.count:,} numbers, {size}; {level}, there again on fresh inputs)."
    return Cause(key, sentence, x.parameter, sure=x.kind != "formula" or bias.share >= _SURE)


def _formula(bias: Bias) -> tuple[str, str]:
    x = bias.hypothesis
    where = f"{x.parameter}, {x.where}," if x.where else f"All of {x.parameter}"
    verb = "is" if bias.share >= _SURE else "may be"
    return x.key, f"{where} {verb} what comes out if {x.text}"


def _told(x: Hypothesis, shape: tuple[int, ...], eps: float) -> tuple[str, str]:
    where = f"{x.parameter}, {x.where}," if x.where else f"All of {x.parameter}"
    if x.kind == "constant row":
        return "row-term", (
            f"In {x.parameter} each row of the last axis is off by a constant of its own: the mean "
            "over the row is not subtracted, or too much of it"
        )
    if x.kind == "own row":
        return "row-term", (
            f"In {x.parameter} each row of the last axis is off by a multiple of the parameter's "
            "own row: a term x · Σ(...) over the row has a wrong factor, such as 1/n"
        )
    ratio = 1 + x.size * eps
    nearest = 2.0 ** round(math.log2(ratio)) if ratio > 1 else math.inf
    ratio = nearest if abs(ratio / nearest - 1) < eps / 4 else ratio
    if x.kind == "shifted":
        share = x.size * eps
        told = f"{share:.0%} of" if share < 0.9 else ""
        return ("off-by-one" if abs(x.shift) == 1 else "stale"), (
            f"{where} has {told} what belongs {abs(x.shift)} places "
            f"{'before' if x.shift > 0 else 'behind'}"
        ).replace("has  what", "has what")
    if abs(x.size) < 0.75:
        toward = "zero" if x.size < 0 else "the outside"
        return "truncated", (
            f"{where} is {ratio:.4g} times what it should be, less than the rounding of one "
            f"number: it is rounded toward {toward}, or scaled by a rounded constant"
        )
    name = _name(ratio, shape)
    key = "unit-missing" if abs(ratio) < _KNOWN else "sign" if abs(ratio + 1) < _KNOWN else "factor"
    told = "is zero" if key == "unit-missing" else f"is {ratio:.4g} times what it should be{name}"
    return key, f"{where} {told}"


def _name(ratio: float, shape: tuple[int, ...]) -> str:
    """What a factor is likely to be: " (√64, 64 the length of the last axis)"."""
    lengths = {n: f"the length of axis {i}" for i, n in enumerate(shape) if n > 1}
    lengths[int(np.prod(shape))] = "the count of numbers"
    if shape and len(shape) > 1:
        lengths.setdefault(int(np.prod(shape[:-1])), "the count of rows")
    for n, of in lengths.items():
        for value, text in (
            (n, "{}"),
            (1 / n, "1/{}"),
            (math.sqrt(n), "√{}"),
            (1 / math.sqrt(n), "1/√{}"),
        ):
            if n > 1 and abs(ratio / value - 1) < _KNOWN:
                return f" ({text.format(n)}, {n} being {of})"
    fraction, power = math.frexp(ratio)
    if fraction == 0.5 and power > _SCALED:
        return f" (2^{power - 1}: a scale of the loss that is not divided out again, perhaps)"
    return ""
