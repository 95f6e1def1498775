"""The slope of a loss along a direction: a loss of its own, whose gradient is a product H v.

Let θ move with velocity v, θ(t) = θ + t v. The slope is d/dt f(θ(t)) at t = 0, and

    slope(θ) = v · ∇f(θ),        ∂ slope/∂θ = H v.

An array of the loss becomes a `Jet` (`backends/dual_numbers/jet.py`), value and velocity.
A rule carries the velocity along, y = φ(x), ẏ = φ'(x) ẋ, and writes φ' in the operations of `DUAL`.
So value and velocity are themselves dual numbers, and the directional derivative d · Hv of the
slope comes out exact, in extended precision, with no difference quotient and no backward pass.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), section 3.1, applied twice.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers import special_rules
from gradparity.backends.dual_numbers.evaluation import DUAL, RULES
from gradparity.backends.dual_numbers.jet import (
    Jet,
    applied,
    binary,
    linear,
    matmul,
    multilinear,
    still,
    times,
    unary,
    value_of,
    velocity_of,
)
from gradparity.backends.dual_numbers.linear import LINEAR, axes_of
from gradparity.backends.dual_numbers.matrices import SLOPES, operations
from gradparity.backends.dual_numbers.rules import BINARY, FLAT, UNARY
from gradparity.problems import Arrays, Loss, Namespace


def _einsum(subscripts: str, *operands: Any) -> Any:
    return multilinear(partial(DUAL.einsum, subscripts), *operands)


def _extreme(name: str, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return max or min; ties share the velocity evenly."""
    y, velocity = RULES[name](value_of(x), axis=axis, keepdims=keepdims), velocity_of(x)
    if velocity is None:
        return still(y)
    ties = DUAL.astype(x.value == RULES[name](x.value, axis=axis, keepdims=True), np.longdouble)
    total = DUAL.sum(times(velocity, ties), axis=axis, keepdims=keepdims)
    return Jet(y, total / DUAL.sum(ties, axis=axis, keepdims=keepdims))


def _prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the product, by halves: no division, so zeros do no harm."""
    if not isinstance(x, Jet):
        return still(DUAL.prod(x, axis=axis, keepdims=keepdims))
    axes = axes_of(axis, x.ndim, 0)
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    shape = tuple(x.shape[i] for i in kept)
    count = math.prod(x.shape[i] for i in axes)
    if not count:
        return still(DUAL.prod(x.value, axis=axis, keepdims=keepdims))
    factors = linear("reshape", linear("permute_dims", x, (*kept, *axes)), (*shape, count))
    while factors.shape[-1] > 1:
        half = factors.shape[-1] // 2
        rest = factors[..., 2 * half :]
        factors = _joined("concat", [factors[..., :half] * factors[..., half : 2 * half], rest], -1)
    full = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return linear("reshape", factors, full if keepdims else shape)


def _where(condition: Any, x: Any, y: Any) -> Any:
    z = DUAL.where(condition, value_of(x), value_of(y))
    velocities = [velocity_of(x), velocity_of(y)]
    if all(v is None for v in velocities):
        return still(z)
    return Jet(z, DUAL.where(condition, *(0.0 if v is None else v for v in velocities)))


def _clip(x: Any, min: Any = None, max: Any = None) -> Any:
    raised = x if min is None else binary("maximum", x, min)
    return raised if max is None else binary("minimum", raised, max)


def _joined(name: str, arrays: Any, axis: int | None = 0) -> Any:
    arrays = list(arrays)
    y = RULES[name]([value_of(x) for x in arrays], axis=axis)
    if all(velocity_of(x) is None for x in arrays):
        return still(y)
    velocities = [
        DUAL.zeros_like(value_of(x)) if velocity_of(x) is None else x.velocity for x in arrays
    ]
    return Jet(y, RULES[name](velocities, axis=axis))


def _astype(x: Any, dtype: Any) -> Any:
    if isinstance(x, Jet) and np.dtype(dtype).kind == "f":
        return x
    return still(DUAL.astype(value_of(x), dtype))


def _of_matrices(name: str) -> Any:
    """An operation of linear algebra on square matrices of jets."""

    def operation(*operands: Any) -> Any:
        values, velocities = [value_of(x) for x in operands], [velocity_of(x) for x in operands]
        found = RULES[name](*values)
        results = found if isinstance(found, tuple) else (found,)
        moves: Any = (None,) * len(results)
        if any(v is not None for v in velocities):
            moves = SLOPES[name](DUAL, values, results, velocities)
        jets = tuple(
            Jet(x, v) if v is not None else still(x) for x, v in zip(results, moves, strict=True)
        )
        return jets if isinstance(found, tuple) else jets[0]

    return operation


def _created(name: str, x: Any, *args: Any, **kwargs: Any) -> Any:
    return still(RULES[name](value_of(x), *args, **kwargs))


def _truth(name: str) -> Any:
    return lambda *operands: RULES[name](*map(value_of, operands))


def _polygamma(n: int, x: Any) -> Any:
    return applied(partial(DUAL.polygamma, n), special_rules.polygamma(n)[1], x)


_RULES: dict[str, Any] = {
    **{name: _truth(name) for name in FLAT},
    "polygamma": _polygamma,
    **{name: partial(unary, name) for name in UNARY},
    **{name: partial(binary, name) for name in BINARY},
    **{name: partial(linear, name) for name in LINEAR},
    **{name: partial(_extreme, name) for name in ("max", "min")},
    **{name: partial(_joined, name) for name in ("concat", "stack")},
    **{name: partial(_created, name) for name in ("zeros_like", "ones_like", "arange")},
    "prod": _prod,
    "where": _where,
    "clip": _clip,
    "matmul": matmul,
    "einsum": _einsum,
    "argsort": lambda x, **how: DUAL.argsort(value_of(x), **how),
    "astype": _astype,
    **operations(lambda: JETS, _of_matrices),
}

JETS: Namespace = Namespace("jets of dual numbers", None, _RULES, complex_pairs=True)
"""Every operation on jets."""


def direction_of(name: str) -> str:
    """Return under which name the data of a slope hold the velocity of parameter `name`."""
    return f"direction of {name}"


def slope(loss: Loss) -> Loss:
    """Return θ -> v · ∇f(θ), a loss to be evaluated on dual numbers (`directional`) alone.

    Its data are those of `loss` and, as `direction_of(name)`, the velocities, of the shapes of the
    parameters; a parameter without one stands still.
    """

    def along(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        velocities = {name: data.get(direction_of(name)) for name in params}
        moving = {name: Jet(x, velocities[name]) for name, x in params.items()}
        directions = {direction_of(name) for name in params}
        fixed = {name: still(x) for name, x in data.items() if name not in directions}
        result = loss(JETS, moving, fixed)
        if isinstance(result, Jet):
            return DUAL.zeros_like(result.value) if result.velocity is None else result.velocity
        number = isinstance(result, np.ndarray | np.generic | int | float)
        return np.zeros_like(result) if number else result

    return along
