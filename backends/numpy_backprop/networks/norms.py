"""Backprop of layer and batch normalisation.

y = γ x̂ + β, x̂ = (x - mean)/s, s = √(variance + ε), means over the n numbers normalised together. s
changes by mean(x̂ dx), the mean by mean(dx), and x̂ = (x - mean)/s gives with h = γ g

    by x: (h - mean h - x̂ mean(h x̂))/s,   by γ: Σ g x̂,   by β: Σ g.

The slopes by x add up to 0 over what is normalised together. All means are products with a vector
of 1/n, along the rows or the columns of a matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows, summed
from gradparity.problems import Arrays
from gradparity.problems.networks import BatchNorm, LayerNorm
from gradparity.problems.networks.norms import EPSILON


def layer_norm(layer: LayerNorm, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Over the last axis."""
    flat, share = rows(x), np.full((x.shape[-1], 1), 1.0 / x.shape[-1], x.dtype)
    hat = flat - flat @ share
    y = np.square(hat)
    inverse = 1.0 / np.sqrt(y @ share + EPSILON)
    hat *= inverse

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        g = rows(g)
        shared = g * hat
        slopes = {"gamma": summed(shared), "beta": summed(g)}
        h = params["gamma"] * g
        along = np.multiply(h, hat, out=shared) @ share
        h -= h @ share
        h -= np.multiply(hat, along, out=shared)
        h *= inverse
        return h.reshape(x.shape), slopes

    np.multiply(params["gamma"], hat, out=y)
    y += params["beta"]
    return y.reshape(x.shape), back


def batch_norm(layer: BatchNorm, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Over all axes but the last, along which γ does not change: mean h = γ mean g, and so on."""
    flat, gamma = rows(x), params["gamma"]
    ones = np.ones(len(flat), x.dtype)
    share = 1.0 / len(flat)
    hat = flat - share * (ones @ flat)
    y = np.square(hat)
    inverse = 1.0 / np.sqrt(share * (ones @ y) + EPSILON)
    hat *= inverse

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        g = rows(g)
        by_x = g * hat
        slopes = {"gamma": ones @ by_x, "beta": ones @ g}
        np.multiply(hat, -share * slopes["gamma"], out=by_x)
        by_x += g
        by_x -= share * slopes["beta"]
        by_x *= gamma * inverse
        return by_x.reshape(x.shape), slopes

    np.multiply(gamma, hat, out=y)
    y += params["beta"]
    return y.reshape(x.shape), back
