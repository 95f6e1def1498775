"""Backprop of dense layers, convolutions, pools and flattening.

g is the slope by the output.

    Dense    z = x w + b:              by w: xᵀ g,  by b: Σ g,  by x: g wᵀ
    Conv     z = Σ_ij x[i:, j:] w_ij:  by w_ij: x[i:, j:]ᵀ g,  by x: each g w_ijᵀ added at its place
    Average  mean of a window:         g/width² to each of its places
    Max      largest of a window:      g to it; at a tie each of the largest has an equal share
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows, summed
from gradparity.problems import Arrays
from gradparity.problems.networks import AveragePool, Conv, Dense, Flatten, MaxPool


def dense(layer: Dense, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A dense layer."""
    w = params["w"]

    def back(g: Any) -> tuple[Any, Arrays]:
        return g @ w.T, {"w": rows(x).T @ rows(g), "b": summed(g)}

    return x @ w + params["b"], back


def conv(layer: Conv, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A convolution: a product for each place of the kernel."""
    w, k = params["w"], len(params["w"])
    high, wide = x.shape[1] - k + 1, x.shape[2] - k + 1
    parts = [
        (i, j, (slice(None), slice(i, i + high), slice(j, j + wide)))
        for i in range(k)
        for j in range(k)
    ]
    z = np.zeros((len(x), high, wide, w.shape[-1]), x.dtype)
    for i, j, part in parts:
        z += x[part] @ w[i, j]

    def back(g: Any) -> tuple[Any, Arrays]:
        by_x, by_w, flat = np.zeros_like(x), np.empty_like(w), rows(g)
        for i, j, part in parts:
            by_w[i, j] = rows(x[part]).T @ flat
            by_x[part] += g @ w[i, j].T
        return by_x, {"w": by_w, "b": summed(g)}

    return z + params["b"], back


def _cut(x: Any, width: int) -> Any:
    n, h, w, c = x.shape
    return x.reshape(n, h // width, width, w // width, width, c)


def average_pool(layer: AveragePool, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Means of windows."""
    cut, share = _cut(x, layer.width), 1.0 / layer.width**2

    def back(g: Any) -> tuple[Any, Arrays]:
        spread = np.broadcast_to((share * g)[:, :, None, :, None], cut.shape)
        return spread.reshape(x.shape), {}

    return cut.mean(axis=(2, 4)), back


def max_pool(layer: MaxPool, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Maxima of windows."""
    cut = _cut(x, layer.width)
    top = cut.max(axis=(2, 4), keepdims=True)

    def back(g: Any) -> tuple[Any, Arrays]:
        largest = (cut == top).astype(x.dtype)
        largest *= g[:, :, None, :, None] / largest.sum(axis=(2, 4), keepdims=True)
        return largest.reshape(x.shape), {}

    return top[:, :, 0, :, 0], back


def flatten(layer: Flatten, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """The same numbers."""
    return x.reshape(len(x), -1), lambda g: (g.reshape(x.shape), {})
