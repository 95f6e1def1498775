"""The judge of a run: holds the answers of one workload against the truth, and says why not.

It is asked twice where needed. First with the answers in the run's own dtype: what is right there
is right. For the others the answer in the other dtype is fetched, because only the two together
tell a wrong formula from poor arithmetic, and a float64 answer from a float32 one in disguise
(`harness/judging/verdicts.py`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.harness.judging import answers
from gradparity.harness.judging.explanation import explained
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import Ruling, judge_pair
from gradparity.harness.messages.requests import Done, Judgement, Opinion
from gradparity.harness.messages.spec import Question
from gradparity.harness.planning.lookup import find
from gradparity.problems import Instance, Problem

_BOTH = ("float64", "float32")


class Judge:
    """Judges one workload after the other; the truth of the last one is kept."""

    def __init__(self) -> None:
        self._known: dict[Question, Truth] = {}
        self._early: Question | None = None

    def find_hardest(self, questions: tuple[Question, ...]) -> Done:
        """Find the truth that takes the longest, and keep it until it is asked for."""

        def work(question: Question) -> int:
            problem, instance = _drawn(question)
            return measured(problem.loss, instance.params, instance.data)[1].total

        hardest = max(questions, key=work)
        self.find_truth(hardest)
        self._early = hardest
        return Done()

    def find_truth(self, question: Question) -> Truth:
        """The truth about a workload. Raises InputError, Disagreement."""
        if question not in self._known:
            # Two large ones need not be in memory at once.
            self._known = {k: truth for k, truth in self._known.items() if k == self._early}
            problem, instance = _drawn(question)
            self._known[question] = Truth(problem, instance, question.operator, question.seed)
        if question == self._early:
            self._early = None
        return self._known[question]

    def judge(self, question: Question, dtype: str, files: dict[str, dict[str, str]]) -> Judgement:
        """The oracle, the bound on errors, and an `Opinion` by label.

        files: label -> {dtype: file with the answer}; of the run's dtype, and perhaps the other.
        """
        truth = self.find_truth(question)
        eps = float(np.finfo(dtype).eps)
        found = {}
        for label, by_dtype in files.items():
            given = {dtype: answers.read(Path(file)) for dtype, file in by_dtype.items()}
            ruling = judge_pair(truth, *map(given.get, _BOTH))
            unsure = len(given) == 1 and ruling.status in ("formula", "low-precision")
            why = explained(truth, ruling, *map(given.get, _BOTH))
            found[label] = _opinion(ruling, why, unsure, dtype, eps)
        return Judgement(truth.oracle, truth.bound * eps, found)


def _drawn(question: Question) -> tuple[Problem, Instance]:
    problem = find(question.problem, question.file)
    return problem, problem.instance(question.size, question.seed)


def _opinion(ruling: Ruling, why: str, unsure: bool, dtype: str, eps: float) -> Opinion:
    u = ruling.u64 if dtype == "float64" else ruling.u32
    return Opinion(
        status=ruling.status,
        reason="" if ruling.status == "ok" else f"{ruling.line()}\n{why}".strip(),
        max_error=float("inf") if u is None else u * eps,
        unsure=unsure,
    )
