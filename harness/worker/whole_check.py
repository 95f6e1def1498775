"""A subject's verdict from beginning to end: prepared, asked in each dtype, judged, diagnosed.

All of a user's code that `gradparity check` calls runs here, so that whatever it does, to this
process too, costs its own row.
"""

from __future__ import annotations

from gradparity.backends import Answer, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.judging import gradient_check
from gradparity.harness.judging.answers import malformed
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.gradient_check import checked
from gradparity.harness.judging.one_thread import one_thread
from gradparity.harness.messages.judged import JudgedSubject, JudgeSubject
from gradparity.harness.planning.lookup import find
from gradparity.harness.worker.judge import Judge
from gradparity.problems import InputError, Instance, Problem


def judged_subject(judge: Judge, asked: JudgeSubject) -> JudgedSubject:
    """What is found of one subject; what it raises is a status with a reason."""
    parameters = 0
    try:
        question = asked.question
        problem = find(question.problem, question.file)
        backend = load(asked.backend)
        for status, reason in (
            ("unavailable", backend.unavailable()),
            ("unsupported", backend.unsupported(problem, question.operator)),
        ):
            if reason is not None:
                return JudgedSubject(parameters, status, reason, None, ())
        instance = problem.instance(question.size, question.seed)
        parameters = instance.parameters
        with one_thread():  # the user's file and the backend have imported what they import
            truth = judge.find_truth(question)
            answers, alone = _answers(asked, problem, instance)
            both = answers.get("float64"), answers.get("float32")
            found = checked(truth, backend.name, *both)
            finding = diagnosed(truth, found.finding, *both, seconds=asked.seconds)
        return JudgedSubject(parameters, finding.status, alone, finding, found.parts)
    except Unsupported as error:
        return JudgedSubject(parameters, "unsupported", str(error), None, ())
    except (Exception, SystemExit) as error:
        return JudgedSubject(parameters, "error", _told(error), None, ())


def _answers(
    asked: JudgeSubject, problem: Problem, instance: Instance
) -> tuple[dict[str, Answer], str]:
    """The answers by dtype, and why one is missing: what knows float64 alone is judged in it."""
    answers: dict[str, Answer] = {}
    alone = ""
    for dtype in asked.dtypes:
        try:
            answers[dtype] = _answer(asked, problem, instance, dtype)
        except (Unsupported, MemoryError):
            raise
        except Exception as error:
            if dtype != "float32" or "float64" not in answers:
                raise
            alone = f"judged in float64 alone: in float32, {_told(error)}"
    return answers, alone


def _answer(asked: JudgeSubject, problem: Problem, instance: Instance, dtype: str) -> Answer:
    """What the subject answers. Raises InputError for one of the wrong form."""
    backend, operator = load(asked.backend), asked.question.operator
    own = problem.idiomatic_for(backend.name) if asked.variant == "idiomatic" else problem
    answer = gradient_check.answered(own, backend, operator, instance, dtype)
    fault = malformed(answer, operator, instance, dtype)
    if fault is not None:
        if fault.endswith("is float64, should be float32"):
            fault += "; a NumPy scalar or float64 array in it makes it so; write float(...)"
        raise InputError(fault)
    return answer


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, InputError | Disagreement):
        return text
    return f"{type(error).__name__}: {text}"
