"""The networks of these claims: a scalar chain, and deep ones by start and wiring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.views.network import Activation, Matrix, SmallNetwork
from gradparity.problems import Arrays, Instance, Problem, functions
from gradparity.problems.namespace import NUMPY, Namespace


def _sigmoid(z: Matrix) -> Matrix:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * z))


ACTIVATIONS: Mapping[str, tuple[Activation, Any]] = {
    "sigmoid": (functions.sigmoid, lambda z: _sigmoid(z) * (1.0 - _sigmoid(z))),
    "tanh": (lambda xp, z: xp.tanh(z), lambda z: 1.0 - np.tanh(z) ** 2),
    "relu": (functions.relu, lambda z: (z > 0.0).astype(np.float64)),
}
"""name -> (φ, φ′ on NumPy arrays)."""


def scalar_chain(depth: int, weight: float) -> tuple[Problem, Instance]:
    """a ← σ(w a - w/2), depth times, from the parameter a = ½: there every slope is w/4.

    The loss is the last a, and its gradient (w/4)^depth; by hand, the product of w σ(1 - σ).
    """
    return _chain_of(depth), Instance({"a": np.asarray(0.5)}, {"w": np.asarray(weight)})


@lru_cache(maxsize=64)
def _chain_of(depth: int) -> Problem:
    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        a, w = params["a"], data["w"]
        for _ in range(depth):
            a = xp.sigmoid(w * a - 0.5 * w)
        return a

    def by_hand(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        a, w = params["a"], data["w"]
        product = np.ones_like(a)
        for _ in range(depth):
            a = _sigmoid(w * a - 0.5 * w)
            product = product * (w * a * (1.0 - a))
        return a, {"a": product}

    def draw(rng: np.random.Generator) -> Instance:
        return Instance({"a": np.asarray(0.5)}, {"w": np.asarray(1.0)})

    source = "a sigmoid at its steepest, layer behind layer"
    return Problem(
        f"scalar chain of {depth}", loss, draw, {"tiny": {}}, source, gradient=by_hand, exact=True
    )


@dataclass(frozen=True, slots=True)
class Deep:
    """A deep network: φ, its start and the start's scale; branch: s of a residual one.

    low, high: what is claimed of the ratio of layer 1 to layer L, in `words`.
    """

    name: str
    activation: str
    start: str
    words: str
    low: float
    high: float
    scale: float = 1.0
    residual: bool = False
    root: bool = False

    def branch(self, depth: int) -> float | None:
        """The branch's scale: 1, or 1/√depth."""
        if not self.residual:
            return None
        return float(depth) ** -0.5 if self.root else 1.0


DEEP = (
    Deep("sigmoid, Xavier", "sigmoid", "xavier", "~4e-32, by order of magnitude", 4e-33, 4e-31),
    Deep("tanh, Xavier", "tanh", "xavier", "~.1, by order of magnitude", 0.01, 1.0),
    Deep("ReLU, Xavier", "relu", "xavier", "~2e-8, by order of magnitude", 2e-9, 2e-7),
    Deep("ReLU, He", "relu", "he", "~.7, by order of magnitude", 0.07, 7.0),
    Deep(
        *("residual tanh, branches by 1/√L", "tanh", "xavier"),
        *("~1.2, within a factor of two", 0.6, 2.4),
        residual=True,
        root=True,
    ),
    Deep("residual tanh", "tanh", "xavier", "30 to 80", 30.0, 80.0, residual=True),
    Deep("ReLU, variance 16/n", "relu", "he", "1e22 to 1e23", 1e22, 1e23, scale=8.0**0.5),
)

WIDTH, DEPTH, CASES = 64, 50, 16


def drawn(deep: Deep, depth: int, width: int, seed: int) -> Arrays:
    """Square weights, normal of variance 1/n (Xavier) or 2/n (He) times scale²; no biases."""
    rng = np.random.default_rng(seed)
    spread = deep.scale * (width**-0.5 if deep.start == "xavier" else (2.0 / width) ** 0.5)
    params: Arrays = {}
    for layer in range(1, depth + 1):
        params[f"W{layer}"] = spread * rng.standard_normal((width, width))
        params[f"b{layer}"] = np.zeros(width)
    return params | {"v": rng.standard_normal(width) * width**-0.5, "c": np.asarray(0.0)}


def cases(width: int, seed: int) -> Arrays:
    """`CASES` cases of as many normal inputs, and what they should give."""
    rng = np.random.default_rng([seed, 1])
    return {"X": rng.standard_normal((CASES, width)), "y": rng.standard_normal(CASES)}


@dataclass(frozen=True, slots=True)
class Norms:
    """Frobenius norms over all cases of ∂loss/∂a_l and of δ_l = ∂loss/∂z_l, l = 1 ... L."""

    by_state: Matrix
    by_input: Matrix


def norms(deep: Deep, seed: int, depth: int = DEPTH, width: int = WIDTH) -> Norms:
    """Of one draw. With residual branches g_{l-1} = δ_l W_lᵀ + g_l."""
    network = SmallNetwork(depth, *ACTIVATIONS[deep.activation], deep.branch(depth))
    params, data = drawn(deep, depth, width, seed), cases(width, seed)
    with np.errstate(all="ignore"):
        passes = network.passes(params, data, NUMPY)
        g = np.outer(passes.output - data["y"], params["v"]) / CASES
        states = [g]
        for layer in range(depth, 1, -1):
            back = passes.deltas[layer - 1] @ params[f"W{layer}"].T
            g = back + g if deep.residual else back
            states.insert(0, g)
        sizes = [np.array([np.linalg.norm(x) for x in xs]) for xs in (states, passes.deltas)]
    return Norms(*sizes)
