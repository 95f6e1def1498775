"""The laws of an optimiser, tried on small losses: what a stranger's optimiser is held to.

An update moves θ in place and keeps its shape and dtype; it moves each entry by itself (each array,
if it is shaped), so that a block of θ moves as it does within the whole; it does the same again
from the same seed; it may overwrite the gradient, never keep it. A search moves θ in place, returns
the loss where it then is, or None, and leaves θ where it was when it raises `Stalled`.
"""

from __future__ import annotations

import math
from inspect import Parameter, signature
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Limits, Optimizer, Stalled, Vector

OPERATORS = ("value", "gradient", "hvp", "hessian", "jacobian")
SEED, STEPS = 7, 5


def broken_law(optimizer: Optimizer) -> str | None:
    """Which law the optimiser breaks, as what follows its name; None if it keeps them all."""
    stated = _stated(optimizer)
    if stated is not None:
        return stated
    try:
        with np.errstate(all="ignore"):
            return _update(optimizer) if optimizer.kind == "update" else _search(optimizer)
    except Exception as error:
        text = " ".join(str(error).split())
        return f"raises {type(error).__name__} on a quadratic: {text}"


def _stated(optimizer: Optimizer) -> str | None:
    """What is wrong with what it says of itself."""
    if not (isinstance(optimizer.name, str) and optimizer.name):
        return f"has the name {optimizer.name!r}; it should be text"
    if optimizer.kind not in ("update", "search"):
        return f"is of kind {optimizer.kind!r}; it should be update or search"
    if optimizer.kind == "update" and optimizer.needs != ("gradient",):
        return f"is an update that needs {optimizer.needs!r}; it is told ('gradient',) and no more"
    if not optimizer.needs or not set(optimizer.needs) <= set(OPERATORS):
        return f"needs {optimizer.needs!r}; each should be one of {', '.join(OPERATORS)}"
    rate = optimizer.rate
    if rate is None and optimizer.kind == "update":
        return "is an update without a rate; state the one that is usual"
    if rate is not None and not (math.isfinite(rate) and rate > 0.0):
        return f"has the rate {rate!r}; it should be a number above 0"
    told = ["theta", "rng"] if optimizer.kind == "update" else ["objective", "theta", "rng"]
    if optimizer.shaped and optimizer.kind == "search":
        return "is a search and shaped; only an update is told shapes"
    if optimizer.bounded and optimizer.kind == "update":
        return "is an update and bounded; only a search is told bounds"
    told += ["shapes"] if optimizer.shaped else []
    told += ["limits"] if optimizer.bounded else []
    given, asked = len(told), f"start({', '.join(told)}, *, ...)"
    parameters = list(signature(optimizer.start).parameters.values())
    places = [p for p in parameters if p.kind is not Parameter.KEYWORD_ONLY]
    if len(places) != given:
        return f"starts with {len(places)} arguments; it should be {asked}, options after the star"
    for parameter in parameters[given:]:
        if parameter.default is Parameter.empty:
            return f"has the option {parameter.name!r} without a default"
    return None


def _update(optimizer: Optimizer) -> str | None:
    rng = np.random.default_rng(SEED)
    start, gradients = rng.normal(size=6), rng.normal(size=(STEPS, 6))
    noise = np.random.default_rng(SEED)
    before = noise.bit_generator.state
    whole = _path(optimizer, start, gradients, noise)
    if isinstance(whole, str):
        return whole
    draws = noise.bit_generator.state != before
    if np.array_equal(whole[-1], start):
        return f"leaves theta where it is in {STEPS} steps along gradients that are not 0"
    again = _path(optimizer, start, gradients, np.random.default_rng(SEED))
    if not np.array_equal(whole, again):
        return "moves otherwise when it starts again from the same seed"
    block = _path(optimizer, start[:4], gradients[:, :4], np.random.default_rng(SEED))
    if not draws and not np.array_equal(block, whole[:, :4]):
        what = "array" if optimizer.shaped else "entry"
        return f"moves an {what} otherwise where others are missing; each should move by itself"
    single = gradients.astype(np.float32)
    found = _path(optimizer, start.astype(np.float32), single, np.random.default_rng(SEED))
    return found if isinstance(found, str) else None


def _path(optimizer: Optimizer, start: Vector, gradients: Any, rng: np.random.Generator) -> Any:
    """The iterates, (STEPS, P), or which law was broken on the way."""
    theta = start.copy()
    shapes = [((2, 2), (2,))[: 1 + (theta.size > 4)]] if optimizer.shaped else []
    update = optimizer.start(theta, rng, *shapes)
    path = []
    for gradient in gradients:
        if update(theta, gradient.copy(), optimizer.rate) is not None:
            return "returns something; an update moves theta in place, and returns None"
        if theta.dtype != start.dtype or theta.shape != start.shape:
            return "changes the shape or dtype of theta"
        if not np.all(np.isfinite(theta)):
            return "moves theta to what is not finite, along finite gradients"
        path.append(theta.copy())
    return np.array(path)


class _Bowl:
    """½ ‖A x - b‖², every question answered."""

    def __init__(self) -> None:
        rng = np.random.default_rng(SEED)
        self.a, self.b = rng.normal(size=(4, 3)), rng.normal(size=4)

    def residuals(self, theta: Vector) -> Vector:
        found: Vector = self.a @ theta - self.b
        return found

    def jacobian(self, theta: Vector) -> Vector:
        return self.a.copy()

    def value(self, theta: Vector) -> float:
        return 0.5 * float(np.sum(self.residuals(theta) ** 2))

    def gradient(self, theta: Vector) -> tuple[float, Vector]:
        return self.value(theta), self.residuals(theta) @ self.a

    def hvp(self, theta: Vector, direction: Vector) -> Vector:
        found: Vector = self.a.T @ (self.a @ direction)
        return found

    def hessian(self, theta: Vector) -> Vector:
        return self.a.T @ self.a


class _Allowed:
    """A bowl that answers what a search says it needs, and notes what else it is asked."""

    def __init__(self, needs: tuple[str, ...]) -> None:
        squares = ("residuals",) if "jacobian" in needs else ()
        self._bowl, self._needs = _Bowl(), {*needs, *squares}
        self.beyond = ""

    def __getattr__(self, name: str) -> Any:
        if name not in self._needs:
            self.beyond = name
        return getattr(self._bowl, name)


LIMITS = (np.array([-np.inf, -2.0, 2.5]), np.array([2.0, np.inf, 3.5]))
"""Around where a search starts; the bowl's minimum lies outside."""


def _search(optimizer: Optimizer) -> str | None:
    broken = _descends(optimizer, None)
    return broken or (_descends(optimizer, LIMITS) if optimizer.bounded else None)


def _descends(optimizer: Optimizer, limits: Limits | None) -> str | None:
    theta, bowl = np.array([1.0, -2.0, 3.0]), _Bowl()
    objective = _Allowed(optimizer.needs)
    told = [limits] if optimizer.bounded else []
    move = optimizer.start(objective, theta, np.random.default_rng(SEED), *told)
    for _ in range(STEPS):
        before = theta.copy()
        try:
            told = move(theta, optimizer.rate or 1.0)
        except Stalled:
            if not np.array_equal(theta, before):
                return "moves theta in a step that stalls"
            break
        if told is not None and not np.isclose(told, bowl.value(theta), rtol=1e-9, atol=1e-20):
            return f"returns {told!r} for a loss of {bowl.value(theta)!r} where theta then is"
        if theta.shape != (3,) or theta.dtype != np.float64:
            return "changes the shape or dtype of theta"
        if limits is not None and (np.any(theta < limits[0]) or np.any(theta > limits[1])):
            return f"moves theta to {theta.tolist()}, beyond the bounds that it is told"
    if objective.beyond:
        return f"asks for {objective.beyond}, which is not among what it says it needs"
    return None
