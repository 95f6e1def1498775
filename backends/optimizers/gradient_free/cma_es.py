"""CMA-ES: a normal distribution that learns the landscape's shape; the package `cma`, its authors'.

A step is a generation: the package draws points, is told their values, and moves mean, spread and
covariance; θ is the best point so far. The package has one dimension at least two: where there is a
single parameter, a second is drawn that the loss does not see.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import (
    Move,
    Objective,
    Optimizer,
    Stalled,
    Vector,
)


def start(
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    *,
    sigma: float = 0.3,
    population: int | None = None,
) -> Move:
    """The search; sigma is the first spread, population the points per generation. No rate.

    population: None for the package's 4 + ⌊3 ln P⌋.
    """
    import cma  # slow to import, and no other optimiser needs it

    size = theta.size
    options = {
        "randn": lambda *shape: rng.standard_normal(shape),
        "seed": math.nan,  # NumPy's global generator stays as it is
        "verbose": -9,
        "verb_log": 0,
        "verb_disp": 0,
        "signals_filename": "",
        "maxiter": math.inf,
    }
    if population is not None:
        options["popsize"] = population
    mean = np.zeros(max(size, 2))
    mean[:size] = theta
    strategy = cma.CMAEvolutionStrategy(mean, sigma, options)
    best: float | None = None

    def step(theta: Vector, rate: float) -> float:
        nonlocal best
        if best is None:
            best = objective.value(theta)
        reasons = strategy.stop()
        if reasons:
            raise Stalled(f"cma stops: {', '.join(reasons)}")
        points = strategy.ask()
        values = []
        for point in points:
            there = np.asarray(point[:size], theta.dtype)
            value = objective.value(there)
            values.append(value if math.isfinite(value) else math.inf)
            if value < best:
                best = value
                theta[:] = there
        strategy.tell(points, values)
        return best

    return step


OPTIMIZER = Optimizer(
    "cma-es",
    "search",
    start,
    ("value",),
    None,
    "Hansen (2016), The CMA evolution strategy: a tutorial, arXiv 1604.00772; package cma",
    "cma",
)
