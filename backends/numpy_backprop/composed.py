"""Operators composed of others: a jvp of a gradient, a Hessian of Hessian-vector products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Unsupported
from gradparity.backends.numpy_backprop.derivation import Operate
from gradparity.problems import Arrays

DENSE = 2000
"""The most parameters of a dense Hessian: 32 MB in float64, and so many gradients' time."""


def refuse_large(what: str, params: Arrays) -> int:
    """The number of scalar parameters P; `Unsupported` if a dense matrix of P columns is too large.

    what: the matrix's name, for the message.
    """
    count = sum(int(array.size) for array in params.values())
    if count > DENSE:
        raise Unsupported(
            f"a {what} of {count:,} parameters is too large; numpy makes it up to {DENSE:,}"
        )
    return count


def along(gradient: Callable[[Arrays, Arrays], tuple[Any, Arrays]]) -> Operate:
    """The jvp by way of the gradient: the loss, and ∇f · v summed over all parameters."""

    def jvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Any]:
        value, slopes = gradient(params, data)
        terms = [np.vdot(_typed(slopes[name], v.dtype), v) for name, v in direction.items()]
        return value, sum(terms[1:], terms[0])

    return jvp


def _typed(number: Any, dtype: np.dtype[Any]) -> Any:
    """A Python float in `dtype`; whatever has a dtype keeps it."""
    return dtype.type(number) if isinstance(number, float | int) else number


def by_columns(hvp: Operate, params: Arrays) -> Operate:
    """The Hessian, (P, P), from products with the P unit directions; it is one reused buffer.

    Row i is H e_i, which is column i, for H is symmetric.
    Raises: Unsupported for more than `DENSE` parameters.
    """
    count = refuse_large("Hessian", params)
    unit = {name: np.zeros(array.shape, array.dtype) for name, array in params.items()}
    matrix = np.empty((count, count), np.result_type(*params.values()))
    stops = np.cumsum([array.size for array in params.values()])
    spans = {
        name: slice(stop - array.size, stop)
        for (name, array), stop in zip(params.items(), stops.tolist(), strict=True)
    }

    def hessian(params: Arrays, data: Arrays) -> Any:
        row = 0
        for direction in unit.values():
            flat = direction.reshape(-1)
            for i in range(flat.size):
                flat[i] = 1.0
                product = hvp(params, data, unit)
                flat[i] = 0.0
                for name, span in spans.items():
                    matrix[row, span] = product[name].reshape(-1)
                row += 1
        return matrix

    return hessian
