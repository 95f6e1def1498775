"""The one place where a plain function meets the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradparity.backends import Answer
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.explanation import explained
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.harness.plain.steps.translation import Translation, Untranslatable
from gradparity.problems import Arrays, InputError, Instance, Problem
from gradparity.results.records.statuses import RIGHT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found of a gradient.

    status: a verdict of `harness/judging/verdicts.py`, or "wrong value".
    place: one line, "" if ok: the worst place, what it is and what it should be.
    oracle: what judged it. u: the largest error in eps of its dtype. why: the diagnosis, or "".
    """

    status: str
    place: str
    oracle: str
    u: float
    why: str = ""

    @property
    def right(self) -> bool:
        """Whether the gradient is one that the mathematics allows."""
        return self.status in RIGHT


def judged(
    translation: Translation, params: Arrays, answers: Mapping[str, Answer], seed: int
) -> Outcome:
    """The outcome for the answers {dtype: value and gradient}, held against the translated loss.

    params: float64 arrays with float32 values. answers: of "float64", and of "float32" if there is.
    Raises: Untranslatable if the truth about the translated loss cannot be found.
    """
    instance = Instance(params, translation.data)
    problem = Problem("yours", translation.loss, lambda rng: instance, {}, "a plain function")
    try:
        truth = Truth(problem, instance, "gradient", seed)
    except (InputError, Disagreement) as error:
        raise Untranslatable(str(error)) from error
    both = answers["float64"], answers.get("float32")
    ruling = judge_pair(truth, *both)
    u = max(found for found in (ruling.u64, ruling.u32) if found is not None)
    oracle = f"{truth.oracle}, of {translation.how}"
    if ruling.status == "ok":
        return Outcome("ok", "", oracle, u)
    value = ruling.worst is not None and ruling.worst.parameter == "" and not ruling.right
    status = "wrong value" if value and ruling.status == "formula" else ruling.status
    place = ruling.line().rpartition(": ")[0] if not ruling.note else ruling.line()
    return Outcome(status, place, oracle, u, explained(truth, ruling, *both))
