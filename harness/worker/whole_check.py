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
from gradparity.harness.judging.gradient_check import checked, parts
from gradparity.harness.judging.low_precision import judge_both
from gradparity.harness.judging.truth import Truth
from gradparity.harness.messages.judged import JudgedSubject, JudgeSubject
from gradparity.harness.plain.idiomatic import with_own_rules
from gradparity.harness.planning.lookup import find
from gradparity.harness.surroundings.undisturbed import undisturbed
from gradparity.harness.worker.drawing import drawn
from gradparity.harness.worker.judge import Judge
from gradparity.problems import InputError, Instance, Problem


def judged_subject(judge: Judge, asked: JudgeSubject) -> JudgedSubject:
    """What is found of one subject; what it raises is a status with a reason."""
    parameters = 0
    try:
        question = asked.question
        problem = find(question.problem, question.file)
        backend = load(asked.backend)
        posed = problem.variant(backend.name, asked.variant)
        for status, reason in (
            ("unavailable", backend.unavailable()),
            ("unsupported", backend.unsupported(posed, question.operator)),
        ):
            if reason is not None:
                return JudgedSubject(parameters, status, reason, None, ())
        instance = drawn(problem, question)
        parameters = instance.parameters
        with undisturbed():  # the user's file and the backend have imported what they import
            truth = judge.find_truth(question)
            if question.low:
                return _judged_low(truth, asked, posed, instance)
            answers, alone = _answers(asked, posed, instance)
            both = answers.get("float64"), answers.get("float32")
            found = checked(truth, backend.name, *both)
            finding = diagnosed(truth, found.finding, *both, seconds=asked.seconds)
            if asked.variant == "idiomatic" and question.operator == "gradient":
                own = posed, backend.name, instance
                finding = with_own_rules(*own, finding, question.seed)
        return JudgedSubject(parameters, finding.status, alone, finding, found.parts)
    except Unsupported as error:
        return JudgedSubject(parameters, "unsupported", str(error), None, ())
    except (Exception, SystemExit) as error:
        return JudgedSubject(parameters, "error", _told(error), None, ())


def _judged_low(
    truth: Truth, asked: JudgeSubject, problem: Problem, instance: Instance
) -> JudgedSubject:
    """What is found in a low dtype, and at the same numbers in float32."""
    low = asked.question.low
    answer = _answer(asked, problem, instance, low)
    try:
        narrow = _answer(asked, problem, instance, "float32")
    except (Exception, SystemExit):  # the low dtype alone is judged
        narrow = None
    finding, errors = judge_both(truth, answer, narrow, low, asked.seconds)
    own = () if errors is None else parts(errors)
    return JudgedSubject(instance.parameters, finding.status, "", finding, own)


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
    answer = gradient_check.answered(problem, backend, operator, instance, dtype)
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
