"""Steps to the target against the learning rate, and why Adam's rate may be too small for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.results.races.contenders import Contender, contender, outcome
from gradparity.results.races.differences import TAU
from gradparity.results.races.quartiles import Quartiles, quartiles
from gradparity.results.races.targets import goals, reached
from gradparity.results.records.descent import Descent

UNIT_STEPS = ("adam", "adamw", "lion")
"""Rules whose steps are about η long in each coordinate, whatever the gradient's size."""


def arrivals(descents: Sequence[Descent]) -> dict[Contender, Quartiles]:
    """Return for each contender its rates, ascending, with the steps to f* + τ (f0 - f*), τ = 1e-3.

    Quartiles over the seeds, infinite where a descent never came there. descents: of one race, all
    of it, for f* may be the lowest loss that any of them came to.
    """
    found: dict[Contender, dict[float, list[float]]] = {}
    for descent, goal in zip(descents, goals(descents), strict=True):
        if descent.rate is not None and not math.isnan(outcome(descent)):
            rates = found.setdefault(contender(descent), {})
            steps = reached(descent, goal, [TAU])[0].steps
            rates.setdefault(descent.rate, []).append(steps)
    return {who: _over_seeds(rates) for who, rates in found.items()}


def _over_seeds(rates: dict[float, list[float]]) -> Quartiles:
    order = sorted(rates)
    each = [quartiles(np.zeros(1), np.array(rates[rate])[:, None]) for rate in order]
    low, middle, high = np.concatenate([(one.low, one.middle, one.high) for one in each], 1)
    return Quartiles(np.array(order), low, middle, high)


@dataclass(frozen=True, slots=True)
class TooSlow:
    """A descent whose budget was too small: its rate times its steps is less than the way.

    distance: of the start to the nearest minimum that was found, the largest over the coordinates.
    needed: steps of length η that this takes. steps: how many it made.
    """

    descent: Descent
    rate: float
    distance: float
    needed: int
    steps: int


def too_slow(descents: Sequence[Descent]) -> list[TooSlow]:
    """Return the descents of rules with steps of about η whose budget was too small for the way.

    Adam moves each coordinate by about η a step, whatever the gradient: from a start that is d away
    from the minimum, in the coordinate that is farthest, it needs about d / η steps. The minimum is
    the nearest point where a descent on the same instance ended, within 1e-6 of the known minimum's
    loss; nothing is said where none did, nor of batches and schedules, whose steps are others.
    Of problems with one or two variables alone, whose paths are kept.
    Source: Kingma and Ba 2015, Adam, section 2.1: |Δ| of a step is at most about η.
    """
    ends: dict[tuple[str, str, int], list[np.ndarray]] = {}
    for descent, goal in zip(descents, goals(descents), strict=True):
        path = _path(descent)
        if path is None or goal is None or not goal.known or goal.unbounded:
            continue
        if math.isfinite(reached(descent, goal, [SETTLED])[0].steps):
            ends.setdefault(_instance(descent), []).append(path[-1])
    found = []
    for descent in descents:
        path, minima = _path(descent), ends.get(_instance(descent))
        if path is None or minima is None or not _by_unit_steps(descent):
            continue
        assert descent.rate is not None
        distance = min(float(np.max(np.abs(end - path[0]))) for end in minima)
        needed = math.ceil(distance / descent.rate)
        if descent.status == "budget" and needed > descent.steps:
            found.append(TooSlow(descent, descent.rate, distance, needed, descent.steps))
    return found


SETTLED = 1e-6
"""A descent has found a minimum when its loss is within so much of the way down to it."""


def _path(descent: Descent) -> np.ndarray | None:
    history = descent.history
    path = None if history is None or history.path is None else np.asarray(history.path, float)
    if path is None or not len(path) or not np.all(np.isfinite(path[[0, -1]])):
        return None
    return path


def _instance(descent: Descent) -> tuple[str, str, int]:
    return descent.problem, descent.size, descent.seed


def _by_unit_steps(descent: Descent) -> bool:
    return (
        descent.optimizer in UNIT_STEPS
        and descent.rate is not None
        and descent.schedule == "constant"
        and descent.batch is None
        and not descent.options.get("average")  # an average of steps is not a step
    )
