"""The gradient of `problems.science.determinant`.

Expanded along row i, det A = Σ_j A_ij C_ij, and no cofactor C_ij of that row contains A_ij. So
d det A / d A_ij = C_ij, and A Cᵀ = det(A) I says what all of them are (Jacobi's formula):

    d det A / d A = C = det(A) A⁻ᵀ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.determinant import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The value det a, and det(a) a⁻ᵀ, a = I + m."""
    a = data["identity"] + params["m"]
    value = np.linalg.det(a)
    return value, {"m": value * np.linalg.inv(a).T}


DERIVATIONS: dict[str, Derive] = {"determinant": by_gradient(loss, gradient)}
