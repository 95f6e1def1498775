"""The gradient of `problems.science.mixture`, by its responsibilities.

With d_ik = x_i - μ_k, y_ik = Q_k d_ik and s_ik = α_k + Σ q_k - ½ ‖y_ik‖², the derivative of the
log-sum-exp over k is the responsibility r_ik = e^s_ik / Σ_j e^s_ij, and the likelihood's part is

    d/dα_k  = - Σ_i r_ik + n softmax(α)_k
    d/dμ_k  = - Q_kᵀ Σ_i r_ik y_ik
    d/dQ_k  =   Σ_i r_ik y_ik d_ikᵀ =: G_k
    d/dq_kd = - Σ_i r_ik + e^q_kd (G_k)_dd,   d/dl_k = G_k below its diagonal.

The prior adds γ² e^(2 q) - m to d/dq and γ² l to d/dl. y is kept, (K, n, D), and becomes r y in
place; the sums over i are products with BLAS.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.mixture import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by alpha, mu, q and below."""
    alpha, mu, q, low, x = params["alpha"], params["mu"], params["q"], params["below"], data["x"]
    (n, d), k = x.shape, alpha.size
    diagonal, square = np.exp(q), np.square(data["gamma"])
    below = np.tril_indices(d, -1)
    factors = np.zeros((k, d, d), x.dtype)
    factors[:, np.arange(d), np.arange(d)] = diagonal
    factors[:, below[0], below[1]] = low
    apart = np.ascontiguousarray(x.T) - mu[:, :, None]  # (k, d, n)
    y = factors @ apart
    s = np.einsum("kdn,kdn->kn", y, y)
    s *= -0.5
    s += (alpha + q.sum(1))[:, None]
    top = s.max(0)
    s -= top
    r = np.exp(s, out=s)
    total = r.sum(0)
    r /= total
    weights = np.exp(alpha - alpha.max())
    value = (
        x.dtype.type(0.5 * n * d * math.log(2.0 * math.pi))
        - (np.sum(top) + np.sum(np.log(total)) - n * (alpha.max() + np.log(weights.sum())))
        + 0.5 * square * (np.sum(np.square(diagonal)) + np.sum(np.square(low)))
        - data["m"] * np.sum(q)
    )
    shares = r.sum(1)
    y *= r[:, None]
    by_factor = y @ apart.transpose(0, 2, 1)
    by_diagonal = by_factor[:, np.arange(d), np.arange(d)]
    return value, {
        "alpha": n * (weights / weights.sum()) - shares,
        "mu": -np.einsum("ki,kij->kj", y.sum(2), factors),
        "q": diagonal * (by_diagonal + square * diagonal) - shares[:, None] - data["m"],
        "below": by_factor[:, below[0], below[1]] + square * low,
    }


DERIVATIONS: dict[str, Derive] = {"mixture": by_gradient(loss, gradient)}
