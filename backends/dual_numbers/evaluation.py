"""Dual numbers in extended precision: the directional derivative of a loss, by its value alone.

A dual number x + ẋε, ε² = 0, obeys f(x + ẋε) = f(x) + f'(x)ẋε. So a loss evaluated on dual numbers
returns its value and its derivative along a direction, and no backward pass takes part: it is
independent of every gradient that it is asked to judge.

Here x is an array in `numpy.longdouble` and ẋ holds K directions at once, on a leading axis; ẋ is
None where it is zero, so a parameter that does not move costs nothing. A zero in ẋ stays zero
whatever factor it meets: the infinite derivative of √x at 0 does not spoil a direction that leaves
x alone.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), sections 3.1 and 13.1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers import array as dual_array
from gradparity.backends.dual_numbers import linear as dual_linear
from gradparity.backends.dual_numbers.array import (
    WORK,
    Dual,
    Work,
    floating,
    made,
    mapped,
    primal,
    tangent_of,
    whole,
)
from gradparity.backends.dual_numbers.linear import LINEAR
from gradparity.backends.dual_numbers.matrices import on_duals
from gradparity.backends.dual_numbers.rules import BINARY, FLAT, REDUCTION, UNARY
from gradparity.backends.dual_numbers.special_rules import polygamma
from gradparity.problems import Array, Arrays, InputError, Loss, Namespace
from gradparity.problems.operations import numpy_functions
from gradparity.problems.refusals import refusal

EPS = float(np.finfo(np.longdouble).eps)
"""The relative spacing of longdouble on this machine: 1.1e-19 where it has 80 bits."""


def _clip(x: Any, min: Any = None, max: Any = None) -> Any:
    raised = x if min is None else dual_array.binary("maximum", x, min)
    return raised if max is None else dual_array.binary("minimum", raised, max)


def _joined(name: str, arrays: Any, axis: int | None = 0) -> Any:
    """Return concat or stack of arrays along `axis`; concat flattens them first if it is None."""
    arrays = list(arrays)
    if name == "concat" and axis is None:
        flat = [mapped(LINEAR["reshape"], x, (-1,)) for x in arrays]
        return _joined(name, flat)
    join: Callable[..., Any] = np.concatenate if name == "concat" else np.stack
    if whole(*arrays):
        return join(arrays, axis=axis)
    values = [floating(primal(x)) for x in arrays]
    result = join(values, axis=axis)
    tangents = [tangent_of(x) for x in arrays]
    moving = next((t for t in tangents if t is not None), None)
    if moving is None:
        return Dual(result)
    still = [
        np.broadcast_to(np.longdouble(0), (moving.shape[0], *value.shape)) if t is None else t
        for t, value in zip(tangents, values, strict=True)
    ]
    place = dual_linear.axes_of(axis, result.ndim, 1)[0]
    return Dual(result, join(still, axis=place))


def _einsum(subscripts: str, *operands: Any) -> Any:
    return dual_array.multilinear(partial(dual_linear.einsum, subscripts=subscripts), *operands)


def _like(fill: int, x: Any, dtype: Any = None) -> Any:
    given = x.dtype if dtype is None else dtype
    return made(np.full(x.shape, fill, dtype=given))


def _arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    bounds = (0, start) if stop is None else (start, stop)
    return made(np.arange(bounds[0], bounds[1], step, dtype=dtype))


def _astype(x: Any, dtype: Any) -> Any:
    """Return x as `dtype`; every floating dtype is longdouble, and integers have no derivative."""
    if np.dtype(dtype).kind == "f":
        return x if isinstance(x, Dual) else Dual(floating(np.asarray(x)))
    return primal(x).astype(dtype)


def _argsort(x: Any, **how: Any) -> Array:
    return numpy_functions.argsort(primal(x), **how)


def _truth(name: str) -> Callable[..., Any]:
    return lambda *operands: np.asarray(FLAT[name](*(primal(x) for x in operands)))


def _polygamma(n: int, x: Any) -> Any:
    return dual_array.applied(*polygamma(n), x)


SPECIAL: dict[str, Any] = {
    **{name: _truth(name) for name in FLAT},
    "polygamma": _polygamma,
    "clip": _clip,
    "where": dual_array.where,
    "matmul": dual_array.matmul,
    "einsum": _einsum,
    "concat": partial(_joined, "concat"),
    "stack": partial(_joined, "stack"),
    "zeros_like": partial(_like, 0),
    "ones_like": partial(_like, 1),
    "arange": _arange,
    "argsort": _argsort,
    "astype": _astype,
}

RULES: dict[str, Any] = {
    **{name: partial(dual_array.unary, name) for name in UNARY},
    **{name: partial(dual_array.binary, name) for name in BINARY},
    **{name: partial(dual_array.reduced, name) for name in REDUCTION},
    **{name: partial(mapped, function) for name, function in LINEAR.items()},
    **SPECIAL,
    **on_duals(lambda: DUAL),
}
"""Every operation on dual numbers: those of `Namespace`, and those of Python's operators."""

DUAL: Namespace = Namespace("dual numbers", None, RULES, complex_pairs=True)


def directional(
    loss: Loss, params: Arrays, data: Arrays, directions: Arrays
) -> tuple[np.longdouble, Array]:
    """Value of the loss, and its derivative along K directions: longdouble, () and (K,).

    params, data: NumPy arrays; floats are taken to longdouble, integers stay.
    directions: parameter name -> array (K, *shape); a parameter that is absent does not move.
    Raises: InputError if the loss is not a real scalar, or uses more than the operations of xp.
    """
    moving = {name: floating(np.asarray(d)) for name, d in directions.items()}
    count = next((len(d) for d in moving.values()), 0)
    dual_params = {
        name: Dual(floating(np.asarray(x)), moving.get(name)) for name, x in params.items()
    }
    dual_data = {name: made(np.asarray(x)) for name, x in data.items()}
    with np.errstate(all="ignore"):
        try:
            result = loss(DUAL, dual_params, dual_data)
        except TypeError as error:
            line = refusal(error)
            if line is None:
                raise
            raise InputError(line) from error
    value, tangent = _scalar(result)
    return value, np.zeros(count, np.longdouble) if tangent is None else tangent.copy()


def measured(loss: Loss, params: Arrays, data: Arrays) -> tuple[np.longdouble, Work]:
    """Value of the loss, and how much work one evaluation is; errors as `directional`."""
    work = Work()
    token = WORK.set(work)
    try:
        value, _ = directional(loss, params, data, {})
    finally:
        WORK.reset(token)
    return value, work


def _scalar(result: Any) -> tuple[np.longdouble, Array | None]:
    if not isinstance(result, Dual | np.ndarray | np.generic | int | float):
        raise InputError(f"the loss returned a {type(result).__name__}, not a scalar array")
    value = primal(result)
    if value.shape != ():
        raise InputError(
            f"the loss returned an array of shape {value.shape}, not a scalar; write xp.sum(...)"
        )
    return np.longdouble(value), result.tangent if isinstance(result, Dual) else None
