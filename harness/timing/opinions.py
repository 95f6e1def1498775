"""What the judge, in a process of its own, says of answers that lie in files."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gradparity.backends import DTYPES
from gradparity.harness.findings.finding import Finding
from gradparity.harness.messages.judged import JudgeAnswers, Judgement
from gradparity.harness.messages.spec import Question, Spec
from gradparity.harness.messages.timed import AnswerAgain, AnswerInFloat32
from gradparity.harness.processes.process import Asked, WorkerFailure, WorkerProcess


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in an .npz file, and who can give it again: this worker, asked for this spec."""

    worker: WorkerProcess
    spec: Spec
    file: Path


@dataclass(frozen=True, slots=True)
class Judging:
    """Answers to one question, by label, on their way through the judge.

    first: what it says of them in the run's dtype alone.
    """

    question: Question
    dtype: str
    answers: Mapping[str, Answered]
    first: Asked[Judgement]


def ask_judge(
    judge: WorkerProcess, question: Question, dtype: str, answers: Mapping[str, Answered]
) -> Judging:
    """Have answers judged, without waiting."""
    files = {label: {dtype: str(answered.file)} for label, answered in answers.items()}
    return Judging(question, dtype, answers, judge.ask(JudgeAnswers(question, files)))


def hear_judge(judging: Judging) -> dict[str, Finding]:
    """What is found of each answer, by label; where that is unsure, of those in both dtypes.

    The first stands for a subject that has no answer in the other dtype. Raises WorkerFailure of
    the judge.
    """
    found, dtype = judging.first.answer().findings, judging.dtype
    low = judging.question.low
    other = "float32" if low else next(name for name in DTYPES if name != dtype)
    both = {}
    for label, answered in judging.answers.items():
        if found[label].unsure or low:  # float32 tells a factor of 1.01, which bfloat16 hides
            file = f"{answered.file}.other.npz"
            with suppress(WorkerFailure):
                asked = (
                    AnswerInFloat32(answered.spec, file)
                    if low
                    else AnswerAgain(replace(answered.spec, dtype=other), file)
                )
                answered.worker.request(asked)
                both[label] = {dtype: str(answered.file), other: file}
    if not both:
        return found
    again = judging.first.worker.request(JudgeAnswers(judging.question, both))
    for files in both.values():
        Path(files[other]).unlink(missing_ok=True)
    return found | again.findings
