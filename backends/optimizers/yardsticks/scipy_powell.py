"""Powell's directions, SciPy's: a yardstick.

A step is an iteration; theta is the best point that it has seen.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Optimizer, Vector
from gradparity.backends.optimizers.yardsticks.stepwise import STEPS, stepwise


def start(objective: Objective, theta: Vector, rng: np.random.Generator) -> Move:
    """The search; it has no rate."""
    options = {"xtol": 1e-15, "ftol": 1e-15, "maxiter": STEPS, "maxfev": STEPS}
    return stepwise(objective, theta, "Powell", options, slopes=False)


OPTIMIZER = Optimizer(
    "powell",
    "search",
    start,
    ("value",),
    None,
    "Powell (1964), finding the minimum of a function without derivatives; SciPy's",
    "scipy",
)
