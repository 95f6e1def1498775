"""When a descent ends, and why, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.catalogue import called
from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.problems import InputError
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import label

HUGE = 1e10
"""A loss has diverged that has grown to so many times the start's, or 1 if that is smaller."""
UNBOUNDED = 1e100
"""A loss this far below 0 has no minimum: nothing that is meant to be minimised is as low."""
LOST = ("diverged", "unbounded")
"""How a descent ends that leaves all bounds, above or below: it has no end to speak of."""
PROGRESS = 1e-6
"""The share of itself by which the loss must fall for the descent not to stand on a plateau."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a descent ended, or why there is none; status and reason as in `Descent`.

    step: the number of the iterate that the reason is about; None where it is about none.
    """

    status: str
    reason: str
    step: int | None = None


NOT_BEGUN = Ending("interrupted", "interrupted at step 0")


def without_steps(spec: DescentSpec, ending: Ending = NOT_BEGUN) -> Descent:
    """The record of a descent of which there is no history: it never began, or its process died."""
    return Descent(
        problem=spec.problem,
        file=spec.file,
        size=spec.size,
        parameters=0,
        backend=label(load(spec.backend).name, spec.variant),
        how="",
        optimizer=called(spec.optimizer),
        options=dict(spec.options),
        rate=spec.rate,
        schedule=spec.schedule,
        batch=spec.batch,
        seed=spec.seed,
        dtype=spec.dtype,
        status=ending.status,
        reason=ending.reason,
    )


def target(budget: Budget, first_loss: float, minimum: float | None) -> float | None:
    """The loss to stop at, the higher of the two that a budget may ask for; None without either.

    Raises InputError for a share where no finite minimum is known.
    """
    asked = [] if budget.target is None else [budget.target]
    if budget.target_share is not None:
        if minimum is None or not math.isfinite(minimum):
            raise InputError(
                "a share of the way to the minimum needs a known, finite minimum; "
                "this problem has none: give a target, which is a loss"
            )
        asked.append(minimum + budget.target_share * (first_loss - minimum))
    return max(asked, default=None)


class Stopping:
    """The rules of one descent, told of every iterate's loss."""

    def __init__(self, budget: Budget, first_loss: float, target: float | None) -> None:
        self._budget, self._target = budget, target
        self._size = HUGE * max(abs(first_loss), 1.0)
        self._best, self._best_step = math.inf, 0
        self._last = first_loss

    def lost(self, step: int, loss: float) -> Ending | None:
        """Whether the loss after so many steps has left all bounds, above or below.

        What overflows on its way down is as unbounded as what is seen below -1e100.
        """
        last, self._last = self._last, loss
        if loss < -UNBOUNDED:
            return Ending("unbounded", f"unbounded: below -{UNBOUNDED:g} at step {step}", step)
        if not math.isfinite(loss) and last < -self._size:
            told = f"unbounded: {last:.3g} at step {step - 1}, then {loss}"
            return Ending("unbounded", told, step)
        if math.isfinite(loss) and loss <= self._size:
            return None
        size = f"is {loss}" if not math.isfinite(loss) else f"has grown to {loss:.3g}"
        return Ending("diverged", f"diverged at step {step}: the loss {size}", step)

    def at_target(self, step: int, loss: float) -> Ending | None:
        """Whether the loss, of the whole data, is at the target."""
        if self._target is None or not loss <= self._target:
            return None
        return Ending("target", f"loss {loss:.6g} at step {step}, target {self._target:.6g}", step)

    def arrived(self, step: int, loss: float) -> Ending | None:
        """Whether the loss, of the whole data, is at the target, or has stopped falling."""
        if (at_target := self.at_target(step, loss)) is not None:
            return at_target
        if loss < self._best - PROGRESS * abs(self._best) or math.isinf(self._best):
            self._best, self._best_step = loss, step
        patience = self._budget.plateau
        if patience is not None and step - self._best_step >= patience:
            told = f"no progress beyond loss {self._best:.6g} since step {self._best_step}"
            return Ending("plateau", told, step)
        return None

    def flat(self, step: int, norm: float) -> Ending | None:
        """Whether the gradient's norm is as small as was asked for."""
        if self._budget.gradient_norm is None or not norm <= self._budget.gradient_norm:
            return None
        return Ending("gradient", f"gradient norm {norm:.3g} at step {step}", step)

    def spent(self, steps: int, seconds: float) -> Ending | None:
        """Whether the steps or the time are used up."""
        if steps >= self._budget.steps:
            return Ending("budget", f"all {steps} steps made")
        if self._budget.seconds is not None and seconds >= self._budget.seconds:
            return Ending("budget", f"{self._budget.seconds:g} s used up after step {steps}")
        return None
