"""Every optimiser: name -> the module that holds it as `OPTIMIZER`, imported on request."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Optimizer, Vector
from gradparity.backends.optimizers.contract.options import check
from gradparity.problems import InputError
from gradparity.problems.errors import unknown

OPTIMIZERS: dict[str, str] = {
    "gd": "gradparity.backends.optimizers.updates.gradient_descent",
    "momentum": "gradparity.backends.optimizers.updates.momentum",
    "nesterov": "gradparity.backends.optimizers.updates.nesterov",
    "nesterov-textbook": "gradparity.backends.optimizers.updates.nesterov_textbook",
    "adagrad": "gradparity.backends.optimizers.updates.adagrad",
    "rmsprop": "gradparity.backends.optimizers.updates.rmsprop",
    "adam": "gradparity.backends.optimizers.updates.adam",
    "adamw": "gradparity.backends.optimizers.updates.adamw",
    "lion": "gradparity.backends.optimizers.updates.lion",
    "langevin": "gradparity.backends.optimizers.updates.langevin",
    "lbfgs": "gradparity.backends.optimizers.searches.lbfgs",
    "newton": "gradparity.backends.optimizers.searches.newton",
    "saddle-free-newton": "gradparity.backends.optimizers.searches.saddle_free_newton",
    "trust-region": "gradparity.backends.optimizers.searches.trust_region",
    "levenberg-marquardt": "gradparity.backends.optimizers.searches.levenberg_marquardt",
    "gauss-newton": "gradparity.backends.optimizers.searches.gauss_newton",
    "random-search": "gradparity.backends.optimizers.gradient_free.random_search",
    "one-plus-one-es": "gradparity.backends.optimizers.gradient_free.one_plus_one_es",
    "spsa": "gradparity.backends.optimizers.gradient_free.spsa",
    "es": "gradparity.backends.optimizers.gradient_free.evolution_strategy",
    "cma-es": "gradparity.backends.optimizers.gradient_free.cma_es",
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
