"""Derivatives by hand of ½ Σ c x², two variables: gradient c x, hvp c v, Hessian diag c.

In Python floats, which at two variables cost a tenth of NumPy calls; the answer is rounded to the
caller's dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import (
    Derivation,
    Derive,
    Further,
    Operate,
)
from gradparity.problems import Arrays


def quadratic(params: Arrays, data: Arrays) -> Derivation:
    """½ (c₁ x₁² + c₂ x₂²);  gradient (c₁ x₁, c₂ x₂)."""
    scalar = params["x"].dtype.type
    buffer = np.empty_like(params["x"])
    answer = {"x": buffer}

    def value(params: Arrays, data: Arrays) -> Any:
        (x, y), (a, b) = params["x"].tolist(), data["curvature"].tolist()
        return scalar(0.5 * (a * x * x + b * y * y))

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        (x, y), (a, b) = params["x"].tolist(), data["curvature"].tolist()
        by_x, by_y = a * x, b * y
        buffer[0] = by_x
        buffer[1] = by_y
        return scalar(0.5 * (by_x * x + by_y * y)), answer

    return Derivation(value, gradient)


def hvp(params: Arrays, data: Arrays) -> Operate:
    """(c₁ v₁, c₂ v₂)."""
    buffer = np.empty_like(params["x"])
    answer = {"x": buffer}

    def run(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        np.multiply(data["curvature"], direction["x"], out=buffer)
        return answer

    return run


def hessian(params: Arrays, data: Arrays) -> Operate:
    """The matrix diag c."""
    return lambda params, data: np.diag(data["curvature"])


def jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of the residuals √c x:  diag √c."""
    return lambda params, data: np.diag(np.sqrt(data["curvature"]))


DERIVATIONS: dict[str, Derive] = {"quadratic": quadratic}
FURTHER: dict[str, Further] = {"quadratic": {"hvp": hvp, "hessian": hessian, "jacobian": jacobian}}
