"""Backprop of dense layers, convolutions, pools and flattening.

g is the slope by the output.

    Dense    z = x w + b:              by w: xᵀ g,  by b: Σ g,  by x: g wᵀ
    Conv     z = windows(x) w:         by w: windows(x)ᵀ g,  by x: g wᵀ, each added at its place
    Average  mean of a window:         g/width² to each of its places
    Max      largest of a window:      g to it; at a tie each of the largest has an equal share
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows, summed, times
from gradparity.problems import Arrays
from gradparity.problems.networks import AveragePool, Conv, Dense, Flatten, MaxPool


def dense(layer: Dense, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A dense layer."""
    w = params["w"]

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        by_x = times(g, w.T) if further else None
        return by_x, {"w": rows(x).T @ rows(g), "b": summed(g)}

    z = times(x, w)
    z += params["b"]
    return z, back


def conv(layer: Conv, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A convolution: all windows, k k c numbers each, side by side, and one product with them."""
    w, k = params["w"], len(params["w"])
    high, wide, c = x.shape[1] - k + 1, x.shape[2] - k + 1, x.shape[3]
    windows = np.empty((len(x), high, wide, k, k, c), x.dtype)
    for i in range(k):
        for j in range(k):
            windows[:, :, :, i, j] = x[:, i : i + high, j : j + wide]
    flat, kernel = windows.reshape(-1, k * k * c), w.reshape(k * k * c, -1)
    z = flat @ kernel
    z += params["b"]

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        slopes = {"w": (flat.T @ rows(g)).reshape(w.shape), "b": summed(g)}
        if not further:
            return None, slopes
        by_x, by_windows = np.zeros_like(x), (rows(g) @ kernel.T).reshape(windows.shape)
        for i in range(k):
            for j in range(k):
                by_x[:, i : i + high, j : j + wide] += by_windows[:, :, :, i, j]
        return by_x, slopes

    return z.reshape(len(x), high, wide, -1), back


def _cut(x: Any, width: int) -> Any:
    n, h, w, c = x.shape
    return x.reshape(n, h // width, width, w // width, width, c)


def average_pool(layer: AveragePool, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Means of windows."""
    cut, share = _cut(x, layer.width), 1.0 / layer.width**2

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        spread = np.broadcast_to((share * g)[:, :, None, :, None], cut.shape)
        return spread.reshape(x.shape), {}

    total = cut[:, :, 0, :, 0].copy()
    for place in range(1, layer.width**2):
        total += cut[:, :, place // layer.width, :, place % layer.width]
    total *= share
    return total, back


def max_pool(layer: MaxPool, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Maxima of windows."""
    cut = _cut(x, layer.width)
    top = cut.max(axis=(2, 4), keepdims=True)

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        largest = (cut == top).astype(x.dtype)
        largest *= g[:, :, None, :, None] / largest.sum(axis=(2, 4), keepdims=True)
        return largest.reshape(x.shape), {}

    return top[:, :, 0, :, 0], back


def flatten(layer: Flatten, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """The same numbers."""
    return x.reshape(len(x), -1), lambda g, further=True: (g.reshape(x.shape), {})
