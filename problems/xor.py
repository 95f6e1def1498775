"""XOR: the smallest problem that a network without a hidden layer cannot solve.

A 2-h-1 network on the four cases, with sigmoid, tanh or ReLU in the hidden layer. What it exercises
is a gradient so small that the cost of a call is everything, and a loss that is not convex.

    hidden = φ(x w1 + b1),  logit = hidden w2 + b2,  loss = mean(softplus(logit) - y logit),

the mean binary cross-entropy of the probability σ(logit). Any batch of cases is accepted, not just
the four.

Source: Rumelhart, Hinton and Williams 1986, Learning internal representations by error propagation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.functions import relu, sigmoid, softplus
from gradparity.problems.namespace import NUMPY, Namespace
from gradparity.problems.problem import Arrays, Instance, Loss, Minimum, Problem

Activation = Callable[[Namespace, Any], Any]

SIZES = {"tiny": {"hidden": 2}, "small": {"hidden": 4}, "medium": {"hidden": 8}}
CASES = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
ANSWERS = (0.0, 1.0, 1.0, 0.0)


def draw(rng: np.random.Generator, hidden: int) -> Instance:
    """Draw standard normal weights and biases; data x (4, 2) and y (4,), zeros and ones as floats.

    The biases are drawn as well: at zero bias the case (0, 0) would sit on the kink of ReLU.
    """
    in_range("hidden", hidden, 1, 1e7, whole=True)
    params = {
        "w1": rng.normal(size=(2, hidden)),
        "b1": rng.normal(size=hidden),
        "w2": rng.normal(size=(hidden, 1)),
        "b2": rng.normal(size=1),
    }
    return Instance(params, {"x": np.array(CASES), "y": np.array(ANSWERS)})


def _portable(activation: Activation) -> Loss:
    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        hidden = activation(xp, data["x"] @ params["w1"] + params["b1"])
        logits = xp.squeeze(hidden @ params["w2"], axis=-1) + params["b2"]
        return xp.mean(softplus(xp, logits) - data["y"] * logits)

    return loss


def _tanh(xp: Namespace, x: Any) -> Any:
    return xp.tanh(x)


def _torch(activation: str) -> Loss:
    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        import torch

        hidden = getattr(torch, activation)(torch.addmm(params["b1"], data["x"], params["w1"]))
        logits = torch.addmm(params["b2"], hidden, params["w2"]).squeeze(-1)
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, data["y"])

    return loss


def _jax(activation: str) -> Loss:
    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        import jax

        phi = getattr(jax.nn, activation)
        logits = (phi(data["x"] @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"])[:, 0]
        return (jax.nn.softplus(logits) - data["y"] * logits).mean()

    return loss


def accuracy(params: Arrays, data: Arrays, activation: Activation) -> float:
    """The share of cases whose logit has the right sign; XOR is solved where it is 1."""
    hidden = activation(NUMPY, data["x"] @ params["w1"] + params["b1"])
    logits = (hidden @ params["w2"])[:, 0] + params["b2"]
    return float(np.mean((logits > 0.0) == (data["y"] > 0.5)))


def _minimum(data: Arrays) -> Minimum:
    return Minimum(
        0.0,
        note="infimum, not attained: scaling up the output layer of a network that solves XOR "
        "takes the loss to 0; two hidden units are enough. There are poorer stationary points.",
    )


def _problem(name: str, activation: Activation) -> Problem:
    return Problem(
        name=f"xor-{name}",
        loss=_portable(activation),
        draw=draw,
        sizes=SIZES,
        source="Rumelhart, Hinton and Williams 1986, Learning internal representations",
        minimum=_minimum,
        idiomatic={"torch": _torch(name), "jax": _jax(name)},
        cases=("x", "y"),
        accuracy=partial(accuracy, activation=activation),
    )


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (_problem("sigmoid", sigmoid), _problem("tanh", _tanh), _problem("relu", relu))
}
