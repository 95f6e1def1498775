"""An update chosen with its options, and started: what trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.optimizers.catalogue import find
from gradparity.backends.optimizers.contract.optimizer import Update, Vector
from gradparity.backends.optimizers.contract.options import check
from gradparity.backends.optimizers.updates.conditioning import clipped, decayed
from gradparity.problems import InputError

LONG = 1_000_000
BLOCK = 65_536
"""From `LONG` entries on an update works on `BLOCK` of them at a time, which stay in cache between
its ufuncs. Measured on a core with 32 MB of shared cache, ms per step, blocked and whole: Adam 2.4
and 2.3 at 7e5 entries, 19 and 25 at 5e6; momentum 8 and 12 at 5e6."""


@dataclass(frozen=True, slots=True)
class Training:
    """How parameters are moved; there is none that could not be.

    update: in the catalogue, "adam"; no search.
    options: all that the update has. Those that are not given have their defaults.
    seed: of the noise that an update draws (Langevin dynamics).
    norms: whether every step reports the norm of the gradient by each parameter.

    Raises: InputError for an unknown update or option, an option's value, and for a search.
    """

    update: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    norms: bool = False

    def __post_init__(self) -> None:
        optimizer = find(self.update)
        if optimizer.kind != "update":
            raise InputError(
                f"{self.update} asks for what it needs (a search), and cannot be fed gradients"
            )
        check(optimizer, self.options)
        if "average" not in optimizer.own_options and self.options.get("average") is not None:
            raise InputError(f"{self.update}: a descent averages its iterates, not a training step")
        object.__setattr__(self, "options", {**optimizer.options, **self.options})


def start_update(
    training: Training, theta: Vector, shapes: Sequence[tuple[int, ...]] | None = None
) -> Update:
    """The update, ready for vectors of the shape and dtype of theta.

    shapes: of the parameters that lie in theta, in their order; None where theta is the only one.
    """
    optimizer, options = find(training.update), training.options
    rng = np.random.default_rng(training.seed)
    own = {name: options[name] for name in optimizer.own_options}
    decay = 0.0 if "weight_decay" in own else options["weight_decay"]

    told = [shapes or (theta.shape,)] if optimizer.shaped else []

    def start(block: Vector) -> Update:
        update: Update = optimizer.start(block, rng, *told, **own)
        return update if decay == 0.0 else decayed(update, block, decay)

    whole = theta.size < LONG or optimizer.shaped
    update = start(theta) if whole else _in_blocks(start, theta)
    return update if options["clip"] is None else clipped(update, theta, options["clip"])


def _in_blocks(start: Callable[[Vector], Update], theta: Vector) -> Update:
    """An update for each block of theta: memory is read once per step, not once per ufunc."""
    blocks = [slice(first, first + BLOCK) for first in range(0, theta.size, BLOCK)]
    updates = [start(theta[block]) for block in blocks]

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        for block, update in zip(blocks, updates, strict=True):
            update(theta[block], gradient[block], rate)

    return step
