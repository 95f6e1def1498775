"""Hand-written derivatives of `problems.products`: minus the profit of several products.

With the margins m = p - c and the demand q = a - B p:

    loss = -mᵀ q,   ∇ loss = Bᵀ m - q,   H = B + Bᵀ,   H v = B v + Bᵀ v.

Reading B is all the work, so that the gradient reads it twice: once by rows, once by columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.composed import refuse_large
from gradparity.backends.numpy_backprop.contract.derivation import (
    Derivation,
    Derive,
    Further,
    Operate,
)
from gradparity.problems import Arrays


def derive(params: Arrays, data: Arrays) -> Derivation:
    """Value and gradient; the gradient's array, (n,), is reused by the next call."""
    slope = np.empty_like(params["price"])
    answer = {"price": slope}

    def demand(p: Any, data: Arrays) -> Any:
        return data["a"] - data["b"] @ p

    def value(params: Arrays, data: Arrays) -> Any:
        p = params["price"]
        return -((p - data["cost"]) @ demand(p, data))

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        p = params["price"]
        m, q = p - data["cost"], demand(p, data)
        np.matmul(m, data["b"], out=slope)
        np.subtract(slope, q, out=slope)
        return -(m @ q), answer

    return Derivation(value, gradient)


def make_hvp(params: Arrays, data: Arrays) -> Operate:
    """(B + Bᵀ) v, whatever the prices."""
    product = np.empty_like(params["price"])
    answer = {"price": product}

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        v = direction["price"]
        np.matmul(v, data["b"], out=product)
        np.add(product, data["b"] @ v, out=product)
        return answer

    return hvp


def make_hessian(params: Arrays, data: Arrays) -> Operate:
    """B + Bᵀ, (n, n). Raises: Unsupported where it is too large."""
    count = refuse_large("Hessian", params)
    matrix = np.empty((count, count), params["price"].dtype)

    def hessian(params: Arrays, data: Arrays) -> Any:
        return np.add(data["b"], data["b"].T, out=matrix)

    return hessian


DERIVATIONS: dict[str, Derive] = {"price-catalogue": derive}

FURTHER: dict[str, Further] = {"price-catalogue": {"hvp": make_hvp, "hessian": make_hessian}}
