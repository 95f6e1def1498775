"""What training a model is for: the loss of all cases, and of those held out, along the way.

Looked at where a picture needs it, up to fifty times: every step at first, then ever more steps
apart (with mini-batches, epochs). Where a target is set on the cases held out, at every step
(epoch), since a target between two looks would be missed. Nothing of it counts as the optimiser's.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.training.descents.accuracy import accuracy
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.training.descents.stopping import Ending
from gradparity.problems import Problem
from gradparity.problems.layout import Layout
from gradparity.results.records.descent import Looks

PER_FACTOR_OF_TEN = 16


class Looking:
    """The looks at one descent. problem: as the backend has it. loss: of the cases trained on."""

    def __init__(self, spec: DescentSpec, problem: Problem, loss: PreparedLoss) -> None:
        self._spec, self._problem, self._loss = spec, problem, loss
        self._layout = Layout.of(loss.instance.params)
        self._rows: list[tuple[float, float, float, float]] = []
        self._held_out: CountedObjective | None = None
        if problem.held_out is not None:
            rest = problem.held_out(np.random.default_rng(spec.seed), **problem.keywords(spec.size))
            if len(rest[problem.cases[0]]):
                instance = replace(loss.instance, data=rest)
                self._held_out = CountedObjective(replace(loss, instance=instance))
        budget = spec.budget
        self._every = (budget.target_held_out, budget.target_accuracy) != (None, None)
        self.wanted = problem.accuracy is not None or self._held_out is not None

    def due(self, count: int) -> bool:
        """Whether to look after so many steps, or epochs."""
        if not self.wanted or count == 0:
            return False
        return self._every or count <= 4 or _place(count) > _place(count - 1)

    def look(self, step: int, loss: float, theta: Vector) -> Ending | None:
        """Note the losses and the accuracy at theta, (P,); whether a target on them is reached.

        loss: of all cases trained on, there.
        """
        if self._rows and self._rows[-1][0] == step:
            return None
        held_out = math.nan if self._held_out is None else self._held_out.value(theta)
        views = self._layout.views(theta.astype(np.float64))
        spec = self._spec
        share = accuracy(self._problem, spec.size, spec.seed, self._loss.instance, views)
        self._rows.append((step, loss, held_out, math.nan if share is None else share))
        budget = spec.budget
        if budget.target_held_out is not None and held_out <= budget.target_held_out:
            told = f"held-out loss {held_out:.6g} at step {step}, target {budget.target_held_out:g}"
            return Ending("target", told, step)
        if budget.target_accuracy is None or share is None or share < budget.target_accuracy:
            return None
        told = f"accuracy {share:.4g} at step {step}, target {budget.target_accuracy:g}"
        return Ending("target", told, step)

    def looks(self, last: int) -> Looks | None:
        """What was seen up to the last iterate; None where there is nothing to see."""
        rows = [row for row in self._rows if row[0] <= last]
        if not rows:
            return None
        table: Any = np.ascontiguousarray(np.array(rows, dtype=np.float64).T)
        return Looks(*table)


def _place(count: int) -> int:
    return math.floor(PER_FACTOR_OF_TEN * math.log10(count) + 1e-9)
