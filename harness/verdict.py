"""What a judge says: verdicts, pairs, and the line that explains a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one answer is.

    status: "ok", "wrong value", "nonfinite", or "wrong" with the operator: "wrong hessian".
    reason: one line, "" if ok: the worst place, what it is and what it should be.
    max_error: the largest relative error; infinity for "nonfinite".
    """

    status: str
    reason: str
    max_error: float


@dataclass(frozen=True, slots=True)
class Pair:
    """How far two answers are apart: the largest relative difference, and where.

    parameter: as in `Finding`. index: of that component; () for a scalar.
    """

    first: str
    second: str
    error: float
    parameter: str
    index: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found. oracle: what judged; bound: what the errors are held against."""

    oracle: str
    bound: float
    verdicts: dict[str, Verdict]
    pairs: list[Pair]


@dataclass(frozen=True, slots=True)
class Finding:
    """One error of one answer, and the two numbers.

    parameter: "" is the value; else a parameter, or "jvp", "hessian", "jacobian".
    index: flat index of the component; None along a random direction.
    """

    error: float
    parameter: str
    index: int | None
    got: Any
    true: Any


def place(parameter: str, index: tuple[int, ...]) -> str:
    """Return how a component is written: "w1[2,7]", "price" for a scalar, "value"."""
    inside = ",".join(str(i) for i in index)
    return (f"{parameter}[{inside}]" if index else parameter) or "value"


def explained(what: str, got: Any, true: Any, error: float, bound: float) -> str:
    """Return one line: "w1[2,7] is 0.013121, should be 0.013125 (error 3.1e-04, bound 9.1e-13)"."""
    is_, should = apart(float(got), float(true))
    measured = f"error {error:.1e}, bound {bound:.1e}" if error < float("inf") else "not finite"
    return f"{what} is {is_}, should be {should} ({measured})"


def apart(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with as many digits, six or more, as show that they differ."""
    for digits in range(6, 18):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts
