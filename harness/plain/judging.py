"""The one place where a plain function meets the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backends import Answer
from harness.judge import CONSTANT, Judge, Verdict
from harness.plain.translation import Translation, Untranslatable
from problems import Arrays, InputError, Instance, Problem

_LABEL = "yours"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found of a gradient.

    status: "ok", or what is wrong: "formula", "unstable", "low-precision", "dtype-leak",
        "nonfinite", "wrong value".
    place: one line, "" if ok: the worst place, what it is and what it should be.
    oracle: what judged it. u: the largest error in eps of its dtype.
    """

    status: str
    place: str
    oracle: str
    u: float


def judged(
    translation: Translation, params: Arrays, answers: Mapping[str, Answer], seed: int
) -> Outcome:
    """The outcome for the answers {dtype: value and gradient}, held against the translated loss.

    params: float64 arrays with float32 values. answers: of "float64", and of "float32" if there is.
    Raises: Untranslatable if the loss cannot be evaluated on dual numbers.
    """
    problem = Problem("yours", translation.loss, lambda rng: instance, {}, "a plain function")
    instance = Instance(params, translation.data)
    verdicts: dict[str, Verdict] = {}
    oracle = ""
    for dtype, answer in answers.items():
        try:
            judge = Judge(problem, instance, "gradient", dtype, seed)
            judgement = judge.judge({_LABEL: answer})
        except InputError as error:
            raise Untranslatable(str(error)) from error
        verdicts[dtype], oracle = judgement.verdicts[_LABEL], judgement.oracle
    return outcome(verdicts, answers, f"{oracle}, of {translation.how}")


def outcome(verdicts: Mapping[str, Verdict], answers: Mapping[str, Answer], oracle: str) -> Outcome:
    """The outcome that the verdicts on the two dtypes are together."""
    errors = {dtype: v.max_error / float(np.finfo(dtype).eps) for dtype, v in verdicts.items()}
    wrong = [dtype for dtype, verdict in verdicts.items() if verdict.status != "ok"]
    if not wrong:
        return Outcome("ok", "", oracle, max(errors.values()))
    told = verdicts[wrong[0]]
    status = _status(told.status, wrong, errors, answers)
    place = told.reason + ("" if wrong[0] == "float64" else ", in float32")
    return Outcome(status, place, oracle, errors[wrong[0]])


def _status(
    told: str, wrong: list[str], errors: Mapping[str, float], answers: Mapping[str, Answer]
) -> str:
    if told in ("nonfinite", "wrong value"):
        return told
    if "float64" not in wrong:
        return "low-precision"
    # Wrong by more than float32 rounding, round numbers are float32 numbers by chance.
    near = errors["float64"] * np.finfo("float64").eps <= CONSTANT * np.finfo("float32").eps
    if near and _single(answers):
        return "dtype-leak"
    ratio = errors["float64"] / max(errors.get("float32", 0.0), 1.0)
    return "formula" if ratio > CONSTANT or "float32" not in wrong else "unstable"


def _single(answers: Mapping[str, Answer]) -> bool:
    """Whether the float64 gradient holds float32 numbers alone, and not only round ones."""
    double = answers["float64"].derivative
    if "float32" in answers:
        single = answers["float32"].derivative
        return all(np.array_equal(x, single[name]) for name, x in double.items())
    return all(np.array_equal(x, np.asarray(x).astype(np.float32)) for x in double.values())
