"""Backprop of layer and batch normalisation.

y = γ x̂ + β, x̂ = (x - mean)/s, s = √(variance + ε), means over the n numbers normalised together. s
changes by mean(x̂ dx), the mean by mean(dx), and x̂ = (x - mean)/s gives with h = γ g

    by x: (h - mean h - x̂ mean(h x̂))/s,   by γ: Σ g x̂,   by β: Σ g.

The slopes by x add up to 0 over what is normalised together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, summed
from gradparity.problems import Arrays
from gradparity.problems.networks import BatchNorm, LayerNorm
from gradparity.problems.networks.norms import EPSILON


def layer_norm(layer: LayerNorm, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Over the last axis."""
    return _normalised(params, x, (-1,))


def batch_norm(layer: BatchNorm, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Over all axes but the last."""
    return _normalised(params, x, tuple(range(x.ndim - 1)))


def _normalised(params: Arrays, x: Any, axes: tuple[int, ...]) -> tuple[Any, Back]:
    apart = x - x.mean(axis=axes, keepdims=True)
    s = np.sqrt(np.square(apart).mean(axis=axes, keepdims=True) + EPSILON)
    hat = apart / s

    def back(g: Any) -> tuple[Any, Arrays]:
        h = params["gamma"] * g
        along = (h * hat).mean(axis=axes, keepdims=True)
        by_x = (h - h.mean(axis=axes, keepdims=True) - hat * along) / s
        return by_x, {"gamma": summed(g * hat), "beta": summed(g)}

    return params["gamma"] * hat + params["beta"], back
