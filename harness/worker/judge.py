"""The judge of a run: holds the answers of one workload against the truth, and says why not.

It is asked twice where needed. First with the answers in the run's own dtype: what is right there
is right. For the others the answer in the other dtype is fetched, because only the two together
tell a wrong formula from poor arithmetic, and a float64 answer from a float32 one in disguise
(`harness/judging/verdicts.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.harness.judging import answers
from gradparity.harness.judging.explanation import explained
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import Ruling, judge_pair
from gradparity.harness.planning.lookup import find

Key = tuple[Any, ...]

_BOTH = ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the judge says of one subject.

    status: a verdict. reason: lines of text, "" if there is nothing to say. max_error: the largest
    error in the run's dtype, relative to M + |true|; infinity for "nonfinite" and for answers of
    another shape. unsure: whether the answer in the other dtype would tell more.
    """

    status: str
    reason: str
    max_error: float
    unsure: bool


class Judge:
    """Judges one workload after the other; the truth of the last one is kept.

    spec: what a worker needs to find a workload: problem, file, size, seed, operator, dtype.
    """

    def __init__(self) -> None:
        self._known: dict[Key, Truth] = {}
        self._early: Key | None = None

    def find_hardest(self, specs: list[dict[str, Any]]) -> None:
        """Find the truth that takes the longest, and keep it until it is asked for."""

        def work(spec: dict[str, Any]) -> int:
            problem = find(spec["problem"], spec["file"])
            instance = problem.instance(spec["size"], spec["seed"])
            return measured(problem.loss, instance.params, instance.data)[1].total

        hardest = max(specs, key=work)
        self.find_truth(hardest)
        self._early = _key(hardest)

    def find_truth(self, spec: dict[str, Any]) -> Truth:
        """The truth about a workload. Raises InputError, Disagreement."""
        key = _key(spec)
        if key not in self._known:
            # Two large ones need not be in memory at once.
            self._known = {k: truth for k, truth in self._known.items() if k == self._early}
            problem = find(spec["problem"], spec["file"])
            instance = problem.instance(spec["size"], spec["seed"])
            self._known[key] = Truth(problem, instance, spec["operator"], spec["seed"])
        if key == self._early:
            self._early = None
        return self._known[key]

    def judge(self, spec: dict[str, Any], files: dict[str, dict[str, str]]) -> dict[str, Any]:
        """The oracle, the bound on errors, and an `Opinion` by label.

        files: label -> {dtype: file with the answer}; of the run's dtype, and perhaps the other.
        """
        truth = self.find_truth(spec)
        eps = float(np.finfo(spec["dtype"]).eps)
        found = {}
        for label, by_dtype in files.items():
            given = {dtype: answers.read(Path(file)) for dtype, file in by_dtype.items()}
            ruling = judge_pair(truth, *map(given.get, _BOTH))
            unsure = len(given) == 1 and ruling.status in ("formula", "low-precision")
            why = explained(truth, ruling, *map(given.get, _BOTH))
            found[label] = _opinion(ruling, why, unsure, spec["dtype"], eps)
        return {"oracle": truth.oracle, "bound": truth.bound * eps, "opinions": found}


def _key(spec: dict[str, Any]) -> Key:
    return tuple(spec[name] for name in ("file", "problem", "size", "seed", "operator"))


def _opinion(ruling: Ruling, why: str, unsure: bool, dtype: str, eps: float) -> Opinion:
    u = ruling.u64 if dtype == "float64" else ruling.u32
    return Opinion(
        status=ruling.status,
        reason="" if ruling.status == "ok" else f"{ruling.line()}\n{why}".strip(),
        max_error=float("inf") if u is None else u * eps,
        unsure=unsure,
    )
