"""A descent that is judged by the average of its iterates: the update goes on from the last one.

Losses, norms, looks and the end are of the average (`backends/optimizers/updates/averaging.py`). A
training step tells nothing of it: its loss is evaluated beside, which is nobody's evaluation,
outside the step's time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gradparity.backends.optimizers.catalogue import find
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.backends.optimizers.updates.averaging import start_average
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.training.descents.steppers import Iterate, TrainingStepper, norms_of

AVERAGE = "average"


def average_of(optimizer: str, options: Mapping[str, Any]) -> str | None:
    """How the iterates are averaged, as typed; None where they are not."""
    return None if AVERAGE in find(optimizer).own_options else options.get(AVERAGE)


class AveragedStepper:
    """Training steps that tell of the average of their iterates. points: whether of its place.

    It tells of where a step began, as a training step does: of the average of the iterates so far.
    limits: as of a `TrainingStepper`; what lies between bounds has its average there.
    """

    def __init__(
        self,
        spec: DescentSpec,
        loss: PreparedLoss,
        points: bool,
        batches: Batches | None,
        limits: tuple[Vector, Vector] | None = None,
    ) -> None:
        asked = average_of(spec.optimizer, spec.options)
        assert asked is not None
        others = {name: value for name, value in spec.options.items() if name != AVERAGE}
        plain = replace(spec, options=others, norms=False)
        self._steps = TrainingStepper(plain, loss, False, batches, limits)
        self._theta = self._steps.theta()
        self._average = start_average(asked, self._theta)
        self._loss, self._batches = loss, batches
        self._whole = CountedObjective(loss)
        self.points, self._norms = points, spec.needs_norms

    @property
    def how(self) -> str:
        """Who moves the parameters."""
        return self._steps.how

    @property
    def evaluations(self) -> int:
        """Those of the training steps."""
        return self._steps.evaluations

    def step(self, number: int, rate: float) -> Iterate:
        """One training step, and the average with where it leads."""
        objective = self._objective(number)
        norms: Mapping[str, float] = {}
        if self._norms:
            loss, gradient = objective.gradient(self._theta)
            norms = norms_of(objective.layout, gradient)
        else:
            loss = objective.value(self._theta)
        point = self._theta if self.points else None
        before = self.evaluations
        made = self._steps.step(number, rate)
        if not math.isfinite(made.loss):
            loss = made.loss  # an average that stands still hides for a while what it will hold
        self._theta = self._average(self._steps.theta())
        return Iterate(number, loss, before, made.seconds, norms, point=point)

    def theta(self) -> Vector:
        """The average."""
        return self._theta.copy()

    def _objective(self, number: int) -> CountedObjective:
        """The loss that the step of this number sees."""
        if self._batches is None:
            return self._whole
        instance = replace(self._loss.instance, data=self._batches.batch(number))
        return CountedObjective(replace(self._loss, instance=instance))
