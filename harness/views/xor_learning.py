"""A small network that learns XOR, or does not: one run, looked at now and then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradparity.backends import Setting, Training
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views.paths import prepared_cache
from gradparity.problems import Arrays, Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.xor import ANSWERS, CASES

SNAPSHOTS = 24


@dataclass(frozen=True, slots=True)
class Learning:
    """One run. at: the steps of its snapshots; params: there. losses: of all four cases, there.

    norms: of the gradient of all four cases by parameter, there.
    """

    at: Sequence[int]
    params: Sequence[Arrays]
    losses: npt.NDArray[np.float64]
    norms: Mapping[str, Sequence[float]]
    right: Sequence[int]


def learned(
    given: Mapping[str, Any], plan: Sequence[float], seed: int, snapshots: int = SNAPSHOTS
) -> Learning:
    """A run of one seed, with the rate of each step; bitwise what `train` does from this start."""
    problem = PROBLEMS[f"xor-{given['activation']}"]
    data = {"x": np.array(CASES), "y": np.array(ANSWERS)}
    start = started(given["start"], given["hidden"], seed)
    size = int(given["batch"])
    batches = Batches(problem, data, size, seed) if size < 4 else None
    first = data if batches is None else batches.batch(0)
    setting = Setting()
    loss = PreparedLoss(
        load(given["backend"]), problem, Instance(start, first), setting, prepared_cache()
    )
    step = loss.training_step(Training(given["optimizer"]))
    whole = PreparedLoss(load("tape"), problem, Instance(start, data), setting, prepared_cache())
    gradient = whole.operator("gradient")
    state, batch = step.start(start), None if batches else step.batch(data)
    marks = set(_marks(len(plan), snapshots))
    at: list[int] = []
    kept: list[Arrays] = []
    with np.errstate(all="ignore"):
        for k, rate in enumerate([*plan, 0.0]):
            if k in marks:
                at.append(k)
                kept.append({name: np.array(x) for name, x in step.params(state).items()})
                if not all(np.isfinite(x).all() for x in kept[-1].values()):
                    at.pop(), kept.pop()
                    break
            if k == len(plan):
                break
            state, _ = step.run(state, step.batch(batches.batch(k)) if batches else batch, rate)
        answers = [gradient(Instance(params, data)) for params in kept]
    norms = {
        name: [float(np.linalg.norm(answer.derivative[name])) for answer in answers]
        for name in start
    }
    losses = np.array([float(answer.value) for answer in answers])
    accuracy = problem.accuracy
    assert accuracy is not None
    right = [round(4 * accuracy(params, data)) for params in kept]
    return Learning(at, kept, losses, norms, right)


def started(start: str, hidden: int, seed: int) -> Arrays:
    """The parameters at the start; "normal" is the catalogue's own draw of this seed."""
    rng = np.random.default_rng(seed)
    if start == "normal":
        return PROBLEMS["xor-tanh"].draw(rng, hidden=hidden).params
    shapes = {"w1": (2, hidden), "b1": (hidden,), "w2": (hidden, 1), "b2": (1,)}
    if start == "zero":
        return {name: np.zeros(shape) for name, shape in shapes.items()}
    if start == "uniform":
        return {name: rng.uniform(-1.0, 1.0, shape) for name, shape in shapes.items()}
    spread = {"w1": math.sqrt(2 / (2 + hidden)), "w2": math.sqrt(2 / (hidden + 1))}
    return {
        name: spread[name] * rng.standard_normal(shape) if name in spread else np.zeros(shape)
        for name, shape in shapes.items()
    }


def _marks(steps: int, count: int) -> list[int]:
    """When snapshots are taken: closer together at the start, where most happens."""
    share = np.linspace(0.0, 1.0, count) ** 1.5
    return sorted({*(round(float(one) * steps) for one in share), 0, steps})
