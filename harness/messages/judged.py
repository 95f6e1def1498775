"""Requests about verdicts: to the judge, and to who answers for a table of answers."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.part import Part
from gradparity.harness.messages.request import Done, Request
from gradparity.harness.messages.spec import Question, Spec


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
class AnsweredSubject:
    """Whether a subject has answered. status: "ok", or one without a verdict; reason: why."""

    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerSubject(Request[AnsweredSubject]):
    """Write what a subject answers to an .npz file."""

    begins = True

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
    """Compare answers in one dtype. files: label -> .npz file."""

    begins = True

    question: Question
    files: dict[str, str]
    dtype: str = "float64"
