"""The gradient of `problems.science.gaussian_process`.

K = E + σ² I with E_ij = s² exp(-½ Σ_k z_ijk²), z_ijk = (x_ik - x_jk)/ℓ_k. With α = K⁻¹ y,

    d(½ yᵀ K⁻¹ y) = -½ αᵀ dK α,   d(½ ln det K) = ½ tr(K⁻¹ dK),

so the loss changes by ½ Σ W ∘ dK, W = K⁻¹ - α αᵀ. By the logarithms, dK is

    2 E by ln s,   2 σ² I by ln σ,   E_ij z_ijk² by ln ℓ_k.

For the lengths ½ Σ_ij (W ∘ E)_ij z_ijk² is Σ_i rowsum_i z_i² - z_kᵀ (W ∘ E) z_k, but that cancels:
the squares are summed as they are, a dimension at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.gaussian_process import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by the three logarithms."""
    y, n = data["y"], data["y"].size
    scaled = (data["x"] * np.exp(-params["log_length"])).T
    squares = scaled[:, :, None] - scaled[:, None, :]
    np.square(squares, out=squares)
    near = squares[0].copy()
    for square in squares[1:]:
        near += square
    near *= -0.5
    near += 2.0 * params["log_height"]
    np.exp(near, out=near)
    noise = np.exp(2.0 * params["log_noise"])
    covariance = near.copy()
    covariance.reshape(-1)[:: n + 1] += noise
    factor = np.linalg.cholesky(covariance)
    whiten = np.linalg.inv(factor)
    white = whiten @ y
    alpha = whiten.T @ white
    w = whiten.T @ whiten
    w -= alpha[:, None] * alpha
    trace = np.trace(w)
    w *= near
    value = 0.5 * np.dot(white, white) + np.sum(np.log(np.diagonal(factor)))
    return value + y.dtype.type(0.5 * n * math.log(2.0 * math.pi)), {
        "log_length": 0.5 * (squares.reshape(len(squares), -1) @ w.reshape(-1)),
        "log_height": np.sum(w),
        "log_noise": noise * trace,
    }


DERIVATIONS: dict[str, Derive] = {"gaussian-process": by_gradient(loss, gradient)}
