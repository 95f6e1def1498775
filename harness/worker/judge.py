"""The judge of a run: holds the answers of one workload against the truth, and says why not.

It is asked twice where needed. First with the answers in the run's own dtype: what is right there
is right. For the others the answer in the other dtype is fetched, because only the two together
tell a wrong formula from poor arithmetic, and a float64 answer from a float32 one in disguise
(`harness/judging/verdicts.py`).
"""

from __future__ import annotations

from pathlib import Path

from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.harness.judging import answers
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.low_precision import judge_both
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.harness.messages.judged import Judgement
from gradparity.harness.messages.request import Done
from gradparity.harness.messages.spec import Question
from gradparity.harness.planning.lookup import find
from gradparity.harness.surroundings.undisturbed import undisturbed
from gradparity.harness.worker.drawing import drawn
from gradparity.problems import Instance, Problem


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
            with undisturbed():
                found = Truth(problem, instance, question.operator, question.seed)
            self._known[question] = found
        if question == self._early:
            self._early = None
        return self._known[question]

    def judge(self, question: Question, files: dict[str, dict[str, str]]) -> Judgement:
        """What is found of each answer, and what is behind it.

        files: label -> {dtype: file with the answer}; of the run's dtype, and perhaps the other.
        """
        truth = self.find_truth(question)
        found = {}
        for label, by_dtype in files.items():
            given = {dtype: answers.read(Path(file)) for dtype, file in by_dtype.items()}
            wide, narrow = given.get("float64"), given.get("float32")
            with undisturbed():
                if question.low:
                    low = given[question.low]
                    found[label], _ = judge_both(truth, low, narrow, question.low)
                    continue
                both = wide, narrow
                found[label] = diagnosed(truth, judge_pair(truth, *both), *both)
        return Judgement(found)


def _drawn(question: Question) -> tuple[Problem, Instance]:
    problem = find(question.problem, question.file)
    return problem, drawn(problem, question)
