"""BFGS, SciPy's: a yardstick.

A step is an iteration; theta is the best point that it has seen.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Optimizer, Vector
from gradparity.backends.optimizers.yardsticks.stepwise import STEPS, stepwise


def start(objective: Objective, theta: Vector, rng: np.random.Generator) -> Move:
    """The search; it has no rate."""
    options = {"gtol": 0.0, "maxiter": STEPS}
    return stepwise(objective, theta, "BFGS", options, slopes=True)


OPTIMIZER = Optimizer(
    "bfgs",
    "search",
    start,
    ("gradient",),
    None,
    "Nocedal and Wright, Numerical Optimization (2006), algorithm 6.1; SciPy's",
    "scipy",
)
