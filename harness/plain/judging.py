"""The one place where a plain function meets the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gradparity.backends import Answer
from gradparity.harness.findings.finding import Finding
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.harness.plain.steps.translation import Translation, Untranslatable
from gradparity.problems import Arrays, InputError, Instance, Problem


def truth_of(translation: Translation, params: Arrays, seed: int) -> Truth:
    """The truth about the translated loss at `params`. Raises: Untranslatable as `judged`."""
    instance = Instance(params, translation.data)
    problem = Problem("yours", translation.loss, lambda rng: instance, {}, "a plain function")
    try:
        return Truth(problem, instance, "gradient", seed)
    except (InputError, Disagreement) as error:
        raise Untranslatable(str(error)) from error


def judged(
    translation: Translation,
    params: Arrays,
    answers: Mapping[str, Answer],
    seed: int,
    seconds: float = SECONDS,
) -> Finding:
    """What is found of the answers {dtype: value and gradient}, beside the translated loss.

    params: float64 arrays with float32 values. answers: of "float64", "float32" or both.
    seconds: how long a cause is looked for.
    Raises: Untranslatable if the truth about the translated loss cannot be found.
    """
    truth = truth_of(translation, params, seed)
    both = answers.get("float64"), answers.get("float32")
    found = diagnosed(truth, judge_pair(truth, *both), *both, seconds=seconds)
    return replace(found, oracle=f"{found.oracle}, of {translation.how}")


def judged_apart(
    translations: Mapping[str, Translation],
    params: Arrays,
    answers: Mapping[str, Answer],
    seed: int,
    seconds: float = SECONDS,
    own: str = "the random numbers that it draws",
) -> Finding:
    """What is found of two answers, each beside the loss as it was read off in its dtype.

    Where random numbers are drawn, float32 draws others than float64 does; where rounding decides
    a branch, it may take another. own: which of the two, for a person.
    """
    wide, narrow = (
        judged(translations[dtype], params, {dtype: answers[dtype]}, seed, seconds)
        for dtype in ("float64", "float32")
    )
    worse = narrow if wide.right and not narrow.right else wide
    apart = f"{worse.oracle}; each dtype by {own}"
    return replace(worse, u64=wide.u64, u32=narrow.u32, oracle=apart)
