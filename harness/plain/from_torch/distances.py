"""Torch's distances between rows, and products of three tensors; rules as in `rules`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _length(xp: Namespace, d: Array, p: float) -> Array:
    """The p-norm along the last axis; its slope is 0 where it is 0, as torch's."""
    if p == math.inf:
        return xp.max(xp.abs(d), axis=-1)
    if p == 1:
        return xp.sum(xp.abs(d), axis=-1)
    power = xp.sum(d * d if p == 2 else xp.pow(xp.abs(d), p), axis=-1)
    inside = xp.where(power == 0, 1.0, power)
    root = xp.sqrt(inside) if p == 2 else xp.pow(inside, 1 / p)
    return xp.where(power == 0, 0.0, root)


def _between(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    p = float(a["p"])
    if p < 1:
        return NotImplemented

    def distances(xp: Namespace, x: Array, y: Array) -> Array:
        return _length(xp, xp.expand_dims(x, axis=-2) - xp.expand_dims(y, axis=-3), p)

    return r.step(distances, a["x1"], a["x2"])


def _within(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    p = float(a["p"])
    if p < 1:
        return NotImplemented
    first, second = (x.astype(np.int64) for x in np.triu_indices(a["self"].shape[0], 1))

    def distances(xp: Namespace, x: Array, i: Array, j: Array) -> Array:
        return _length(xp, xp.take(x, i, axis=0) - xp.take(x, j, axis=0), p)

    return r.step(distances, a["self"], r.recording.datum(first), r.recording.datum(second))


def _trilinear(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """Σ of the product of three tensors, axes of length 1 put into each."""
    axes = [tuple(a[f"expand{i}"]) for i in (1, 2, 3)]
    summed = tuple(a["sumdim"])

    def product(xp: Namespace, *xs: Array) -> Array:
        u, v, w = (xp.expand_dims(x, axis=at) if at else x for x, at in zip(xs, axes, strict=True))
        return xp.sum(u * v * w, axis=summed) if summed else u * v * w

    return r.step(product, a["i1"], a["i2"], a["i3"])


DISTANCES: dict[str, TorchRule] = {
    "_cdist_forward": _between,
    "_pdist_forward": _within,
    "_trilinear": _trilinear,
}
