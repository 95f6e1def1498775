"""The record of a descent: one optimiser on one problem with one backend, from one start."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Series: TypeAlias = "np.ndarray[Any, Any]"
"""float64, (K + 1,): one number per recorded iterate, that of the start first."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """How a model did along the way, (L,) each, at these steps.

    losses: of all cases trained on. held_out: of the cases held out, NaN where none are. accuracy:
    the share of those answered rightly, of all where none are held out; NaN where nothing is.
    """

    steps: Series
    losses: Series
    held_out: Series
    accuracy: Series


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What happened, iterate by iterate; iterate 0 is the start.

    Every series has one entry per recorded iterate; all are recorded up to a thousand, then about
    200 in every factor of ten, and the last.

    steps: the iterate's number. losses: the loss there (of the whole data where that is what is
        descended on; of the batch for mini-batches, whose last iterate has none and is left out).
        evaluations: calls of value, gradient or hvp made until that loss was known.
        seconds: wall time spent in steps until the iterate was reached; None where not measured.
    norms: parameter -> norm of its gradient there, NaN where none was computed.
    path: (K + 1, P), the parameters, of problems with one or two of them; None for others.
    looks: of problems that hold cases out or answer them; None for others.
    """

    steps: Series
    losses: Series
    evaluations: Series
    seconds: Series | None = None
    norms: dict[str, Series] = field(default_factory=dict)
    path: np.ndarray[Any, Any] | None = None
    looks: Looks | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """One descent.

    file: the user's file that the problem stands in, as it was named; None of the catalogue's.
    backend: with its variant, "torch (idiomatic)". how: who moved the parameters, see
        `TrainingStep`. options: of the optimiser, those that were named. rate: the learning rate;
        None where the optimiser has none. schedule: "constant", "cosine", "step:0.5:100", ... with
        ":warmup=N" behind it. batch: cases per step; None for all. seed: draws the instance, the
        start, the batches and the optimiser's own noise.
    status: why it ended, one of `ENDED` or `BROKEN_OFF` in `statuses.py`; or why there is nothing,
        one of `UNANSWERED`.
    reason: the same for a person: "diverged at step 12: the loss is nan".
    steps, evaluations: in all. first_loss, final_loss, best_loss: of the whole data; None without.
    minimum: the known minimum of the loss; None where none is known.
    convergence: the factor by which loss - minimum (or the gradient's norm) shrinks per step,
        fitted to the second half; None where nothing can be fitted.
    end: what the landscape is at the end: "minimum", "saddle", "maximum", "degenerate maximum"
        (one with eigenvalues that are 0 to rounding), "flat" (as much, of no maximum), "slope"
        (the gradient is not small), "bound" (a bound keeps it from going on);
        "" where it was not looked at.
    lowest, highest: extreme eigenvalues of the Hessian there. accuracy: on held-out cases, or on
        all where the problem holds none out; None where there is no such thing.
    """

    problem: str
    size: str
    parameters: int
    backend: str
    how: str
    optimizer: str
    options: dict[str, Any]
    rate: float | None
    schedule: str
    batch: int | None
    seed: int
    dtype: str
    status: str
    reason: str = ""
    steps: int = 0
    evaluations: int = 0
    first_loss: float | None = None
    final_loss: float | None = None
    best_loss: float | None = None
    minimum: float | None = None
    convergence: float | None = None
    end: str = ""
    lowest: float | None = None
    highest: float | None = None
    accuracy: float | None = None
    history: History | None = None
    file: str | None = None

    @property
    def identity(self) -> tuple[Any, ...]:
        """What no two descents of a run share."""
        question = (self.file, self.problem, self.size, self.dtype, self.backend, self.batch)
        return (*question, self.optimizer, self.options, self.rate, self.schedule, self.seed)

    @property
    def diverged(self) -> bool:
        """Whether its loss left all bounds above, or is no number."""
        return self.status == "diverged"

    @property
    def unbounded(self) -> bool:
        """Whether its loss has no minimum: it fell below all bounds, or is known to have none."""
        return self.status == "unbounded" or self.minimum == -math.inf
