"""Requests to who prepares a subject and is timed: greeting, preparing, counting, sampling."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.harness.messages.request import Done, Request
from gradparity.harness.messages.spec import Spec


@dataclass(frozen=True, slots=True)
class Pool:
    """A thread pool in a worker, as threadpoolctl names it: BLAS or OpenMP."""

    user_api: str | None
    internal_api: str | None
    version: str | None
    num_threads: int | None


@dataclass(frozen=True, slots=True)
class Greeting:
    """A worker has started its library up, and has these thread pools."""

    pools: tuple[Pool, ...]


@dataclass(frozen=True, slots=True)
class Hello(Request[Greeting]):
    """The first request: start the library of this backend up."""

    backend: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """A subject has prepared and answered once; the fields are those of a `Cell`.

    prepare_s, first_s: seconds of `prepare` and of the first call. peak_bytes: what the first call
    took beyond its arguments, None where nobody tells. reason: a remark, or "".
    """

    parameters: int
    prepare_s: float
    first_s: float
    peak_bytes: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Prepare(Request[Preparation]):
    """Prepare a subject and run it once. answer: the .npz file to write its answer to, if any."""

    begins = True
    spec: Spec
    answer: str | None


@dataclass(frozen=True, slots=True)
class AnswerAgain(Request[Done]):
    """Answer once more, in another dtype, into an .npz file; what is prepared stays."""

    spec: Spec
    answer: str


@dataclass(frozen=True, slots=True)
class AnswerInFloat32(Request[Done]):
    """Answer a spec of a low dtype in float32, at the same numbers, into an .npz file."""

    spec: Spec
    answer: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Counters by name; see `harness/worker/counters.py`."""

    counters: dict[str, int | float]


@dataclass(frozen=True, slots=True)
class CountWork(Request[Counted]):
    """Count what of a subject's work can be counted."""

    spec: Spec


@dataclass(frozen=True, slots=True)
class Calibration:
    """The number of warm calls that fill a sample."""

    calls: int


@dataclass(frozen=True, slots=True)
class Calibrate(Request[Calibration]):
    """How many calls fill a sample of `short_s` seconds, or of `long_s` for slow work."""

    short_s: float
    long_s: float


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Wall and processor seconds of all calls of a sample together."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class TakeSample(Request[Elapsed]):
    """Time this many warm calls in a row."""

    calls: int


@dataclass(frozen=True, slots=True)
class Forget(Request[Done]):
    """Drop what is prepared and give its memory back."""
