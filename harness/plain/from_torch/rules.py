"""Torch's aten calls in the operations of a loss: name -> rule.

A rule gets the recorder, the arguments by name and the tensors that torch returned, and notes the
steps; it returns what the results hold, one operand or a list, or NotImplemented to leave the call
to torch's decomposition. Calls that only move entries are in `movement`.

Source: aten/src/ATen/native/native_functions.yaml of PyTorch, for names and arguments.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradparity.harness.plain.from_torch.activations import ACTIVATIONS
from gradparity.harness.plain.from_torch.alignments import ALIGNMENTS
from gradparity.harness.plain.from_torch.complex_tensors import COMPLEX, EACH, of_parts
from gradparity.harness.plain.from_torch.distances import DISTANCES
from gradparity.harness.plain.from_torch.groups import GROUPS
from gradparity.harness.plain.from_torch.layers import LAYERS
from gradparity.harness.plain.from_torch.matrices import MATRICES
from gradparity.harness.plain.from_torch.movement import MOVEMENT
from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.from_torch.special import SPECIAL
from gradparity.harness.plain.from_torch.windows import WINDOWS
from gradparity.harness.plain.steps.mathematics import UNARY, differ, number, running_product
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _unary(function: Callable[..., Array]) -> TorchRule:
    return lambda r, a, outs: r.step(function, a["self"])


def _binary(function: Callable[..., Array], second: str = "other") -> TorchRule:
    return lambda r, a, outs: r.step(function, a["self"], a[second])


def _comparison(name: str) -> TorchRule:
    compare = getattr(operator, name)
    return _binary(lambda xp, x, y: compare(x, y))


def _scaled(sign: int) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        factor = sign * a.get("alpha", 1)
        if factor == 1:
            return r.step(lambda xp, x, y: x + y, a["self"], a["other"])
        if factor == -1:
            return r.step(lambda xp, x, y: x - y, a["self"], a["other"])
        return r.step(lambda xp, x, y: x + factor * y, a["self"], a["other"])

    return rule


def _divide(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    if a.get("rounding_mode") is not None:
        return None
    return r.step(lambda xp, x, y: x / y, a["self"], a["other"])


def _remainder(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The result of remainder and fmod: x − n y, with the whole number n of the point."""
    x, y = (v.detach() if hasattr(v, "detach") else v for v in (a["self"], a["other"]))
    times = ((x - outs[0].detach()) / y).round()
    return r.step(lambda xp, x, y, n: x - n * y, a["self"], a["other"], times)


def _joined(join: Callable[[Array, Array], Array]) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        # A Python bool has no `&` for a mask on its right.
        x, y = sorted(
            (_mask(r, a["self"]), _mask(r, a["other"])), key=lambda v: isinstance(v, bool)
        )
        return r.step(lambda xp, x, y: join(x, y), x, y)

    return rule


def _mask(r: Recorder, x: Any) -> Any:
    """A tensor of truth values; of numbers, where they are not 0."""
    if not r.moves(x):
        return r.operand(x.detach() != 0)
    return r.operand(x) if not x.is_floating_point() else r.step(lambda xp, x: x != 0, x)


def _reduced(name: str) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        axis, keepdims = _axis(a), bool(a.get("keepdim", False))
        x = _floating(r, a["self"])
        return r.step(lambda xp, x: getattr(xp, name)(x, axis=axis, keepdims=keepdims), x)

    return rule


def _floating(r: Recorder, x: Any) -> Any:
    """A tensor as an operand; truth values as 0.0 and 1.0."""
    return r.step(number, x) if not x.is_floating_point() else r.operand(x)


def _axis(a: Given) -> Any:
    axis = a.get("dim")
    if axis is None or (isinstance(axis, list | tuple) and not axis):
        return None
    axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    return axes if a["self"].ndim else None


def _extreme(name: str, pair: str) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        if "other" in a:
            return r.step(lambda xp, x, y: getattr(xp, pair)(x, y), a["self"], a["other"])
        return [_reduced(name)(r, a, outs), *[None] * (len(outs) - 1)]

    return rule


def _spread(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """var: the mean square of what the mean leaves."""
    axis, keepdims = _axis(a), bool(a.get("keepdim", False))
    correction = a.get("correction", int(a.get("unbiased", True)))
    correction = 1 if correction is None else correction
    x = a["self"]
    count = x.numel() if axis is None else int(np.prod([x.shape[i] for i in axis]))

    def variance(xp: Namespace, x: Array) -> Array:
        squares = xp.square(x - xp.mean(x, axis=axis, keepdims=True))
        return xp.sum(squares, axis=axis, keepdims=keepdims) / (count - correction)

    return r.step(variance, x)


def _running(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    if not a["self"].ndim:
        return r.operand(a["self"])
    return r.step(lambda xp, x: xp.cumulative_sum(x, axis=a["dim"]), a["self"])


def _running_product(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    axis = a["dim"] % max(a["self"].ndim, 1)
    return r.step(lambda xp, x: running_product(xp, x, axis), a["self"])


def _running_logsumexp(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    if not a["self"].ndim:
        return r.operand(a["self"])
    return r.step(lambda xp, x: xp.logcumsumexp(x, axis=a["dim"]), a["self"])


def _product(first: str, second: str) -> TorchRule:
    return lambda r, a, outs: r.step(lambda xp, x, y: x @ y, a[first], a[second])


def _added_product(first: str, second: str) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        alpha, beta = a.get("alpha", 1), a.get("beta", 1)

        def product(xp: Namespace, x: Array, y: Array) -> Array:
            return x @ y if alpha == 1 else alpha * (x @ y)

        def together(xp: Namespace, c: Array, product: Array) -> Array:
            return c + product if beta == 1 else beta * c + product

        multiplied = r.step(product, a[first], a[second])
        return multiplied if beta == 0 else r.step(together, a["self"], multiplied)

    return rule


def _clamped(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    result: Any = r.operand(a["self"])
    if a.get("min") is not None:
        result = r.step(lambda xp, x, low: xp.maximum(x, low), result, a["min"])
    if a.get("max") is not None:
        result = r.step(lambda xp, x, high: xp.minimum(x, high), result, a["max"])
    return result


def _chosen(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    return r.step(lambda xp, m, x, y: xp.where(m, x, y), a["condition"], a["self"], a["other"])


def _filled(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    return r.step(lambda xp, m, y, x: xp.where(m, y, x), a["mask"], a["value"], a["self"])


def _copied(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """_to_copy: a float to a float is the same, a mask becomes 0.0 and 1.0."""
    x, made = a["self"], outs[0]
    if not made.is_floating_point():
        return r.operand(x) if not x.is_floating_point() else r.step(lambda xp, x: x != 0, x)
    return _floating(r, x)


RULES: dict[str, TorchRule] = {
    **MOVEMENT,
    **WINDOWS,
    **LAYERS,
    **MATRICES,
    **GROUPS,
    **ALIGNMENTS,
    **SPECIAL,
    **ACTIVATIONS,
    **DISTANCES,
    **{name: _unary(function) for name, function in UNARY.items()},
    **{name: _comparison(name) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "sgn": _unary(UNARY["sign"]),
    "relu": _unary(lambda xp, x: xp.where(x > 0, x, 0.0)),
    "add": _scaled(1),
    "sub": _scaled(-1),
    "mul": _binary(lambda xp, x, y: x * y),
    "div": _divide,
    "remainder": _remainder,
    "fmod": _remainder,
    "pow": _binary(lambda xp, x, y: xp.pow(x, y), "exponent"),
    "atan2": _binary(lambda xp, x, y: xp.atan2(x, y)),
    "hypot": _binary(lambda xp, x, y: xp.hypot(x, y)),
    "logaddexp": _binary(lambda xp, x, y: xp.logaddexp(x, y)),
    "maximum": _binary(lambda xp, x, y: xp.maximum(x, y)),
    "minimum": _binary(lambda xp, x, y: xp.minimum(x, y)),
    "logical_and": _joined(operator.and_),
    "bitwise_and": _joined(operator.and_),
    "logical_or": _joined(operator.or_),
    "bitwise_or": _joined(operator.or_),
    "logical_xor": lambda r, a, outs: r.step(differ, _mask(r, a["self"]), _mask(r, a["other"])),
    "bitwise_xor": lambda r, a, outs: r.step(differ, _mask(r, a["self"]), _mask(r, a["other"])),
    "logical_not": lambda r, a, outs: r.step(lambda xp, x: ~x, _mask(r, a["self"])),
    "bitwise_not": lambda r, a, outs: r.step(lambda xp, x: ~x, _mask(r, a["self"])),
    "where": _chosen,
    "masked_fill": _filled,
    "clamp": _clamped,
    "clamp_min": _clamped,
    "clamp_max": _clamped,
    "sum": _reduced("sum"),
    "mean": _reduced("mean"),
    "prod": _reduced("prod"),
    "amax": _reduced("max"),
    "amin": _reduced("min"),
    "max": _extreme("max", "maximum"),
    "min": _extreme("min", "minimum"),
    "var": _spread,
    "cumsum": _running,
    "cumprod": _running_product,
    "logcumsumexp": _running_logsumexp,
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "mv": _product("self", "vec"),
    "dot": _product("self", "tensor"),
    "vdot": _product("self", "other"),
    "addmm": _added_product("mat1", "mat2"),
    "baddbmm": _added_product("batch1", "batch2"),
    "addmv": _added_product("mat", "vec"),
    "_to_copy": _copied,
}
RULES |= {f"complex {name}": rule for name, rule in COMPLEX.items()}
RULES |= {f"complex {name}": partial(of_parts, RULES[name]) for name in EACH if name in RULES}
"""The calls that have a rule; others are decomposed, or refused by name."""

CONSTANT = frozenset(
    (
        *("empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like"),
        *("randint_like", "new_empty", "new_zeros", "new_ones", "new_full", "new_empty_strided"),
        *("bernoulli", "normal", "uniform", "random", "exponential", "multinomial", "poisson"),
        *("floor", "ceil", "round", "trunc", "floor_divide", "fill.zero", "zero", "isnan"),
        *("_local_scalar_dense", "sym_size", "sym_numel", "is_same_size", "equal", "heaviside"),
    )
)
"""The calls that do not depend on values, or have no derivative: they stay as at the point."""
