"""Every request to a worker, each after the answer that it gets.

Arrays travel beside the lines, in files of NumPy's that a request names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.part import Part
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.messages.spec import Question, Spec
from gradparity.results.records.descent import Descent

A = TypeVar("A")


class Request(Generic[A]):
    """A request whose answer is an `A`.

    begins: whether it begins something that depends on nothing that its worker did before.
    """

    __slots__ = ()
    begins = False


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for is done; there is nothing to tell."""


OTHER_VERSION = "other version"
"""The status of a request that a worker's gradparity does not know, or knows otherwise."""

SPOILED = "spoiled"
"""The status of a request that is for another worker: what this one served has changed it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request failed. status: what becomes of its cell; reason: one line for a person."""

    status: str
    reason: str


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
class Fault:
    """What is wrong with a problem, in one line; None if nothing is."""

    fault: str | None


@dataclass(frozen=True, slots=True)
class TryProblem(Request[Fault]):
    """Evaluate a problem of a user's file once, at its smallest size; "": import the file alone."""

    begins = True
    file: str
    problem: str
    seed: int


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


@dataclass(frozen=True, slots=True)
class FindHardest(Request[Done]):
    """Of these, find the truth that takes the longest, and keep it until it is asked for."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class FindTruth(Request[Done]):
    """Find the truth, before there are answers to judge."""

    begins = True
    question: Question


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is found of each answer, by the subject's label."""

    findings: dict[str, Finding]


@dataclass(frozen=True, slots=True)
class JudgeAnswers(Request[Judgement]):
    """Judge answers. files: label -> {dtype: .npz file with the answer}."""

    question: Question
    files: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class AnsweredSubject:
    """Whether a subject has answered. status: "ok", or one without a verdict; reason: why."""

    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerSubject(Request[AnsweredSubject]):
    """Write what a subject answers to an .npz file."""

    spec: Spec
    answer: str


@dataclass(frozen=True, slots=True)
class AnswersApart:
    """Two answers apart: the largest |a - b| / (eps (M + |true|)) over an array, and where."""

    array: str
    first: str
    second: str
    u: float
    worst: str


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """One array of somebody's answer beside the truth."""

    whose: str
    part: Part


@dataclass(frozen=True, slots=True)
class ComparedAnswers:
    """Answers side by side. arrays: those of all answers; pairs: every two answers.

    bound: C; oracle: what `Part.u` and cosine refer to.
    """

    oracle: str
    bound: float
    arrays: tuple[ArrayOf, ...]
    pairs: tuple[AnswersApart, ...]


@dataclass(frozen=True, slots=True)
class CompareAnswers(Request[ComparedAnswers]):
    """Compare float64 answers. files: label -> .npz file."""

    question: Question
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class DerivedSource:
    """The source of a NumPy function."""

    source: str


@dataclass(frozen=True, slots=True)
class Derive(Request[DerivedSource]):
    """Derive the source of an operator; see `harness/planning/derivation.py`."""

    target: str
    size: str | None
    operator: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Recommended:
    """What `optimize` prints. pictures: paths; doubts: for standard error; code: to exit with."""

    out: str
    pictures: tuple[str, ...]
    doubts: tuple[str, ...]
    code: int


@dataclass(frozen=True, slots=True)
class Recommend(Request[Recommended]):
    """What to charge and to spend; see `harness/business/telling.py`.

    words and limits: as typed. columns: of the terminal that shows it; None if it is none.
    """

    words: tuple[str, ...]
    backend: str
    limits: dict[str, str | None]
    currency: str | None
    above_cost: bool | None
    form: str
    steps: bool
    plots: str | None
    columns: int | None
    encoding: str


@dataclass(frozen=True, slots=True)
class JudgedSubject:
    """What is found of a subject. parameters: their number, 0 if it is not known.

    status: the verdict, or why there is none. reason: why there is none, or none in one of the
    dtypes; "" otherwise. parts: the arrays of the answer beside the truth.
    """

    parameters: int
    status: str
    reason: str
    finding: Finding | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class JudgeSubject(Request[JudgedSubject]):
    """Judge a subject from beginning to end.

    backend, variant: as in `Spec`. dtypes: float64 first. seconds: how long the cause of a wrong
    gradient is looked for.
    """

    begins = True
    question: Question
    backend: str
    variant: str
    dtypes: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class BeginDescent(Request[Done]):
    """Prepare a descent and stand at its start."""

    begins = True
    spec: DescentSpec


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a descent is: whether it has ended, its steps, its last loss."""

    ended: bool
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class AdvanceDescent(Request[Advance]):
    """Make steps for this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class EndedDescent:
    """The record of a descent; its history is in the file that was named."""

    descent: Descent


@dataclass(frozen=True, slots=True)
class EndDescent(Request[EndedDescent]):
    """End the descent and write its packed history to a file."""

    file: str


@dataclass(frozen=True, slots=True)
class EvaluatePlane(Request[Done]):
    """The loss of a problem with two parameters on a plane, into an .npy file.

    sides: the parameters' values along both axes.
    """

    begins = True
    question: Question
    sides: tuple[tuple[float, ...], tuple[float, ...]]
    file: str


REQUESTS: dict[str, type[Request[Any]]] = {
    "hello": Hello,
    "check": TryProblem,
    "prepare": Prepare,
    "answer": AnswerAgain,
    "count": CountWork,
    "calibrate": Calibrate,
    "sample": TakeSample,
    "forget": Forget,
    "find_hardest": FindHardest,
    "find_truth": FindTruth,
    "judge": JudgeAnswers,
    "judge_subject": JudgeSubject,
    "answer_subject": AnswerSubject,
    "compare_answers": CompareAnswers,
    "derive": Derive,
    "recommend": Recommend,
    "begin_descent": BeginDescent,
    "advance_descent": AdvanceDescent,
    "end_descent": EndDescent,
    "loss_plane": EvaluatePlane,
}
"""By the name that a line calls it by. `gate --against` speaks with workers of older commits:
a name or field that changes cuts it off from those before."""
