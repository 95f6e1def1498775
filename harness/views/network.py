"""A small network and its backprop written out, so that each number of it can be looked at.

    z_l = a_{l-1} W_l + b_l,   a_l = φ(z_l)  or, in a residual network,  a_l = a_{l-1} + s φ(z_l)
    u = a_L v + c,   loss = mean over cases of ½ (u - y)²

Backwards, with δ_l = ∂loss/∂z_l and g_l = ∂loss/∂a_l:

    g_L = (u - y) v / n,   δ_l = s g_l φ'(z_l),   ∂W_l = a_{l-1}ᵀ δ_l,   ∂b_l = Σ δ_l
    g_{l-1} = δ_l W_lᵀ  (+ g_l through the residual branch)

Columns of a are units, rows are cases: the textbook's dW = δ aᵀ is the transpose of this.
Source: Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors;
the residual branch: He et al. (2016), Deep residual learning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gradparity.problems import Arrays
from gradparity.problems.namespace import Namespace

Matrix = npt.NDArray[np.float64]
Activation = Callable[[Namespace, Any], Any]
"""φ(xp, z), elementwise."""

MISTAKES = {
    "none": "none",
    "no slope": "φ' is forgotten",
    "slope at a": "φ' is taken at a, not at z",
    "sum": "a sum over the cases, not their mean",
    "untransposed": "W is not transposed",
}


@dataclass(frozen=True, slots=True)
class SmallNetwork:
    """depth L, and how layers are wired; branch: s of a residual network, None for a plain one."""

    depth: int
    activation: Activation
    slope: Callable[[Matrix], Matrix]
    branch: float | None = None

    def loss(self, xp: Namespace, params: Arrays, data: Arrays) -> Any:
        """The loss, over any namespace."""
        a = data["X"]
        for layer in range(1, self.depth + 1):
            z = a @ params[f"W{layer}"] + params[f"b{layer}"]
            a = self._joined(a, self.activation(xp, z), params[f"W{layer}"].shape)
        u = a @ params["v"] + params["c"]
        return 0.5 * xp.mean(xp.square(u - data["y"]))

    def _joined(self, a: Any, phi: Any, shape: tuple[int, ...]) -> Any:
        if self.branch is None or shape[0] != shape[1]:
            return phi
        return a + self.branch * phi

    def passes(self, params: Arrays, data: Arrays, xp: Namespace, mistake: str = "none") -> Passes:
        """Both passes by hand, with a mistake in the second where one is planted."""
        out = Passes()
        a = np.asarray(data["X"])
        out.activations.append(a)
        with np.errstate(all="ignore"):
            for layer in range(1, self.depth + 1):
                weight = params[f"W{layer}"]
                z = a @ weight + params[f"b{layer}"]
                a = np.asarray(self._joined(a, self.activation(xp, z), weight.shape))
                out.inputs.append(z)
                out.activations.append(a)
            self._back(out, params, data, mistake)
        return out

    def _back(self, out: Passes, params: Arrays, data: Arrays, mistake: str) -> None:
        a, cases = out.activations, len(data["y"])
        out.output = a[-1] @ params["v"] + params["c"]
        error = out.output - data["y"]
        out.loss = 0.5 * float(np.mean(error**2))
        r = error if mistake == "sum" else error / cases
        out.gradient = {"v": a[-1].T @ r, "c": np.sum(r)}
        g = np.outer(r, params["v"])
        for layer in range(self.depth, 0, -1):
            weight = params[f"W{layer}"]
            square = weight.shape[0] == weight.shape[1]
            slope = self.slope(a[layer] if mistake == "slope at a" else out.inputs[layer - 1])
            if mistake == "no slope":
                slope = np.ones_like(slope)
            through = g if self.branch is None or not square else self.branch * g
            delta = through * slope
            out.slopes.insert(0, slope)
            out.deltas.insert(0, delta)
            out.gradient[f"W{layer}"] = a[layer - 1].T @ delta
            out.gradient[f"b{layer}"] = np.sum(delta, axis=0)
            back = delta @ (weight if mistake == "untransposed" and square else weight.T)
            g = back if self.branch is None or not square else back + g
        out.upstream = g


@dataclass(slots=True)
class Passes:
    """What both passes computed. Rows are cases.

    activations: a_0 ... a_L; inputs: z_1 ... z_L; slopes: φ'(z_l); deltas: δ_l;
    upstream: ∂loss/∂a_0.
    """

    activations: list[Matrix] = field(default_factory=list)
    inputs: list[Matrix] = field(default_factory=list)
    slopes: list[Matrix] = field(default_factory=list)
    deltas: list[Matrix] = field(default_factory=list)
    gradient: Arrays = field(default_factory=dict)
    upstream: Matrix = field(default_factory=lambda: np.zeros(0))
    output: Matrix = field(default_factory=lambda: np.zeros(0))
    loss: float = 0.0


def drawn(depth: int, width: int, start: str, scale: float, seed: int) -> Arrays:
    """Weights, normal with the standard deviation of Xavier or He times `scale`; biases 0.

    start: "xavier", √(2/(in + out)); "he", √(2/in).
    Source: Glorot and Bengio (2010); He et al. (2015).
    """
    rng = np.random.default_rng(seed)
    params: Arrays = {}
    before = 2
    for layer in range(1, depth + 1):
        spread = np.sqrt(2.0 / (before + width) if start == "xavier" else 2.0 / before)
        params[f"W{layer}"] = scale * spread * rng.standard_normal((before, width))
        params[f"b{layer}"] = np.zeros(width)
        before = width
    params["v"] = rng.standard_normal(width) * np.sqrt(2.0 / (width + 1))
    params["c"] = np.asarray(0.0)
    return params


def chain(depth: int, weight: float) -> tuple[Arrays, Arrays]:
    """A scalar chain a ← φ(w a - w/2) from ½, where a sigmoid stays at ½ and has slope w/4.

    Read by v = 1 against y = -½, so that ∂loss/∂a_L is 1 and ∂loss/∂a_0 the product of the slopes.
    """
    params: Arrays = {"v": np.ones(1), "c": np.asarray(0.0)}
    for layer in range(1, depth + 1):
        params[f"W{layer}"] = np.full((1, 1), weight)
        params[f"b{layer}"] = np.full(1, -0.5 * weight)
    return params, {"X": np.full((1, 1), 0.5), "y": np.array([-0.5])}
