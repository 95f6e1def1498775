"""Every optimiser: name -> the module that holds it as `OPTIMIZER`, imported on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from gradparity.backends.optimizers.conditioning import clipped, decayed
from gradparity.backends.optimizers.optimizer import Objective, Optimizer, Step, Update, Vector
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

LONG = 1_000_000
BLOCK = 65_536
"""From `LONG` entries on an update works on `BLOCK` of them at a time, which stay in cache between
its ufuncs. Measured on a core with 32 MB of shared cache, ms per step, blocked and whole: Adam 2.4
and 2.3 at 7e5 entries, 19 and 25 at 5e6; momentum 8 and 12 at 5e6."""


def find(name: str) -> Optimizer:
    """The optimiser of this name; InputError for a name that nobody has."""
    if name not in OPTIMIZERS:
        raise unknown("optimizer", name, OPTIMIZERS)
    return import_module(OPTIMIZERS[name]).OPTIMIZER  # type: ignore[no-any-return]


def start_update(
    name: str, theta: Vector, rng: np.random.Generator, options: Mapping[str, Any]
) -> Update:
    """The update of this name, ready for vectors of the shape and dtype of theta.

    Raises: InputError for an unknown name, an option that it does not have or that may not be what
    it is, and for a search.
    """
    optimizer = find(name)
    if optimizer.kind != "update":
        raise InputError(f"{name} asks for what it needs (a search), and cannot be fed gradients")
    check(optimizer, options)
    clip, decay = options.get("clip"), options.get("weight_decay", 0.0)
    own = {key: value for key, value in options.items() if key in optimizer.own_options}

    def start(block: Vector) -> Update:
        update: Update = optimizer.start(block, rng, **own)
        return update if "weight_decay" in own or decay == 0.0 else decayed(update, block, decay)

    update = start(theta) if theta.size < LONG else _in_blocks(start, theta)
    return update if clip is None else clipped(update, theta, clip)


def _in_blocks(start: Callable[[Vector], Update], theta: Vector) -> Update:
    """An update for each block of theta: memory is read once per step, not once per ufunc."""
    blocks = [slice(first, first + BLOCK) for first in range(0, theta.size, BLOCK)]
    updates = [start(theta[block]) for block in blocks]

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        for block, update in zip(blocks, updates, strict=True):
            update(theta[block], gradient[block], rate)

    return step


def start_search(
    name: str,
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    options: Mapping[str, Any],
) -> Step:
    """The search of this name, from theta on; InputError as above, and for an update."""
    optimizer = find(name)
    if optimizer.kind != "search":
        raise InputError(f"{name} is told gradients (an update), and asks for nothing itself")
    check(optimizer, options)
    with np.errstate(all="ignore"):
        search: Step = optimizer.start(objective, theta, rng, **options)

    def step(theta: Vector, rate: float) -> float | None:
        with np.errstate(all="ignore"):  # what overflows is not finite: too far, and no warning
            return search(theta, rate)

    return step
