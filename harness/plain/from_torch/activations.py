"""Torch's activations whose decompositions compute e^x where it is not taken; rules as in `rules`.

Beyond x = 11,356 it is infinite in longdouble, too, and 0 times it is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace
from gradparity.problems.operations import activations


def _softplus(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """ln(1 + e^(βx)) / β; x itself where βx is beyond a threshold."""
    beta, threshold = a.get("beta", 1), a.get("threshold", 20)

    def softplus(xp: Namespace, x: Array) -> Array:
        inside = x * beta
        beyond = inside > threshold
        return xp.where(beyond, x, activations.softplus(xp, xp.where(beyond, 0.0, inside)) / beta)

    return r.step(softplus, a["self"])


def _elu(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    alpha, scale, inner = (a.get(name, 1) for name in ("alpha", "scale", "input_scale"))

    def elu(xp: Namespace, x: Array) -> Array:
        below = xp.where(x > 0, 0.0, x) * inner
        return xp.where(x > 0, x * scale, xp.expm1(below) * (alpha * scale))

    return r.step(elu, a["self"])


def _celu(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    alpha = a.get("alpha", 1)
    return r.step(lambda xp, x: activations.celu(xp, x, alpha), a["self"])


ACTIVATIONS: dict[str, TorchRule] = {
    "softplus": _softplus,
    "elu": _elu,
    "celu": _celu,
    "mish": lambda r, a, outs: r.step(activations.mish, a["self"]),
}
