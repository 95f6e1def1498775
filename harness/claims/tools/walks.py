"""Descents with our own optimisers on a catalogue's problem, and what curvature says on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gradparity.backends import Setting, Training
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views.paths import Path, prepared_cache, walked
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout

Vectors = npt.NDArray[np.float64]

ENGINE = "tape"
"""Whose gradients descents go by: every machine has it, and no other is faster at these sizes."""


def loss_of(
    problem: str | Problem, instance: Instance, backend: str = ENGINE, dtype: str = "float64"
) -> PreparedLoss:
    """The loss by a backend; what is prepared of it serves every descent of the same shapes."""
    known = PROBLEMS[problem] if isinstance(problem, str) else problem
    return PreparedLoss(load(backend), known, instance, Setting(dtype=dtype), prepared_cache())


def objective_of(problem: str | Problem, instance: Instance) -> CountedObjective:
    """The loss as a function of one vector: value, gradient, hvp, hessian."""
    return CountedObjective(loss_of(problem, instance))


def flat(instance: Instance) -> Vectors:
    """The instance's parameters as one vector (P,)."""
    return Layout.of(instance.params).flatten(instance.params)


def quadratic(kappa: float, start: Sequence[float] | None = None) -> Instance:
    """½ (x₁² + κ x₂²) from `start`, by default (κ, 1), where steepest descent is slowest."""
    x = np.array([kappa, 1.0] if start is None else start, dtype=np.float64)
    return Instance({"x": x}, {"curvature": np.array([1.0, kappa])}, {"x": np.ones(2)})


def path(
    problem: str | Problem,
    instance: Instance,
    optimizer: str,
    rate: float,
    steps: int,
    seed: int = 0,
    **options: float | None,
) -> Path:
    """Every iterate of an update at a constant rate, from the instance's parameters on."""
    loss = loss_of(problem, instance)
    training = Training(optimizer, options, seed)
    value = CountedObjective(loss).value
    return walked(loss, training, [rate] * steps, flat(instance), value, np.zeros((steps, 2)))


@dataclass(frozen=True, slots=True)
class Trained:
    """losses: (K,), as each step saw it before it moved. theta: (P,), where it ended."""

    losses: Vectors
    theta: Vectors

    def steps_to(self, level: float) -> float:
        """The first step whose loss is at most `level`; infinite where none is."""
        there = np.flatnonzero(self.losses <= level)
        return float(there[0]) if len(there) else np.inf

    @property
    def loss(self) -> float:
        """The last loss; infinite where it was no number."""
        last = float(self.losses[-1])
        return last if np.isfinite(last) else np.inf


def trained(
    problem: str | Problem,
    instance: Instance,
    optimizer: str,
    rates: Sequence[float],
    batch: int | None = None,
    seed: int = 0,
    watch: Callable[[int, Vectors], object] | None = None,
    every: int = 1,
    until: float | None = None,
    **options: float | None,
) -> Trained:
    """One step for each of `rates`, then the loss of all cases; it ends early where it overflows.

    batch: cases a step, None for all; seed: of their order. until: a loss at which it stops.
    watch: told (k, theta) before every `every`th step; where it says True, that is the end.
    """
    loss, layout = loss_of(problem, instance), Layout.of(instance.params)
    batches, first = None, instance
    if batch is not None and batch < len(instance.data[loss.problem.cases[0]]):
        batches = Batches(loss.problem, instance.data, batch, seed)
        first = Instance(instance.params, batches.batch(0))
    step = replace(loss, instance=first).training_step(Training(optimizer, options, seed))
    whole = step.batch(first.data)
    state = step.start({name: np.array(x) for name, x in instance.params.items()})
    losses = []
    with np.errstate(all="ignore"):
        for k, rate in enumerate(rates):
            due = watch is not None and k % every == 0
            if due and watch(k, layout.flatten(step.params(state))) is True:  # type: ignore[misc]
                break
            seen = whole if batches is None else step.batch(batches.batch(k))
            state, report = step.run(state, seen, rate)
            losses.append(step.report(report)[0])
            if not np.isfinite(losses[-1]) or (until is not None and losses[-1] <= until):
                break
        theta = layout.flatten(step.params(state)).astype(np.float64)
        losses.append(CountedObjective(loss).value(theta))
    return Trained(np.array(losses), theta)


def moved(instance: Instance, theta: Vectors) -> Instance:
    """The instance with its parameters at theta."""
    params: Arrays = Layout.of(instance.params).views(theta.copy())
    return Instance(params, instance.data, instance.direction)


def held_out(problem: str, size: str, seed: int) -> Arrays:
    """The cases that the instance of this size and seed has left out."""
    known = PROBLEMS[problem]
    assert known.held_out is not None
    return known.held_out(np.random.default_rng(seed), **known.keywords(size))


def sharpness(objective: CountedObjective, theta: Vectors, relative: bool = False) -> float:
    """The largest eigenvalue of the Hessian H at theta, by Lanczos' method.

    relative: of D H D, D = diag |θ|, instead: scaling a ReLU unit's inputs by c and its outputs by
    1/c scales H's rows and columns by 1/c and c, D's by c and 1/c, and changes nothing of it.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    scale = np.abs(theta) if relative else np.ones_like(theta)

    def product(v: Vectors) -> Vectors:
        return scale * objective.hvp(theta, scale * v.ravel())

    if theta.size <= 40:
        matrix = np.stack([product(unit) for unit in np.eye(theta.size)], axis=1)
        return float(np.linalg.eigvalsh(0.5 * (matrix + matrix.T))[-1])
    start = np.random.default_rng(0).standard_normal(theta.size)
    operator = LinearOperator((theta.size, theta.size), matvec=product, dtype=np.float64)
    found = eigsh(operator, k=1, which="LA", v0=start, tol=1e-3, return_eigenvectors=False)
    return float(found[0])
