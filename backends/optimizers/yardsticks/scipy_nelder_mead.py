"""Nelder and Mead's simplex, SciPy's: a yardstick.

A step is an iteration; theta is the best point that it has seen.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Optimizer, Vector
from gradparity.backends.optimizers.yardsticks.stepwise import STEPS, stepwise


def start(objective: Objective, theta: Vector, rng: np.random.Generator) -> Move:
    """The search; it has no rate."""
    options = {"xatol": 0.0, "fatol": 0.0, "maxiter": STEPS, "maxfev": STEPS}
    return stepwise(objective, theta, "Nelder-Mead", options, slopes=False)


OPTIMIZER = Optimizer(
    "nelder-mead",
    "search",
    start,
    ("value",),
    None,
    "Nelder and Mead (1965), A simplex method for function minimization; SciPy's",
    "scipy",
)
