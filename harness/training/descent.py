"""A descent, step by step: from a course to its record."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers import catalogue
from gradparity.backends.optimizers.optimizer import Stalled, Vector
from gradparity.harness.planning.lookup import find
from gradparity.harness.training import convergence, landscape_end, schedules
from gradparity.harness.training.accuracy import accuracy
from gradparity.harness.training.batches import Batches
from gradparity.harness.training.course import Course, known_minimum, problem_of
from gradparity.harness.training.history import Recording, wanted
from gradparity.harness.training.landscape_end import End
from gradparity.harness.training.objective import Objective
from gradparity.harness.training.prepared import Workshop
from gradparity.harness.training.stopping import Ending, Stopping, target
from gradparity.harness.training.walks import Searching, Seen, TrainingStepper, Walk, norms_of
from gradparity.results.records.descent import Descent, History
from gradparity.results.records.record import label


class Descending:
    """A descent under way.

    steps: made so far. loss: the last that is known, of the iterate before the last step, or of its
        batch. ended: whether a rule has ended it; `advance` then does nothing.
    """

    def __init__(self, course: Course, workshop: Workshop | None = None) -> None:
        """Draw the instance and prepare the step, which may compile.

        workshop: where what earlier descents have prepared is used again; one's own without it.
        Raises: InputError, as `check` does if it is asked first; Unsupported and Unavailable.
        """
        self.course, self._workshop = course, workshop or Workshop()
        self.steps, self.ended = 0, False
        self._problem, self._backend = problem_of(course), load(course.backend)
        self._optimizer = catalogue.find(course.optimizer)
        self._instance = self._problem.instance(course.size, course.seed)
        self._factor = schedules.factors(course.schedule, course.budget.steps)
        self._rate = course.rate or self._optimizer.rate
        self._seconds = 0.0
        self._moving = False

        plane = self._instance.parameters == 2
        self._batches = None
        if course.batch is not None:
            data = self._instance.data
            self._batches = Batches(self._problem, data, course.batch, course.seed)
        with np.errstate(all="ignore"):
            self._walk = self._start(plane)
        self._recording = Recording(
            tuple(self._instance.params) if course.norms else (), course.measure_time, plane
        )

        # What the harness looks at for itself is nobody's evaluation.
        self._own = Objective(
            self._backend, self._problem, self._instance, Setting(course.dtype), self._workshop
        )
        with np.errstate(all="ignore"):
            theta = self._walk.theta()
            self._first, gradient = self._own.gradient(theta)
        self.loss = self._best = self._first
        self._minimum = known_minimum(self._problem.name, course.file, course.size, course.seed)
        goal = target(course.budget, self._first, self._minimum)
        self._looks = goal is not None or course.budget.plateau is not None
        self._stopping = Stopping(course.budget, self._first, goal)
        if isinstance(self._walk, Searching):
            norms = norms_of(self._own.layout, gradient) if course.norms else {}
            point = theta if plane else None
            self._recording.add(0, self._first, self._walk.evaluations, 0.0, norms, point)
        self._ending = self._stopping.diverged(0, self._first) or self._stopping.arrived(
            0, self._first
        )
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

    def _start(self, plane: bool) -> Walk:
        where = self.course, self._problem, self._backend, self._instance, self._workshop
        if self._optimizer.kind == "search":
            return Searching(*where, plane)
        return TrainingStepper(*where, plane, self._batches)

    def _advance(self) -> Ending | None:
        rate = 1.0 if self._rate is None else self._rate * self._factor(self.steps)
        self._moving = True
        try:
            seen = self._walk.step(self.steps, rate)
        except Stalled as stop:
            self._moving = False
            _, gradient = self._own.gradient(self._walk.theta())
            status = "plateau" if gradient.any() else "gradient"
            return Ending(status, f"stalled at step {self.steps}: {stop}")
        self._moving = False
        self._note(seen)
        self.steps += 1
        self._seconds += seen.seconds
        return (
            self._stopping.diverged(seen.at, seen.loss)
            or self._arrived(seen)
            or self._stopping.flat(seen.at, _total(seen.norms))
            or self._stopping.spent(self.steps, self._seconds)
        )

    def _note(self, seen: Seen) -> None:
        """Record the iterate; the time is that at which it was reached."""
        self.loss = seen.loss
        if self._batches is None:
            self._best = min(self._best, seen.loss)
        reached = self._seconds + (seen.seconds if seen.at > self.steps else 0.0)
        self._recording.complete(self.steps, seen.before)
        if wanted(seen.at):
            self._recording.add(
                seen.at, seen.loss, seen.evaluations, reached, seen.norms, seen.point
            )

    def _arrived(self, seen: Seen) -> Ending | None:
        """Whether the loss of the whole data says so; of mini-batches, once an epoch."""
        if self._batches is None:
            return self._stopping.arrived(seen.at, seen.loss)
        if not self._looks or self.steps % self._batches.per_epoch:
            return None
        loss = self._own.value(self._walk.theta())
        self._best = min(self._best, loss)
        return self._stopping.arrived(self.steps, loss)

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

    def _recorded(self) -> Descent:
        recording = self._recording.copy()  # a descent that goes on has not come to its last one
        final, end, share = self._final(recording)
        ending = self._ending or Ending("interrupted", f"interrupted at step {self.steps}")
        history = recording.history()
        course = self.course
        losses = history.losses if self._batches is None else np.array([])
        return Descent(
            problem=self._problem.name,
            size=course.size,
            parameters=self._instance.parameters,
            backend=label(self._backend.name, course.variant),
            how=self._walk.how,
            optimizer=course.optimizer,
            options=dict(course.options),
            rate=self._rate,
            schedule=course.schedule,
            batch=course.batch,
            seed=course.seed,
            dtype=course.dtype,
            status=ending.status,
            reason=ending.reason,
            steps=self.steps,
            evaluations=self._walk.evaluations,
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

    def _final(self, recording: Recording) -> tuple[float, End, float | None]:
        """The loss of the whole data at the last iterate, the landscape and the accuracy there."""
        if self._moving:  # the step was cut off: its state may be half old, half new
            return math.nan, landscape_end.UNKNOWN, None
        theta = self._walk.theta()
        final, gradient = self._own.gradient(theta)
        self._best = min(self._best, final)
        if self._batches is None and recording.last < self.steps:
            norms = norms_of(self._own.layout, gradient) if self.course.norms else {}
            recording.add(self.steps, final, self._walk.evaluations, self._seconds, norms, theta)
        theta, gradient = theta.astype(np.float64), gradient.astype(np.float64)
        end = landscape_end.UNKNOWN
        diverged = self._ending is not None and self._ending.status == "diverged"
        if self.course.landscape and not diverged:
            end = landscape_end.classify(
                self._backend,
                find(self.course.problem, self.course.file),
                self._instance,
                theta,
                gradient,
                self._workshop,
            )
        params = self._own.layout.views(theta)
        course = self.course
        share = accuracy(self._problem, course.size, course.seed, self._instance, params)
        return final, end, share


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
