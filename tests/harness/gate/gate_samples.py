"""Synthetic samples of base and head: what a pair of processes would have measured."""

import numpy as np

from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.gate.trial import Trial
from gradparity.harness.messages.spec import Spec
from gradparity.harness.planning.plan import Subject
from gradparity.results.records.record import Cell, Sample


def pair(base, head, copy, number=0):
    """From seconds per call in each round."""
    sides = (
        tuple(Sample(r, 0, 1, float(s), float(s), number) for r, s in enumerate(side))
        for side in (base, head, copy)
    )
    return PairSamples(*sides)


def drawn(rng, factor, rounds=12, noise=0.01, layout=0.005, number=0):
    """One pair: rounds of lognormal noise, and a shift of each process by its memory layout."""
    seconds = [
        1e-3 * f * np.exp(rng.normal(0, layout) + rng.normal(0, noise, rounds))
        for f in (1.0, factor, factor)
    ]
    return pair(*seconds, number)


def cell(problem="booth", status="ok", backend="numpy", **more):
    given = {"reason": "" if status == "ok" else "why"} | more
    return Cell(
        problem, "tiny", 2, backend, "portable", "gradient", "float64", "cpu", 1, status, **given
    )


def trial(problem="booth", margin=0.03, backend="numpy"):
    row = GateRow(cell(problem, backend=backend), margin, "inconclusive")
    spec = Spec(problem, None, "tiny", 0, "gradient", "float64", "cpu", 1, backend, "portable")
    return Trial(row, Subject(backend), spec)
