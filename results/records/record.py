"""The records of a run: what was asked, on what machine, and what each cell answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gradparity.results.records.environment import Environment


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the harness.

    id: sortable and short, "20261123-223145-3fa9".
    kind: "bench", whose results are cells, or "train", whose results are descents.
    started, finished: UTC, ISO 8601; finished is None while it runs, or if it was killed.
    status: one of `RUNS` in `statuses.py`.
    suite: the suite's name, or what was named instead.
    command: as typed.
    reference: the backend that ratios refer to; "" of training.
    options: dtypes, operators, seed, limits: all that is needed to run it again.
    environment: what it was made on.
    """

    id: str
    started: str
    suite: str
    command: str
    reference: str
    finished: str | None = None
    status: str = "running"
    options: dict[str, Any] = field(default_factory=dict)
    environment: Environment = field(default_factory=Environment)
    kind: str = "bench"


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed sample: `calls` warm calls in a row.

    round: the round it belongs to, from 0; samples of one round are paired.
    position: its place in the round's random order, from 0.
    seconds, cpu_seconds: wall and processor time of the worker process, per call.
    process: which of the subject's processes was sampled, from 0; those of one round have one
        number.
    """

    round: int
    position: int
    calls: int
    seconds: float
    cpu_seconds: float
    process: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the result: one backend's answer to one problem at one size.

    file: the user's file that the problem stands in, as it was named; None of the catalogue's.
    variant: "portable" (the loss written once), "idiomatic" (as that library's users write it), or
        the name of one of a problem's gradients.
    status: one of `MEANINGS` in `statuses.py`: the verdict, or why there is none.
    reason: the same for a person; of an ok cell "", or a remark (a certified radius).
    max_error: the largest error against the oracle, relative to the true number and how far
        rounding alone moves it; None if it was not judged.
    bound: what max_error is held against; oracle: what judged it.
    prepare_s, first_s: seconds of prepare and of the first call.
    peak_bytes: how far the first call raised the process's memory above what it held after
        prepare, and on a GPU what a call takes of its memory beyond the arguments; None where
        nobody tells.
    counters: figures of the prepared operator that no noise touches, by name; {} if not counted.
    samples: the raw warm times; empty if it was not timed.
    machine: of a cluster, where the whole workload was timed: "node17 (AMD EPYC 7B13)"; None for
        the machine of the run's environment.
    control: those of a second copy of the same subject, in the same rounds; only the reference
        has one. It shows what the machine's noise makes of two equals.
    """

    problem: str
    size: str
    parameters: int
    backend: str
    variant: str
    operator: str
    dtype: str
    device: str
    threads: int
    status: str
    reason: str = ""
    max_error: float | None = None
    bound: float | None = None
    oracle: str = ""
    prepare_s: float | None = None
    first_s: float | None = None
    peak_bytes: int | None = None
    counters: dict[str, int | float] = field(default_factory=dict)
    samples: Sequence[Sample] = ()
    control: Sequence[Sample] = ()
    file: str | None = None
    machine: str | None = None

    @property
    def identity(self) -> tuple[str | int | None, ...]:
        """What no two cells of a run share."""
        question = (self.file, self.problem, self.size, self.operator)
        return (*question, self.backend, self.variant, self.dtype, self.device, self.threads)

    @property
    def label(self) -> str:
        """Who answered: "torch (idiomatic)"."""
        return label(self.backend, self.variant)

    @property
    def setting(self) -> str:
        """What a table holds fixed: "gradient, float64, cpu, 1 thread", and of a cluster where."""
        told = setting(self.operator, self.dtype, self.device, self.threads)
        return f"{told}, on {self.machine}" if self.machine else told


def label(backend: str, variant: str) -> str:
    """Name a backend and variant: "torch", "torch (idiomatic)"."""
    return backend if variant == "portable" else f"{backend} ({variant})"


def setting(operator: str, dtype: str, device: str, threads: int) -> str:
    """Name what a comparison holds fixed: "gradient, float64, cpu, 1 thread"."""
    return f"{operator}, {dtype}, {device}, {threads} thread{'s' * (threads != 1)}"
