"""One array of an answer beside the truth, in plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One array of an answer beside the truth.

    name: "" is the value. norm: of the answer, Euclidean. cosine: of the angle to the truth, NaN
    where one of the two is zero. u: the largest departure. worst: where, "w1[2,7]".
    dtype: of the answer.
    """

    name: str
    norm: float
    cosine: float
    u: float
    worst: str
    dtype: str
