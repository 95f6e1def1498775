"""How many cases a trained model answers rightly, of those that it has not seen."""

from __future__ import annotations

import numpy as np

from gradparity.problems import Arrays, Instance, Problem


def accuracy(
    problem: Problem, size: str, seed: int, instance: Instance, params: Arrays
) -> float | None:
    """The share, on the cases held out, or on all where the problem holds none out.

    None where the problem has no answers to be right, where drawing took every case, and where the
    parameters are not finite.
    """
    if problem.accuracy is None or not all(np.isfinite(x).all() for x in params.values()):
        return None
    if problem.held_out is None:
        return problem.accuracy(params, instance.data)
    rest = problem.held_out(np.random.default_rng(seed), **problem.keywords(size))
    return problem.accuracy(params, rest) if len(rest[problem.cases[0]]) else None
