"""Hand-written first and second derivatives of the problems in `problems.advertising`.

The market of two numbers is worked out on Python floats, and so are the gradients of budgets over
up to `FEW` channels; those over more, on vectors with one entry per channel. None raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop import business_second
from gradparity.backends.numpy_backprop.advertising_floats import budget_log, budget_sqrt
from gradparity.backends.numpy_backprop.business import on_floats, power
from gradparity.backends.numpy_backprop.contract.derivation import (
    Derivation,
    Derive,
    Further,
    Make,
    Operate,
)
from gradparity.problems import Array, Arrays

"""One number per channel, (channels,)."""


def ad_elastic(
    p: float, x: float, scale: float, elasticity: float, response: float, c: float
) -> tuple[float, float, float]:
    """Loss x - (p - c) q of the demand q = A p^-ε x^β, and its derivatives by price and spend.

    With the margin m = p - c:   dq/dp = -ε A p^(-ε - 1) x^β,   d loss/dp = -q - m dq/dp,
    dq/dx = β A p^-ε x^(β - 1),   d loss/dx = 1 - m dq/dx.
    """
    m, at, pull = p - c, scale * power(p, -elasticity), power(x, response)
    q = at * pull
    slope = -elasticity * scale * power(p, -elasticity - 1.0) * pull
    lift = response * at * power(x, response - 1.0)
    return x - m * q, -q - m * slope, 1.0 - m * lift


def ad_elastic_second(
    p: float, x: float, scale: float, elasticity: float, response: float, c: float
) -> tuple[float, float, float]:
    """Of the derivatives in `ad_elastic`, the derivatives.

    By price twice: -2 dq/dp - m d²q/dp², d²q/dp² = ε (ε + 1) A p^(-ε - 2) x^β.
    By price and spend: -dq/dx - m d²q/dp dx, d²q/dp dx = -ε β A p^(-ε - 1) x^(β - 1).
    By spend twice: -m d²q/dx² = m β (1 - β) A p^-ε x^(β - 2).
    """
    m, at, pull = p - c, scale * power(p, -elasticity), power(x, response)
    steep = scale * power(p, -elasticity - 1.0)
    bend = elasticity * (elasticity + 1.0) * scale * power(p, -elasticity - 2.0) * pull
    push = response * power(x, response - 1.0)
    fade = response * (1.0 - response) * power(x, response - 2.0)
    return (
        2.0 * elasticity * steep * pull - m * bend,
        (m * elasticity * steep - at) * push,
        m * at * fade,
    )


# ad-budget-sqrt. With the shares s = softmax(z), what the channels earn r_i = k_i √(B s_i), and
# their sum R:   ds_i/dz_j = s_i (δ_ij - s_j),   dr_i/dz_j = ½ r_i (δ_ij - s_j),
#     d loss/dz_j = -Σ_i dr_i/dz_j = ½ (s_j R - r_j).
# Along v, with w = v - Σ s v:   ds = s w,   dr = ½ r w,   dR = Σ dr,
#     (H v)_j = ½ (ds_j R + s_j dR - dr_j).


def _earned(params: Arrays, data: Arrays) -> tuple[Array, Array, Any]:
    """s, r and R. The largest z is taken off first: nothing overflows."""
    z = params["z"]
    s = np.exp(z - np.max(z))
    s /= np.sum(s)
    r = data["k"] * np.sqrt(data["budget"] * s)
    return s, r, np.sum(r)


def _sqrt_value(params: Arrays, data: Arrays) -> Any:
    return -_earned(params, data)[2]


def _sqrt_gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    s, r, total = _earned(params, data)
    return -total, {"z": 0.5 * (s * total - r)}


def _sqrt_hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
    s, r, total = _earned(params, data)
    w = direction["z"] - s @ direction["z"]
    dr = 0.5 * (r * w)
    return {"z": 0.5 * (s * w * total + s * np.sum(dr) - dr)}


# ad-budget-log. With Z = Σ z², the spends x_i = B z_i²/Z, and what the last unit earns in a channel
# g_i = k_i/(x_i + s_i), s = x0:   dx_i/dz_j = (2/Z)(B z_i δ_ij - x_i z_j),
#     d loss/dz_j = -Σ_i g_i dx_i/dz_j = -(2 z_j/Z) e_j,   e_j = B g_j - Σ_i g_i x_i.
# Along v, with dZ = 2 Σ z v:   dx_i = (2 B z_i v_i - x_i dZ)/Z,   dg_i = -g_i dx_i/(x_i + s_i),
#     de_j = B dg_j - Σ_i (dg_i x_i + g_i dx_i),
#     (H v)_j = -(2/Z)(v_j e_j + z_j de_j - z_j e_j dZ/Z).


def _spent(params: Arrays, data: Arrays) -> tuple[Any, Array, Array]:
    """Z, x and x + s."""
    z = params["z"]
    total = z @ z
    x = data["budget"] * (z * z) / total
    return total, x, x + data["x0"]


def _log_value(params: Arrays, data: Arrays) -> Any:
    return -np.sum(data["k"] * np.log1p(_spent(params, data)[1] / data["x0"]))


def _log_gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    z, k = params["z"], data["k"]
    total, x, level = _spent(params, data)
    g = k / level
    e = data["budget"] * g - g @ x
    return -np.sum(k * np.log1p(x / data["x0"])), {"z": -2.0 / total * z * e}


def _log_hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
    z, v, budget = params["z"], direction["z"], data["budget"]
    total, x, level = _spent(params, data)
    g = data["k"] / level
    e = budget * g - g @ x
    grown = 2.0 * (z @ v)
    dx = (2.0 * budget * z * v - x * grown) / total
    dg = -g * dx / level
    de = budget * dg - np.sum(dg * x + g * dx)
    return {"z": -2.0 / total * (v * e + z * (de - e * grown / total))}


FEW = 16
"""As for the landscapes: up to about so many, Python floats are faster than ufuncs."""


def _by_channels(
    formula: Callable[..., tuple[float, list[float]]],
    knowns: tuple[str, ...],
    value: Callable[..., Any],
    gradient: Callable[..., Any],
) -> Derive:
    """`formula` on Python floats for few channels, `value` and `gradient` on vectors for many."""

    def derive(params: Arrays, data: Arrays) -> Derivation:
        if params["z"].size > FEW:
            return Derivation(value, gradient)
        scalar, slope = params["z"].dtype.type, np.empty_like(params["z"])
        answer = {"z": slope}

        def few(params: Arrays, data: Arrays) -> tuple[float, list[float]] | None:
            try:
                return formula(params["z"].tolist(), *[data[name].tolist() for name in knowns])
            except (ArithmeticError, ValueError):  # infinite or NaN, as NumPy has it
                return None

        def few_value(params: Arrays, data: Arrays) -> Any:
            found = few(params, data)
            return value(params, data) if found is None else scalar(found[0])

        def few_gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
            found = few(params, data)
            if found is None:
                return gradient(params, data)  # type: ignore[no-any-return]
            slope[:] = found[1]
            return scalar(found[0]), answer

        return Derivation(few_value, few_gradient)

    return derive


def _make(operate: Operate) -> Make:
    return lambda params, data: operate


_MARKET = (("price", "spend"), ("scale", "elasticity", "response", "cost"))

DERIVATIONS: dict[str, Derive] = {
    "price-ad-elastic": on_floats(ad_elastic, *_MARKET),
    "ad-budget-sqrt": _by_channels(budget_sqrt, ("k", "budget"), _sqrt_value, _sqrt_gradient),
    "ad-budget-log": _by_channels(budget_log, ("k", "x0", "budget"), _log_value, _log_gradient),
}

FURTHER: dict[str, Further] = {
    "price-ad-elastic": business_second.on_floats(ad_elastic, ad_elastic_second, *_MARKET),
    "ad-budget-sqrt": {"hvp": _make(_sqrt_hvp)},
    "ad-budget-log": {"hvp": _make(_log_hvp)},
}
