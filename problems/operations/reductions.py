"""Sums and their like, over axes.

`axis` is an integer, a tuple of them, or None for all; `keepdims` leaves axes of length 1.

Source: Python array API standard 2024.12, "Statistical functions".
"""

from __future__ import annotations

from typing import Any

from gradparity.problems.operations.family import Family, by_name


def logsumexp(xp: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """ln Σ e^x over axes; the largest term is factored out first.

    The shift cancels in exact arithmetic, so that its subgradient at ties does not matter.
    """
    top = xp.max(x, axis=axis, keepdims=True)
    summed = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    if keepdims:
        return summed
    axes = tuple(range(x.ndim)) if axis is None else axis
    return xp.squeeze(summed, axis=axes)


def log_softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """x - logsumexp(x) along `axis`, same shape as x."""
    return x - logsumexp(xp, x, axis=axis, keepdims=True)


def softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """e^x / Σ e^x along `axis`, same shape as x."""
    return xp.exp(log_softmax(xp, x, axis=axis))


FAMILY = Family(
    "reductions",
    ("sum", "mean", "prod", "max", "min", "cumulative_sum"),
    by_name(logsumexp, log_softmax, softmax),
)
