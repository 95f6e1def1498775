"""Operators composed of others: a jvp of a gradient, a Hessian of Hessian-vector products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Unsupported
from gradparity.backends.numpy_backprop.contract.derivation import Operate
from gradparity.problems import Arrays
from gradparity.problems.layout import Layout

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
    layout, dtype = Layout.of(params), np.result_type(*params.values())
    unit, matrix = np.zeros(count, dtype), np.empty((count, count), dtype)
    direction, rows = layout.views(unit), layout.views(matrix)

    def hessian(params: Arrays, data: Arrays) -> Any:
        for i in range(count):
            unit[i] = 1.0
            product = hvp(params, data, direction)
            unit[i] = 0.0
            for name, row in rows.items():
                row[i] = product[name]
        return matrix

    return hessian
