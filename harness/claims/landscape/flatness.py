"""Networks trained to compare: how sharp the minimum is that each has found, and its held-out gap.

    λmax       the largest eigenvalue of the Hessian
    relative   that of D H D, D = diag |θ|: no rescaling of ReLU units changes it
    box        Keskar's: (max f - f)/(1 + f) within |δ_i| ≤ 10⁻³ (|θ_i| + 1)
    gap        loss of the images left out, less that of those trained on

Source: Keskar et al. (2017), On large-batch training for deep learning, arXiv 1609.04836; Dinh et
al. (2017), Sharp minima can generalize for deep nets, arXiv 1703.04933.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradparity.harness.claims.tools.walks import Vectors, held_out, moved, objective_of, sharpness
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY

NAME, SIZE = "mlp-digits", "tiny"
CASES = 128
BOX = 1e-3


@dataclass(frozen=True, slots=True)
class Found:
    """What a trained network's minimum is like; accuracy: on the images left out."""

    loss: float
    top: float
    relative: float
    box: float
    gap: float
    accuracy: float


def start(seed: int) -> Instance:
    """The network of this seed, 128 images, 1,210 parameters."""
    return PROBLEMS[NAME].instance(SIZE, seed)


def found(seed: int, theta: Vectors) -> Found:
    """What the network of this seed is like at theta."""
    instance = start(seed)
    objective = objective_of(NAME, instance)
    problem, params = PROBLEMS[NAME], moved(instance, theta).params
    loss, others = objective.value(theta), held_out(NAME, SIZE, seed)
    assert problem.accuracy is not None
    return Found(
        loss,
        sharpness(objective, theta),
        sharpness(objective, theta, relative=True),
        box(instance, theta),
        float(problem.loss(NUMPY, params, others)) - loss,
        problem.accuracy(params, others),
    )


def box(instance: Instance, theta: Vectors) -> float:
    """Keskar's sharpness, by ten steps of the gradient's sign within the box, from its middle."""
    objective = objective_of(NAME, instance)
    reach = BOX * (np.abs(theta) + 1.0)
    shift, first = np.zeros_like(theta), objective.value(theta)
    most = first
    for _ in range(10):
        shift = np.clip(
            shift + 0.5 * reach * np.sign(objective.gradient(theta + shift)[1]), -reach, reach
        )
        most = max(most, objective.value(theta + shift))
    return (most - first) / (1.0 + first)


def rescaled(instance: Instance, theta: Vectors, factor: float) -> Vectors:
    """The same function by other weights: a hidden unit's inputs times it, its output over it."""
    params = {name: np.array(x) for name, x in moved(instance, theta).params.items()}
    params["w1"], params["b1"] = params["w1"] * factor, params["b1"] * factor
    params["w2"] = params["w2"] / factor
    return np.concatenate([params[name].ravel() for name in instance.params])
