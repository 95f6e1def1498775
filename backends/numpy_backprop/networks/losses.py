"""The losses at the end of a network: their value, and their slope by the outputs.

Squared              (z - y)/N,  N all numbers
Huber                r clipped to ±threshold, over N: the slope of both branches
BinaryCrossEntropy   (σ(z) - y)/n
SoftmaxCrossEntropy  (P - Y)/n
BPR                  ±σ(z₁ - z₀)/n
InfoNCE              with S = u vᵀ/τ and T = (softmax(S) - I)/n by rows:  by u: T v/τ,  by v: Tᵀ u/τ
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.pointwise import both, softplus
from gradparity.problems.networks import (
    BPR,
    BinaryCrossEntropy,
    Huber,
    InfoNCE,
    SoftmaxCrossEntropy,
    Squared,
)


def squared(loss: Squared, z: Any, y: Any) -> tuple[Any, Any]:
    """½ mean r², and r/N."""
    r = z - y
    return 0.5 * np.mean(np.square(r)), r / r.size


def huber(loss: Huber, z: Any, y: Any) -> tuple[Any, Any]:
    """mean c (r - ½ c), c = r clipped, and c/N."""
    r = z - y
    c = np.clip(r, -loss.threshold, loss.threshold)
    return np.mean(c * (r - 0.5 * c)), c / c.size


def binary(loss: BinaryCrossEntropy, z: Any, y: Any) -> tuple[Any, Any]:
    """mean softplus(z) - y z, and (σ - y)/n."""
    logits = z[:, 0]
    value = np.mean(softplus(logits) - y * logits)
    slope = both(logits)[0] - y
    slope /= len(y)
    return value, slope[:, None]


def softmax(loss: SoftmaxCrossEntropy, z: Any, y: Any) -> tuple[Any, Any]:
    """mean ln Σ e^z - z_y, and (P - Y)/n."""
    flat, labels = z.reshape(-1, z.shape[-1]), y.reshape(-1)
    each, n = np.arange(labels.size), labels.size
    low = flat - flat.max(axis=1, keepdims=True)
    p = np.exp(low)
    total = p.sum(axis=1)
    value = np.mean(np.log(total) - low[each, labels])
    p /= total[:, None]
    p[each, labels] -= 1.0
    return value, (p / n).reshape(z.shape)


def bpr(loss: BPR, z: Any, y: Any) -> tuple[Any, Any]:
    """mean softplus(z₁ - z₀), and (-σ, σ)/n."""
    apart = z[:, 1] - z[:, 0]
    slope = both(apart)[0] / len(z)
    return np.mean(softplus(apart)), np.stack([-slope, slope], axis=1)


def info_nce(loss: InfoNCE, z: Any, y: Any) -> tuple[Any, Any]:
    """mean ln Σ e^S - S_ii, and T v/τ over Tᵀ u/τ."""
    n = len(z) // 2
    u, v, each = z[:n], z[n:], np.arange(n)
    value, slope = softmax(SoftmaxCrossEntropy(), (u @ v.T) / loss.temperature, each)
    slope /= loss.temperature
    return value, np.concatenate([slope @ v, slope.T @ u])


BY_HAND: dict[type, Callable[[Any, Any, Any], tuple[Any, Any]]] = {
    Squared: squared,
    Huber: huber,
    BinaryCrossEntropy: binary,
    SoftmaxCrossEntropy: softmax,
    BPR: bpr,
    InfoNCE: info_nce,
}
"""Kind of loss -> (loss, outputs, targets) -> (value, slope by the outputs)."""
