"""What a worker is asked about: a subject, or what the judge finds the truth of."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.problems.special.short_floats import LOW_DTYPES


@dataclass(frozen=True, slots=True)
class Question:
    """What has one truth: an operator of a problem at one instance.

    problem: its name. file: the user's file that it stands in, None for the catalogue's.
    size: one of the problem's. seed: draws the instance. operator: one of `OPERATORS`.
    low: of `LOW_DTYPES`, if the instance is of its numbers; else "".
    """

    problem: str
    file: str | None
    size: str
    seed: int
    operator: str
    low: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """A subject on a workload: all that a worker needs to prepare it.

    The first five are those of its `question`. dtype: of `DTYPES` or `LOW_DTYPES`;
    device: one of `DEVICES`; threads: cores that it may use. backend: its name, or the user's file
    that defines it. variant: "portable", or "idiomatic" for the loss as that library's users write
    it; "control" is a second copy of the portable one.
    """

    problem: str
    file: str | None
    size: str
    seed: int
    operator: str
    dtype: str
    device: str
    threads: int
    backend: str
    variant: str

    @property
    def low(self) -> str:
        """The dtype, if its numbers are those of the instance: one of `LOW_DTYPES`; else ""."""
        return self.dtype if self.dtype in LOW_DTYPES else ""

    @property
    def question(self) -> Question:
        """What its answer is held against; the same for every backend, in float64 and float32."""
        return Question(self.problem, self.file, self.size, self.seed, self.operator, self.low)
