"""Hand-written second derivatives of the business problems, on Python floats.

Each formula takes the arguments of its namesake in `business` and returns the upper triangle of the
loss's Hessian: (by price twice), or (by price twice, by price and spend, by spend twice). They are
derivatives of the first derivatives that stand there. None raises.

Units: currency over the product of the two parameters' units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.business import MARKETS, power
from gradparity.backends.numpy_backprop.contract.derivation import Further, Make, Operate
from gradparity.problems import Arrays


def linear(p: float, a: float, b: float, c: float) -> tuple[float]:
    """Of d loss/dp = b (p - c) - (a - b p), the derivative: 2 b."""
    return (2.0 * b,)


def elastic(p: float, scale: float, elasticity: float, c: float) -> tuple[float]:
    """Of d loss/dp = -q - (p - c) dq/dp, the derivative: -2 dq/dp - (p - c) d²q/dp².

    dq/dp = -ε A p^(-ε - 1),   d²q/dp² = ε (ε + 1) A p^(-ε - 2).
    """
    slope = -elasticity * scale * power(p, -elasticity - 1.0)
    bend = elasticity * (elasticity + 1.0) * scale * power(p, -elasticity - 2.0)
    return (-2.0 * slope - (p - c) * bend,)


def logit(p: float, market: float, alpha: float, beta: float, c: float) -> tuple[float]:
    """Of d loss/dp = -q - (p - c) dq/dp, the derivative: -2 dq/dp - (p - c) d²q/dp².

    dq/dp = -β M σ (1 - σ),   d²q/dp² = β² M σ (1 - σ)(1 - 2σ) = -β (1 - 2σ) dq/dp.
    With e = exp(-|z|), 1 - 2σ = (1 - e)/(1 + e) with the sign of -z, and 1 - e = -expm1(-|z|).
    """
    z = alpha - beta * p
    e = math.exp(-abs(z))
    slope = -beta * market * e / ((1.0 + e) * (1.0 + e))
    balance = math.copysign(math.expm1(-abs(z)), -z) / (1.0 + e)
    return (slope * ((p - c) * beta * balance - 2.0),)


def ad_sqrt(
    p: float, x: float, a: float, b: float, c: float, k: float
) -> tuple[float, float, float]:
    """Of d loss/dp = b m - q and d loss/dx = 1 - m dq/dx, with m = p - c, dq/dx = ½ k/√x.

    By price twice: b - dq/dp = 2 b.   By price and spend: -dq/dx.
    By spend twice: -m d²q/dx² = ½ m dq/dx / x.
    """
    root = math.sqrt(x) if x >= 0.0 else math.nan
    lift = 0.5 * k / root if root != 0.0 else k * math.inf
    fade = lift / x if x != 0.0 else k * math.inf
    return 2.0 * b, -lift, 0.5 * (p - c) * fade


def ad_log(
    p: float, x: float, a: float, b: float, c: float, k: float, x0: float
) -> tuple[float, float, float]:
    """Of d loss/dp = b m - q and d loss/dx = 1 - m dq/dx, with m = p - c, dq/dx = k/(x + x₀).

    By price twice: b - dq/dp = 2 b.   By price and spend: -dq/dx.
    By spend twice: -m d²q/dx² = m dq/dx / (x + x₀).
    """
    whole = x + x0
    lift = k / whole if whole != 0.0 else k * math.inf
    fade = lift / whole if whole != 0.0 else k * math.inf
    return 2.0 * b, -lift, (p - c) * fade


Formula = Callable[..., tuple[float, ...]]


def on_floats(
    first: Formula, second: Formula, unknowns: tuple[str, ...], knowns: tuple[str, ...]
) -> Further:
    """Make jvp, hvp and hessian of the two formulas, rounded to the parameters' dtype at the end.

    With v the direction and H the Hessian: jvp = Σ g_i v_i, (H v)_i = Σ_j H_ij v_j.
    """

    def numbers(arrays: Arrays, names: tuple[str, ...]) -> list[float]:
        return [arrays[name].item() for name in names]

    def make_jvp(params: Arrays, data: Arrays) -> Operate:
        scalar = params[unknowns[0]].dtype.type

        def jvp(params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Any]:
            loss, *slopes = first(*numbers(params, unknowns), *numbers(data, knowns))
            v = numbers(direction, unknowns)
            return scalar(loss), scalar(sum(g * vi for g, vi in zip(slopes, v, strict=True)))

        return jvp

    def make_hvp(params: Arrays, data: Arrays) -> Operate:
        answer = {name: np.empty_like(params[name]) for name in unknowns}
        buffers = tuple(answer.values())

        def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
            curved = second(*numbers(params, unknowns), *numbers(data, knowns))
            v = numbers(direction, unknowns)
            for buffer, row in zip(buffers, _rows(curved), strict=True):
                buffer[()] = sum(h * vi for h, vi in zip(row, v, strict=True))
            return answer

        return hvp

    def make_hessian(params: Arrays, data: Arrays) -> Operate:
        matrix = np.empty((len(unknowns), len(unknowns)), params[unknowns[0]].dtype)

        def hessian(params: Arrays, data: Arrays) -> Any:
            curved = second(*numbers(params, unknowns), *numbers(data, knowns))
            matrix[:] = _rows(curved)
            return matrix

        return hessian

    makes: dict[str, Make] = {"jvp": make_jvp, "hvp": make_hvp, "hessian": make_hessian}
    return makes


def _rows(triangle: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    """The symmetric matrix of one or two rows with this upper triangle."""
    if len(triangle) == 1:
        return (triangle,)
    first, mixed, second = triangle
    return (first, mixed), (mixed, second)


SECOND: dict[str, Formula] = {
    "price-linear": linear,
    "price-elastic": elastic,
    "price-logit": logit,
    "price-ad-sqrt": ad_sqrt,
    "price-ad-log": ad_log,
}

FURTHER: dict[str, Further] = {
    name: on_floats(first, SECOND[name], unknowns, knowns)
    for name, (first, unknowns, knowns) in MARKETS.items()
}
