"""The gradient of `problems.science.linear_solve`, by the adjoint method.

A x = b, A = I + M, gives A dx = db - dA x. With λ from Aᵀ λ = x - t,

    df = (x - t)ᵀ dx = λᵀ (db - dA x),   so   d f / d b = λ,   d f / d M = -λ xᵀ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import (
    Derive,
    Further,
    Operate,
    by_gradient,
)
from gradparity.backends.numpy_backprop.contract.factored import factored
from gradparity.problems import Arrays
from gradparity.problems.science.linear_solve import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, -λ xᵀ and λ."""
    a = factored(data["identity"] + params["m"])
    x = a.solve(params["b"])
    r = x - data["t"]
    adjoint = a.adjoint(r)
    return 0.5 * np.dot(r, r), {"m": np.outer(-adjoint, x), "b": adjoint}


def jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of x: by M_jk, column j of -A⁻¹ times x_k; by b, A⁻¹; shape (n, n² + n)."""

    def make(params: Arrays, data: Arrays) -> Any:
        inverse = np.linalg.inv(data["identity"] + params["m"])
        x = inverse @ params["b"]
        by_matrix = -inverse[:, :, None] * x
        return np.concatenate([by_matrix.reshape(x.size, -1), inverse], axis=1)

    return make


DERIVATIONS: dict[str, Derive] = {"linear-solve": by_gradient(loss, gradient)}

FURTHER: dict[str, Further] = {"linear-solve": {"jacobian": jacobian}}
