"""JAX's primitives in the operations of a loss: name -> (rule, the parameters that it takes).

A rule gets the equation's operands, then those of its parameters that the table names. Primitives
that need more than that (positions, concrete values, jaxprs) are in `movement` and `walk`.

Source: the semantics of the primitives, https://openxla.org/stablehlo/spec.
"""

from __future__ import annotations

import operator
import string
from typing import Any

from gradparity.harness.plain.steps.incomplete_beta import betainc
from gradparity.harness.plain.steps.mathematics import UNARY, differ, running_product
from gradparity.harness.plain.steps.step import Rule
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _cumulative(xp: Namespace, x: Array, axis: int, reverse: bool) -> Array:
    if not reverse:
        return xp.cumulative_sum(x, axis=axis)
    return xp.flip(xp.cumulative_sum(xp.flip(x, axis=axis), axis=axis), axis=axis)


def _running_logsumexp(xp: Namespace, x: Array, axis: int, reverse: bool) -> Array:
    ahead = xp.flip(x, axis=axis) if reverse else x
    found = xp.logcumsumexp(ahead, axis=axis)
    return xp.flip(found, axis=axis) if reverse else found


def _sliced(xp: Namespace, x: Array, start: Any, limit: Any, strides: Any) -> Array:
    steps = strides or (1,) * len(start)
    return x[tuple(slice(a, b, s) for a, b, s in zip(start, limit, steps, strict=True))]


def _broadcast(xp: Namespace, x: Array, shape: Any, places: Any) -> Array:
    lengths = [1] * len(shape)
    for place, length in zip(places, x.shape, strict=True):
        lengths[place] = length
    return xp.broadcast_to(xp.reshape(x, tuple(lengths)), tuple(shape))


def _reshape(xp: Namespace, x: Array, shape: Any, dimensions: Any) -> Array:
    ordered = x if dimensions is None else xp.permute_dims(x, tuple(dimensions))
    return xp.reshape(ordered, tuple(shape))


def _product(xp: Namespace, x: Array, y: Array, numbers: Any) -> Array:
    (x_summed, y_summed), (x_batch, y_batch) = numbers
    ranks = tuple(len(getattr(a, "shape", ())) for a in (x, y))  # a literal has no shape
    if 0 in ranks:
        return x * y
    if not x_batch and ranks == (2, 2) and (tuple(x_summed), tuple(y_summed)) == ((1,), (0,)):
        return x @ y
    letters = iter(string.ascii_letters)
    first, second = [""] * ranks[0], [""] * ranks[1]
    for a, b in (*zip(x_batch, y_batch, strict=True), *zip(x_summed, y_summed, strict=True)):
        first[a] = second[b] = next(letters)
    batch = [first[a] for a in x_batch]
    first, second = [a or next(letters) for a in first], [b or next(letters) for b in second]
    summed = {first[a] for a in x_summed}
    free = [c for c in (*first, *second) if c not in summed and c not in batch]
    return xp.einsum(f"{''.join(first)},{''.join(second)}->{''.join(batch + free)}", x, y)


def _clamped(xp: Namespace, low: Array, x: Array, high: Array) -> Array:
    return xp.minimum(xp.maximum(x, low), high)


def _comparison(name: str) -> Rule:
    compare = getattr(operator, name)
    return lambda xp, x, y: compare(x, y)


_NAMED = {
    **{name: name for name in UNARY if name not in ("sigmoid", "log2", "log10", "reciprocal")},
    **{"logistic": "sigmoid", "erf_inv": "erfinv"},
}

_BINARY: dict[str, Rule] = {
    "add": lambda xp, x, y: x + y,
    "add_any": lambda xp, x, y: x + y,
    "sub": lambda xp, x, y: x - y,
    "mul": lambda xp, x, y: x * y,
    "div": lambda xp, x, y: x / y,
    "pow": lambda xp, x, y: xp.pow(x, y),
    "atan2": lambda xp, y, x: xp.atan2(y, x),
    "max": lambda xp, x, y: xp.maximum(x, y),
    "min": lambda xp, x, y: xp.minimum(x, y),
    "clamp": _clamped,
    **{name: _comparison(name) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "not": lambda xp, x: ~x,
    "xor": differ,
    "rem": lambda xp, x, y: x - y * xp.trunc(x / y),
    "bessel_i0e": lambda xp, x: xp.i0e(x),
    "bessel_i1e": lambda xp, x: xp.i1e(x),
    "igamma": lambda xp, a, x: xp.gammainc(a, x),
    "igammac": lambda xp, a, x: xp.gammaincc(a, x),
}

RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    **{name: (UNARY[ours], ()) for name, ours in _NAMED.items()},
    **{name: (rule, ()) for name, rule in _BINARY.items()},
    "regularized_incomplete_beta": (betainc, ()),
    "integer_pow": (lambda xp, x, n: xp.pow(x, n), ("y",)),
    "reduce_sum": (lambda xp, x, axes: xp.sum(x, axis=tuple(axes)), ("axes",)),
    "reduce_max": (lambda xp, x, axes: xp.max(x, axis=tuple(axes)), ("axes",)),
    "reduce_min": (lambda xp, x, axes: xp.min(x, axis=tuple(axes)), ("axes",)),
    "reduce_prod": (lambda xp, x, axes: xp.prod(x, axis=tuple(axes)), ("axes",)),
    "cumsum": (_cumulative, ("axis", "reverse")),
    "cumprod": (running_product, ("axis", "reverse")),
    "cumlogsumexp": (_running_logsumexp, ("axis", "reverse")),
    "dot_general": (_product, ("dimension_numbers",)),
    "broadcast_in_dim": (_broadcast, ("shape", "broadcast_dimensions")),
    "reshape": (_reshape, ("new_sizes", "dimensions")),
    "squeeze": (lambda xp, x, axes: xp.squeeze(x, axis=tuple(axes)), ("dimensions",)),
    "expand_dims": (lambda xp, x, axes: xp.expand_dims(x, axis=tuple(axes)), ("dimensions",)),
    "transpose": (lambda xp, x, axes: xp.permute_dims(x, tuple(axes)), ("permutation",)),
    "rev": (lambda xp, x, axes: xp.flip(x, axis=tuple(axes)), ("dimensions",)),
    "slice": (_sliced, ("start_indices", "limit_indices", "strides")),
    "concatenate": (lambda xp, *given: xp.concat(list(given[:-1]), axis=given[-1]), ("dimension",)),
}
"""The primitives that are one rule on arrays."""

SAME = (
    *("copy", "copy_p", "name", "reduce_precision", "optimization_barrier", "device_put"),
    *("sharding_constraint", "pvary", "copy_to_host_async"),
)
"""The primitives that hand on what they get."""

FLAT = ("floor", "ceil", "round", "is_finite", "reduce_and", "reduce_or")
"""The primitives without a derivative: their values at the point are constants of the loss."""

WHOLE: dict[str, Rule] = {"log_ndtr": lambda xp, x: xp.log_ndtr(x)}
"""JAX's own functions that are operations, where what they are made of is less accurate."""
