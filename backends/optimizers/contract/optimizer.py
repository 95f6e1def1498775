"""What an optimiser is: a rule that moves the parameters, all of them in one flat vector.

θ and the gradient g are float arrays of shape (P,), so that a step is a handful of ufuncs however
many arrays the parameters are (`problems/layout.py` says how they lie in it). There are two kinds:

- an *update* is told the gradient and moves θ: descent, momentum, Adam, ... What it does depends on
  the gradients alone, so that any library's optimiser can be fed the same ones and compared;
- a *search* asks for what it needs, values, gradients, Hessian times vector: L-BFGS, Newton, trust
  region, and the gradient-free ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, Protocol

import numpy as np

Vector = np.ndarray[Any, Any]
"""A float array of shape (P,)."""

Limits = tuple[Vector, Vector]
"""(low, high), (P,) each, infinite where there is no bound: low <= theta <= high."""

Update = Callable[[Vector, Vector, float], None]
"""update(theta, gradient, rate): moves theta in place; it may overwrite gradient.

A descent that diverges overflows: what NumPy says to that is its caller's to set (`np.errstate`).
"""

Move = Callable[[Vector, float], float | None]
"""move(theta, rate): a search's step, in place; a search without a rate of its own ignores it.

Returns the loss where theta then is, if the search knows it; None where it never looked there.
Where it cannot go on it raises `Stalled`. Between two steps theta is the search's: whoever moves it
starts another search. Points that a search tries may lie outside the loss's domain: a loss that is
not finite there counts as infinite.
"""


class Stalled(Exception):
    """Raised by a step that found nothing better; the text says why.

    theta is where it was before the step. The next step, where everything is deterministic, stalls
    again: the gradient is exactly 0, or the loss no longer changes but by rounding.
    """


class Differentiable(Protocol):
    """What a line search may ask: the loss and its gradient at theta."""

    def value(self, theta: Vector) -> float:
        """The loss."""
        ...

    def gradient(self, theta: Vector) -> tuple[float, Vector]:
        """The loss and its gradient, (P,), an array of the caller's own."""
        ...


class Objective(Differentiable, Protocol):
    """What a search may ask about the loss at theta; every call is counted by who gives it out."""

    def hvp(self, theta: Vector, direction: Vector) -> Vector:
        """The Hessian times a direction, (P,)."""
        ...

    def hessian(self, theta: Vector) -> np.ndarray[Any, Any]:
        """The Hessian, (P, P)."""
        ...

    def residuals(self, theta: Vector) -> Vector:
        """The residuals, (m,), of a loss that is half the sum of their squares."""
        ...

    def jacobian(self, theta: Vector) -> np.ndarray[Any, Any]:
        """The Jacobian of the residuals, (m, P)."""
        ...


EVERY_UPDATE: Mapping[str, Any] = {"weight_decay": 0.0, "clip": None, "average": None}
"""The options that every update has: name -> default; see `conditioning.py`, and `averaging.py` for
what is judged by the average of its iterates."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimiser of the catalogue; its module has one of these as `OPTIMIZER`.

    kind: "update" or "search".
    start: of an update, start(theta, rng, **options) -> Update; of a search,
        start(objective, theta, rng, **options) -> Move. theta is the start, (P,), for shape and
        dtype; rng a NumPy generator, used by those who draw. Options are keyword-only.
        An update acts on every entry by itself, so that blocks of theta can have one each; one
        that is `shaped` on every array by itself: start(theta, rng, shapes, **options).
        A search that is `bounded` keeps between limits: start(objective, theta, rng, limits,
        **options), limits of None where there are none. An update is projected onto them.
    needs: the operators that it asks a backend for, for example ("gradient", "hvp").
    rate: the rate that it takes where none is named; None where it has none (L-BFGS).
    source: where the equations come from.
    library: the module beyond NumPy that it is made of ("scipy"); None for most.
    shaped: whether it is told the shapes of the parameters, in their order in theta (Muon).
    bounded: whether it is told bounds, a search, and keeps between them.
    """

    name: str
    kind: str
    start: Callable[..., Any]
    needs: tuple[str, ...]
    rate: float | None
    source: str
    library: str | None = None
    shaped: bool = False
    bounded: bool = False

    @property
    def own_options(self) -> Mapping[str, Any]:
        """The options that `start` names, and their defaults."""
        return {
            name: parameter.default
            for name, parameter in signature(self.start).parameters.items()
            if parameter.kind is Parameter.KEYWORD_ONLY
        }

    @property
    def options(self) -> Mapping[str, Any]:
        """Its options and their defaults, with those that every update has."""
        own = self.own_options
        return own if self.kind != "update" else {**EVERY_UPDATE, **own}
