"""A descent, step by step: from a spec to its record."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers import catalogue
from gradparity.backends.optimizers.contract.optimizer import Stalled, Vector
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.planning.lookup import find
from gradparity.harness.training.descents import convergence, landscape_end, schedules
from gradparity.harness.training.descents.accuracy import accuracy
from gradparity.harness.training.descents.averaged import AveragedStepper, average_of
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.history import GrowingHistory, wanted
from gradparity.harness.training.descents.landscape_end import Landscape
from gradparity.harness.training.descents.looks import Looking
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.places import limits_of, started
from gradparity.harness.training.descents.prepared_cache import PreparedCache, PreparedLoss
from gradparity.harness.training.descents.problem import known_minimum, problem_of
from gradparity.harness.training.descents.steppers import (
    Iterate,
    SearchStepper,
    Stepper,
    TrainingStepper,
    norms_of,
)
from gradparity.harness.training.descents.stopping import (
    LOST,
    UNBOUNDED,
    Ending,
    Stopping,
    target,
    without_steps,
)
from gradparity.results.records.descent import Descent, History


class RunningDescent:
    """A descent under way.

    steps: made so far. loss: the last that is known, of the iterate before the last step, or of its
        batch. ended: whether a rule has ended it; `advance` then does nothing.
    """

    def __init__(self, spec: DescentSpec, cache: PreparedCache | None = None) -> None:
        """Draw the instance and prepare the step, which may compile.

        cache: where what earlier descents have prepared is used again; one's own without it.
        Raises: InputError, as `check` does if it is asked first; Unsupported and Unavailable.
        """
        self.spec = spec
        self.steps, self.ended = 0, False
        self._problem = problem_of(spec)
        self._optimizer = catalogue.find(spec.optimizer)
        drawn = self._problem.instance(spec.size, spec.seed)
        self._instance = started(self._problem, drawn, spec.start)
        self._limits = limits_of(self._problem, drawn, spec.bounds) if spec.bounds else None
        self._loss = PreparedLoss(
            load(spec.backend),
            self._problem,
            self._instance,
            Setting(spec.dtype),
            cache or PreparedCache(),
        )
        self._factor = schedules.factors(spec.schedule, spec.budget.steps)
        self._rate = spec.rate or self._optimizer.rate
        self._seconds = 0.0
        self._moving = False

        plane = self._instance.parameters <= 2
        self._keeps = plane or spec.budget.ends_at_an_iterate
        self._batches = None
        if spec.batch is not None:
            data = self._instance.data
            self._batches = Batches(self._problem, data, spec.batch, spec.seed)
        with np.errstate(all="ignore"):
            self._stepper = self._start(self._keeps)
        self._history = GrowingHistory(
            tuple(self._instance.params) if spec.norms else (), spec.measure_time, plane
        )

        # What the harness looks at for itself is nobody's evaluation.
        self._own = CountedObjective(self._loss)
        with np.errstate(all="ignore"):
            theta = self._stepper.theta()
            self._first, gradient = self._own.gradient(theta)
        self.loss = self._best = self._first
        self._minimum = known_minimum(self._problem.name, spec.file, spec.size, spec.seed)
        goal = target(spec.budget, self._first, self._minimum)
        self._looks = goal is not None or spec.budget.plateau is not None
        self._stopping = Stopping(spec.budget, self._first, goal)
        if isinstance(self._stepper, SearchStepper):
            norms = norms_of(self._own.layout, gradient) if spec.norms else {}
            point = theta if plane else None
            self._history.add(0, self._first, self._stepper.evaluations, 0.0, norms, point)
        self._ending = self._stopping.lost(0, self._first) or self._stopping.arrived(0, self._first)
        self._last: Iterate | None = None
        self._looking = Looking(spec, self._problem, self._loss)
        if self._looking.wanted and self._ending is None:
            with np.errstate(all="ignore"):
                self._ending = self._looking.look(0, self._first, theta)
        self.ended = self._ending is not None
        self._record: Descent | None = None

    def advance(self, seconds: float) -> bool:
        """Make steps for so long, one at least, or until the descent ends; whether it has."""
        until = time.perf_counter() + seconds
        with np.errstate(all="ignore"):
            while not self.ended:
                self._ending = self._advance()
                self.ended = self._ending is not None
                if time.perf_counter() >= until:
                    break
        return self.ended

    def _start(self, points: bool) -> Stepper:
        if self._optimizer.kind == "search":
            return SearchStepper(self.spec, self._loss, points, self._limits)
        averaged = average_of(self.spec.optimizer, self.spec.options) is not None
        stepper = AveragedStepper if averaged else TrainingStepper
        return stepper(self.spec, self._loss, points, self._batches, self._limits)

    def _advance(self) -> Ending | None:
        rate = 1.0 if self._rate is None else self._rate * self._factor(self.steps, self.loss)
        self._moving = True
        self._stepper.points = self._keeps or self._looking.due(self.steps)
        try:
            iterate = self._stepper.step(self.steps, rate)
        except Stalled as stop:
            self._moving = False
            _, gradient = self._own.gradient(self._stepper.theta())
            status = "plateau" if gradient.any() else "gradient"
            return Ending(status, f"stalled at step {self.steps}: {stop}")
        self._moving = False
        self._note(iterate)
        self.steps += 1
        self._seconds += iterate.seconds
        ending = (
            self._stopping.lost(iterate.at, iterate.loss)
            or self._arrived(iterate)
            or self._looked(iterate)
            or self._stopping.flat(iterate.at, _total(iterate.norms))
        )
        if ending is None:
            return self._stopping.spent(self.steps, self._seconds)
        if iterate.at < self.steps and ending.step == iterate.at:
            # A training step tells of where it began: there the descent ends, the step is undone.
            self.steps, self._last = iterate.at, iterate
        return ending

    def _note(self, iterate: Iterate) -> None:
        """Record the iterate; the time is that at which it was reached."""
        self.loss = iterate.loss
        if self._batches is None and not iterate.loss < -UNBOUNDED:
            self._best = min(self._best, iterate.loss)
        reached = self._seconds + (iterate.seconds if iterate.at > self.steps else 0.0)
        self._history.complete(self.steps, iterate.before)
        if wanted(iterate.at):
            self._history.add(
                iterate.at, iterate.loss, iterate.evaluations, reached, iterate.norms, iterate.point
            )

    def _arrived(self, iterate: Iterate) -> Ending | None:
        """Whether the loss of the whole data says so; of mini-batches, once an epoch."""
        if self._batches is None:
            return self._stopping.arrived(iterate.at, iterate.loss)
        if not self._looks or self.steps % self._batches.per_epoch:
            return None
        loss = self._own.value(self._stepper.theta())
        self._best = min(self._best, loss)
        return self._stopping.arrived(self.steps, loss)

    def _looked(self, iterate: Iterate) -> Ending | None:
        """Look at the cases held out, where that is due; whether a target on them is reached."""
        if self._batches is None:
            point = iterate.point
            if not self._looking.due(iterate.at):
                return None
            if point is None and iterate.at == self.steps:
                point = self._stepper.theta()
            return None if point is None else self._looking.look(iterate.at, iterate.loss, point)
        epoch, rest = divmod(self.steps, self._batches.per_epoch)
        if rest or not self._looking.due(epoch):
            return None
        theta = self._stepper.theta()
        return self._looking.look(self.steps, self._own.value(theta), theta)

    def descent(self) -> Descent:
        """The record up to here, with its history; "interrupted" where no rule has ended it yet.

        At the end the whole loss is evaluated once more, and the landscape looked at.
        """
        if self._record is not None:
            return self._record
        with np.errstate(all="ignore"):
            record = self._recorded()
        self._record = record if self.ended else None
        return record

    def theta(self) -> Vector:
        """The parameters, (P,), of the iterate that the descent is at, or has ended at."""
        point = self._last.point if self._last is not None else None
        return self._stepper.theta() if point is None else np.asarray(point)

    def _recorded(self) -> Descent:
        growing = self._history.copy()  # a descent that goes on has not come to its last one
        final, end, share = self._final(growing)
        ending = self._ending or Ending("interrupted", f"interrupted at step {self.steps}")
        average = average_of(self.spec.optimizer, self.spec.options)
        if average is not None and ending.status not in ("budget", "interrupted"):
            ending = replace(ending, reason=f"{ending.reason} (average {average})")
        history = replace(growing.history(), looks=self._looking.looks(self.steps))
        losses = history.losses if self._batches is None else np.array([])
        return replace(
            without_steps(self.spec, ending),
            parameters=self._instance.parameters,
            how=self._stepper.how,
            rate=self._rate,
            steps=self.steps,
            evaluations=self._stepper.evaluations,
            first_loss=_finite(self._first),
            final_loss=_finite(final),
            best_loss=_finite(self._best),
            minimum=self._minimum,
            convergence=convergence.factor(
                history.steps[: len(losses)], losses, self._minimum, _totals(history)
            )
            if len(losses)
            else None,
            end=end.kind,
            lowest=end.lowest,
            highest=end.highest,
            accuracy=share,
            history=history,
        )

    def _final(self, growing: GrowingHistory) -> tuple[float, Landscape, float | None]:
        """The loss of the whole data at the last iterate, the landscape and the accuracy there.

        Where steps or time have ended the descent, the loss there may yet say why else it ends.
        """
        if self._moving:  # the step was cut off: its state may be half old, half new
            return math.nan, landscape_end.UNKNOWN, None
        if self._last is not None and self._last.point is None:
            return self._lost(growing, self._last), landscape_end.UNKNOWN, None
        theta = self.theta()
        final, gradient = self._own.gradient(theta)
        if self._ending is not None and self._ending.status == "budget":
            norm = float(np.linalg.norm(gradient.astype(np.float64)))
            self._ending = (
                self._stopping.lost(self.steps, final)
                or self._stopping.at_target(self.steps, final)
                or (self._stopping.flat(self.steps, norm) if self._batches is None else None)
                or self._ending
            )
        if self._looking.wanted:
            met = self._looking.look(self.steps, final, theta)
            if self._ending is not None and self._ending.status == "budget":
                self._ending = met or self._ending
        lost = self._ending is not None and self._ending.status in LOST
        if not lost:
            self._best = min(self._best, final)
        if self._batches is None and growing.last < self.steps:
            norms = norms_of(self._own.layout, gradient) if self.spec.norms else {}
            growing.add(self.steps, final, self._stepper.evaluations, self._seconds, norms, theta)
        theta, gradient = theta.astype(np.float64), gradient.astype(np.float64)
        if lost:
            return final, landscape_end.UNKNOWN, None
        end = landscape_end.UNKNOWN
        if self.spec.landscape:
            portable = find(self.spec.problem, self.spec.file)
            end = landscape_end.classify(replace(self._loss, problem=portable), theta, gradient)
        if self._limits is not None and _pressed(theta, gradient, self._limits):
            end = Landscape("bound")
        params = self._own.layout.views(theta)
        spec = self.spec
        share = accuracy(self._problem, spec.size, spec.seed, self._instance, params)
        return final, end, share

    def _lost(self, growing: GrowingHistory, last: Iterate) -> float:
        """Record the last iterate, whose place is not kept; its loss, NaN of a batch."""
        if growing.last < last.at:
            growing.add(last.at, last.loss, last.evaluations, self._seconds, last.norms, None)
        return last.loss if self._batches is None else math.nan


def _pressed(theta: Vector, gradient: Vector, limits: tuple[Vector, Vector]) -> bool:
    """Whether a bound keeps a parameter from going further down."""
    low, high = limits
    return bool(np.any((theta <= low) & (gradient > 0.0) | (theta >= high) & (gradient < 0.0)))


def _finite(loss: float) -> float | None:
    return float(loss) if math.isfinite(loss) else None


def _total(norms: Mapping[str, float]) -> float:
    """The norm of the whole gradient; NaN where none is known."""
    return math.sqrt(sum(norm * norm for norm in norms.values())) if norms else math.nan


def _totals(history: History) -> Vector | None:
    """The same for every recorded iterate; None where no norms were recorded."""
    if not history.norms:
        return None
    return np.sqrt(sum(np.square(series) for series in history.norms.values()))
