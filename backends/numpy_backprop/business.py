"""Hand-written gradients of the business problems, on Python floats.

Each formula takes the parameters, then the data, as numbers, and returns the loss (minus the
profit, in currency) and its derivative by every parameter, in double precision whatever the
caller's dtype. None raises: outside the domain (a price or a spend below 0) a power, root or
logarithm is NaN, at its edge infinite, as NumPy has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derivation, Derive
from gradparity.problems import Arrays


def linear(p: float, a: float, b: float, c: float) -> tuple[float, float]:
    """Loss -(p - c) q of the demand q = a - b p, and its derivative by the price.

    With the margin m = p - c:   dq/dp = -b,   d loss/dp = b m - q.
    """
    m, q = p - c, a - b * p
    return -m * q, b * m - q


def elastic(p: float, scale: float, elasticity: float, c: float) -> tuple[float, float]:
    """Loss -(p - c) q of the demand q = A p^-ε, and its derivative by the price.

    dq/dp = -ε A p^(-ε - 1),   d loss/dp = -q - (p - c) dq/dp.
    """
    m, q = p - c, scale * power(p, -elasticity)
    slope = -elasticity * scale * power(p, -elasticity - 1.0)
    return -m * q, -q - m * slope


def logit(p: float, market: float, alpha: float, beta: float, c: float) -> tuple[float, float]:
    """Loss -(p - c) q of the demand q = M σ(z), z = α - β p, and its derivative by the price.

    dq/dp = -β M σ (1 - σ),   d loss/dp = -q - (p - c) dq/dp.
    With e = exp(-|z|), σ (1 - σ) = e/(1 + e)² for either sign of z: nothing overflows or cancels.
    """
    z = alpha - beta * p
    e = math.exp(-abs(z))
    m, q = p - c, market * (1.0 if z >= 0.0 else e) / (1.0 + e)
    slope = -beta * market * e / ((1.0 + e) * (1.0 + e))
    return -m * q, -q - m * slope


def ad_sqrt(
    p: float, x: float, a: float, b: float, c: float, k: float
) -> tuple[float, float, float]:
    """Loss x - (p - c) q of the demand q = a - b p + k √x, and its derivatives by price and spend.

    With the margin m = p - c:   dq/dp = -b,   d loss/dp = b m - q,
    dq/dx = ½ k/√x,   d loss/dx = 1 - m dq/dx.
    """
    root = math.sqrt(x) if x >= 0.0 else math.nan
    m, q = p - c, a - b * p + k * root
    lift = 0.5 * k / root if root != 0.0 else k * math.inf
    return x - m * q, b * m - q, 1.0 - m * lift


def ad_log(
    p: float, x: float, a: float, b: float, c: float, k: float, x0: float
) -> tuple[float, float, float]:
    """Loss x - (p - c) q of q = a - b p + k ln(1 + x/x₀), and its derivatives by price and spend.

    With the margin m = p - c:   dq/dp = -b,   d loss/dp = b m - q,
    dq/dx = k/(x + x₀),   d loss/dx = 1 - m dq/dx.
    """
    m, q = p - c, a - b * p + k * _log1p(x / x0)
    lift = k / (x + x0) if x + x0 != 0.0 else k * math.inf
    return x - m * q, b * m - q, 1.0 - m * lift


def power(base: float, exponent: float) -> float:
    """base^exponent as NumPy has it: NaN or infinite where `math.pow` raises."""
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        with np.errstate(all="ignore"):
            return float(np.power(base, exponent))


def _log1p(x: float) -> float:
    if x > -1.0:
        return math.log1p(x)
    return -math.inf if x == -1.0 else math.nan


def on_floats(
    formula: Callable[..., tuple[float, ...]], unknowns: tuple[str, ...], knowns: tuple[str, ...]
) -> Derive:
    """The derivation that hands the named parameters and data to `formula` as Python floats.

    What it returns is rounded to the parameters' dtype; the gradient's arrays, of shape (), are
    reused by the next call.
    """

    def derive(params: Arrays, data: Arrays) -> Derivation:
        scalar = params[unknowns[0]].dtype.type
        answer = {name: np.empty_like(params[name]) for name in unknowns}
        buffers = tuple(answer.values())

        def evaluate(params: Arrays, data: Arrays) -> tuple[float, ...]:
            return formula(
                *[params[name].item() for name in unknowns], *[data[name].item() for name in knowns]
            )

        def value(params: Arrays, data: Arrays) -> Any:
            return scalar(evaluate(params, data)[0])

        def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
            loss, *slopes = evaluate(params, data)
            for buffer, slope in zip(buffers, slopes, strict=True):
                buffer[()] = slope
            return scalar(loss), answer

        return Derivation(value, gradient)

    return derive


MARKETS: dict[str, tuple[Callable[..., tuple[float, ...]], tuple[str, ...], tuple[str, ...]]] = {
    "price-linear": (linear, ("price",), ("a", "b", "cost")),
    "price-elastic": (elastic, ("price",), ("scale", "elasticity", "cost")),
    "price-logit": (logit, ("price",), ("market", "alpha", "beta", "cost")),
    "price-ad-sqrt": (ad_sqrt, ("price", "spend"), ("a", "b", "cost", "k")),
    "price-ad-log": (ad_log, ("price", "spend"), ("a", "b", "cost", "k", "x0")),
}
"""Problem -> its formula, and the names of the parameters and of the data, in its order."""

DERIVATIONS: dict[str, Derive] = {name: on_floats(*market) for name, market in MARKETS.items()}
