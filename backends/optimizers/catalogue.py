"""Every optimiser: name -> the module that holds it as `OPTIMIZER`, imported on request."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from gradparity.backends.optimizers.optimizer import Move, Objective, Optimizer, Vector
from gradparity.backends.optimizers.options import check
from gradparity.problems import InputError
from gradparity.problems.errors import unknown

OPTIMIZERS: dict[str, str] = {
    "gd": "gradparity.backends.optimizers.gradient_descent",
    "momentum": "gradparity.backends.optimizers.momentum",
    "nesterov": "gradparity.backends.optimizers.nesterov",
    "nesterov-textbook": "gradparity.backends.optimizers.nesterov_textbook",
    "adagrad": "gradparity.backends.optimizers.adagrad",
    "rmsprop": "gradparity.backends.optimizers.rmsprop",
    "adam": "gradparity.backends.optimizers.adam",
    "adamw": "gradparity.backends.optimizers.adamw",
    "lion": "gradparity.backends.optimizers.lion",
    "langevin": "gradparity.backends.optimizers.langevin",
    "lbfgs": "gradparity.backends.optimizers.lbfgs",
    "newton": "gradparity.backends.optimizers.newton",
    "saddle-free-newton": "gradparity.backends.optimizers.saddle_free_newton",
    "trust-region": "gradparity.backends.optimizers.trust_region",
    "random-search": "gradparity.backends.optimizers.random_search",
    "one-plus-one-es": "gradparity.backends.optimizers.one_plus_one_es",
    "spsa": "gradparity.backends.optimizers.spsa",
    "es": "gradparity.backends.optimizers.evolution_strategy",
    "cma-es": "gradparity.backends.optimizers.cma_es",
}


def find(name: str) -> Optimizer:
    """The optimiser of this name; InputError for a name that nobody has."""
    if name not in OPTIMIZERS:
        raise unknown("optimizer", name, OPTIMIZERS)
    return import_module(OPTIMIZERS[name]).OPTIMIZER  # type: ignore[no-any-return]


def start_search(
    name: str,
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    options: Mapping[str, Any],
) -> Move:
    """The search of this name, from theta on.

    Raises: InputError for an unknown name, an option that it does not have or that may not be what
    it is, and for an update.
    """
    optimizer = find(name)
    if optimizer.kind != "search":
        raise InputError(f"{name} is told gradients (an update), and asks for nothing itself")
    check(optimizer, options)
    with np.errstate(all="ignore"):
        search: Move = optimizer.start(objective, theta, rng, **options)

    def step(theta: Vector, rate: float) -> float | None:
        with np.errstate(all="ignore"):  # what overflows is not finite: too far, and no warning
            return search(theta, rate)

    return step
