"""Forward mode, one line per primitive: from the tangent of an operand to that of the result.

    name: (t, z, x, ..., statics) -> what t, a tangent of x, adds to the tangent of z

one function per operand. Elementwise primitives have theirs in `elementwise.py`. A primitive that
 is linear in its first operand, z = A x, does to the tangent what it does to the value: A t.
"""

# ruff: noqa: E501  (a rule is one line)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Primitive, create
from gradparity.backends.numpy_tape.primitives.elementwise import add, multiply
from gradparity.backends.numpy_tape.primitives.record import Rule
from gradparity.backends.numpy_tape.primitives.self_ruled import SelfRuled
from gradparity.backends.numpy_tape.primitives.shapes import kept, others_product, tie_shares
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, FLAT, ON_ARRAYS, RECORDS
from gradparity.problems import Array, InputError
from gradparity.problems.namespace import require

LINEAR = {
    *("sum", "cumulative_sum", "reshape", "broadcast_to", "transpose", "flip", "roll", "getitem"),
    *("gather", "scatter_add", "take", "take_add", "take_along_axis", "add_along_axis"),
    *(name for name, record in RECORDS.items() if not record.forward),
}
"""Linear in the first operand; the others are integers."""


def _picked(t: Array, z: Array, x: Array, axis: Any, keepdims: bool) -> Array:
    """The tangent of max or min: that of the entry taken, of a tie the mean."""
    return p.sum(tie_shares(t, x, kept(z, x.shape, axis), axis), axis=axis, keepdims=keepdims)


# fmt: off
FORWARD_RULES: dict[str, tuple[Rule | None, ...]] = {
    **{name: f.derivatives for name, f in ELEMENTWISE.items() if name not in FLAT},
    **{name: record.forward for name, record in RECORDS.items() if record.forward},
    "prod":    (lambda t, z, x, axis, keepdims: p.sum(multiply(t, others_product(x, axis)), axis=axis, keepdims=keepdims),),
    "max":     (lambda t, z, x, axis, keepdims: _picked(t, z, x, axis, keepdims),),
    "min":     (lambda t, z, x, axis, keepdims: _picked(t, z, x, axis, keepdims),),
    "matmul":  (lambda t, z, x, y: p.matmul(t, y),
                lambda t, z, x, y: p.matmul(x, t)),
}
# fmt: on


def _concat(tangents: list[Array | None], z: Array, xs: list[Array], axis: int) -> Array:
    like = next(t for t in tangents if t is not None)
    filled = [
        create(like, p.full, shape=x.shape, value=0.0, dtype=x.dtype) if t is None else t
        for t, x in zip(tangents, xs, strict=True)
    ]
    return p.concat(*filled, axis=axis)


def _scatter_slices(
    tangents: list[Array | None], z: Array, xs: list[Array], keys: Any, shape: Any
) -> Array:
    moving = [(t, key) for t, key in zip(tangents, keys, strict=True) if t is not None]
    return p.scatter_slices(
        *(t for t, _ in moving), keys=tuple(key for _, key in moving), shape=shape
    )


def _einsum(tangents: list[Array | None], z: Array, xs: list[Array], subscripts: str) -> Array:
    moving = [(i, t) for i, t in enumerate(tangents) if t is not None]
    return total([p.einsum(*xs[:i], t, *xs[i + 1 :], subscripts=subscripts) for i, t in moving])


# Any number of operands: all tangents at once, None where an operand does not move.
VARIADIC_FORWARD_RULES: dict[str, Rule] = {
    "concat": _concat,
    "scatter_slices": _scatter_slices,
    "einsum": _einsum,
}
require(
    "FORWARD_RULES in backends/numpy_tape/engine/forward_rules.py",
    LINEAR | {*FORWARD_RULES, *VARIADIC_FORWARD_RULES},
    ON_ARRAYS,
)


def total(terms: list[Array]) -> Array:
    """The sum of at least one array; they broadcast."""
    result = terms[0]
    for term in terms[1:]:
        result = add(result, term)
    return result


def tangent_of(primitive: Primitive) -> Callable[..., Array]:
    """(tangents, result, operands, static) -> tangent of the result, of a shape that broadcasts.

    Raises: InputError if the primitive has no rule; it says where to write one.
    """
    name = primitive.name
    if isinstance(primitive, SelfRuled):
        return primitive.tangent
    if name in VARIADIC_FORWARD_RULES:
        variadic = VARIADIC_FORWARD_RULES[name]
        return lambda tangents, z, xs, static: variadic(tangents, z, xs, **static)
    if name in LINEAR:
        return lambda tangents, z, xs, static: primitive(tangents[0], *xs[1:], **static)
    if name in FORWARD_RULES:
        rules = FORWARD_RULES[name]
        return lambda tangents, z, xs, static: total(
            [
                rule(t, z, *xs, **static)
                for rule, t in zip(rules, tangents, strict=True)
                if rule is not None and t is not None
            ]
        )
    raise InputError(
        f"the tape has no forward rule for {name}; add a line to FORWARD_RULES in "
        "backends/numpy_tape/engine/forward_rules.py"
    )
