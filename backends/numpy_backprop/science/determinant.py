"""The gradient of `problems.science.determinant`.

Expanded along row i, det A = Σ_j A_ij C_ij, and no cofactor C_ij of that row contains A_ij. So
d det A / d A_ij = C_ij, and A Cᵀ = det(A) I says what all of them are (Jacobi's formula):

    d det A / d A = C = det(A) A⁻ᵀ.

One factorisation serves both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.backends.numpy_backprop.contract.factored import factored
from gradparity.problems import Arrays
from gradparity.problems.science.determinant import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The value det a, and det(a) a⁻ᵀ, a = I + m."""
    a = factored(data["identity"] + params["m"])
    value = a.determinant()
    slope = a.inverse().T
    return value, {"m": np.multiply(value, slope, out=slope)}


DERIVATIONS: dict[str, Derive] = {"determinant": by_gradient(loss, gradient)}
