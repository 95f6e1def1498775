"""What a worker is asked about: a subject, or what the judge finds the truth of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What has one truth: an operator of a problem at one instance.

    problem: its name. file: the user's file that it stands in, None for the catalogue's.
    size: one of the problem's. seed: draws the instance. operator: one of `OPERATORS`.
    """

    problem: str
    file: str | None
    size: str
    seed: int
    operator: str


@dataclass(frozen=True, slots=True)
class Spec:
    """A subject on a workload: all that a worker needs to prepare it.

    The first five are those of its `question`. dtype: one of `DTYPES`; device: one of `DEVICES`;
    threads: cores that it may use. backend: its name, or the user's file that defines it.
    variant: "portable", or "idiomatic" for the loss as that library's users write it; "control" is
    a second copy of the portable one.
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
    def question(self) -> Question:
        """What its answer is held against; the same in every dtype and for every backend."""
        return Question(self.problem, self.file, self.size, self.seed, self.operator)
