"""Torch's layers that draw numbers or keep statistics; rules as in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _dropped(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    kept = outs[1].double() / (1 - a["p"]) if a["p"] < 1 else outs[1].double()
    return [r.step(lambda xp, x, kept: x * kept, a["input"], kept), None]


def _batch_norm(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """Batch normalisation over all axes but the second; its statistics, or the given ones."""
    x, eps = a["input"], a["eps"]
    axes = tuple(i for i in range(x.ndim) if i != 1)
    shape = tuple(-1 if i == 1 else 1 for i in range(x.ndim))
    training = a.get("training", True)

    def centre(xp: Namespace, x: Array, *given: Array) -> Array:
        return x - (xp.mean(x, axis=axes, keepdims=True) if training else _column(xp, given[0]))

    def scaled(xp: Namespace, x: Array, *given: Array) -> Array:
        known = None if training else _column(xp, given[0])
        variance = xp.mean(xp.square(x), axis=axes, keepdims=True) if known is None else known
        return x / xp.sqrt(variance + eps)

    def _column(xp: Namespace, x: Array) -> Array:
        return xp.reshape(x, shape)

    statistics = [] if training else [a["running_mean"]]
    deviations = [] if training else [a["running_var"]]
    result = r.step(scaled, r.step(centre, x, *statistics), *deviations)
    if a.get("weight") is not None:
        result = r.step(lambda xp, x, w: x * _column(xp, w), result, a["weight"])
    if a.get("bias") is not None:
        result = r.step(lambda xp, x, b: x + _column(xp, b), result, a["bias"])
    return [result, *[None] * (len(outs) - 1)]


LAYERS: dict[str, TorchRule] = {
    "native_dropout": _dropped,
    "native_batch_norm": _batch_norm,
    "_native_batch_norm_legit": _batch_norm,
    "_native_batch_norm_legit_no_training": lambda r, a, outs: _batch_norm(
        r, {**a, "training": False}, outs
    ),
}
"""Dropout, with the numbers that were drawn, and batch normalisation."""
