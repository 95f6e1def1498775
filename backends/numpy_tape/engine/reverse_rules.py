"""Reverse mode, one line per primitive: from the adjoint of the result to those of the operands.

    name: (g, z, x, ..., statics) -> adjoint of x,   one function per operand

g is the adjoint of the result z. An adjoint may have the shape that x was broadcast to: the node
that receives it sums it up. Elementwise primitives have theirs in `elementwise.py`.

Most of these primitives are linear, z = A x, and the line is Aᵀ g. They come in pairs: sum and
broadcast_to, getitem and scatter_slices, take and take_add, each the other's transpose.
"""

# ruff: noqa: E501  (a rule is one line)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.backends.numpy_tape.primitives.elementwise import astype, multiply
from gradparity.backends.numpy_tape.primitives.keys import WHOLE, canonical
from gradparity.backends.numpy_tape.primitives.products import (
    einsum_adjoint,
    matmul_left,
    matmul_right,
)
from gradparity.backends.numpy_tape.primitives.record import Rule
from gradparity.backends.numpy_tape.primitives.self_ruled import SelfRuled
from gradparity.backends.numpy_tape.primitives.shapes import (
    inverse,
    kept,
    others_product,
    tie_shares,
)
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, FLAT, ON_ARRAYS, RECORDS
from gradparity.problems import Array, InputError
from gradparity.problems.namespace import require

# fmt: off
REVERSE_RULES: dict[str, tuple[Rule | None, ...]] = {
    **{name: f.derivatives for name, f in ELEMENTWISE.items() if name not in FLAT},
    **{name: record.reverse for name, record in RECORDS.items()},
    "astype":          (lambda g, z, x, dtype: astype(g, dtype=x.dtype),),

    "sum":             (lambda g, z, x, axis, keepdims: p.broadcast_to(kept(g, x.shape, axis), shape=x.shape),),
    "prod":            (lambda g, z, x, axis, keepdims: multiply(kept(g, x.shape, axis), others_product(x, axis)),),
    "max":             (lambda g, z, x, axis, keepdims: tie_shares(kept(g, x.shape, axis), x, kept(z, x.shape, axis), axis),),
    "min":             (lambda g, z, x, axis, keepdims: tie_shares(kept(g, x.shape, axis), x, kept(z, x.shape, axis), axis),),
    "cumulative_sum":  (lambda g, z, x, axis: p.flip(p.cumulative_sum(p.flip(g, axis=(axis,)), axis=axis), axis=(axis,)),),

    "matmul":          (lambda g, z, x, y: matmul_left(g, x, y),
                        lambda g, z, x, y: matmul_right(g, x, y)),

    "reshape":         (lambda g, z, x, shape: p.reshape(g, shape=x.shape),),
    "broadcast_to":    (lambda g, z, x, shape: g,),
    "transpose":       (lambda g, z, x, axes: p.transpose(g, axes=inverse(axes)),),
    "flip":            (lambda g, z, x, axis: p.flip(g, axis=axis),),
    "roll":            (lambda g, z, x, shift, axis: p.roll(g, shift=tuple(-s for s in shift), axis=axis),),

    # getitem's adjoint is scatter_slices; `TapeNode` scatters all pieces of one array at once.
    "gather":          (lambda g, z, x, *i, axis: p.scatter_add(g, *i, axis=axis, shape=x.shape),),
    "scatter_add":     (lambda g, z, x, *i, axis, shape: p.gather(g, *i, axis=axis),),
    "take":            (lambda g, z, x, i, axis: p.take_add(g, i, axis=axis, shape=x.shape),),
    "take_add":        (lambda g, z, x, i, axis, shape: p.take(g, i, axis=axis),),
    "take_along_axis": (lambda g, z, x, i, axis: p.add_along_axis(g, i, axis=axis, shape=x.shape),),
    "add_along_axis":  (lambda g, z, x, i, axis, shape: p.take_along_axis(g, i, axis=axis),),
}

# Any number of operands: the number of the operand comes first, the operands as a list.
VARIADIC_REVERSE_RULES: dict[str, Rule] = {
    "concat":          lambda n, g, z, xs, axis: p.getitem(g, key=_extent(n, xs, axis)),
    "scatter_slices":  lambda n, g, z, xs, keys, shape: p.getitem(g, key=keys[n]),
    "einsum":          einsum_adjoint,
}
# fmt: on
require(
    "REVERSE_RULES in backends/numpy_tape/engine/reverse_rules.py",
    {"getitem", *REVERSE_RULES, *VARIADIC_REVERSE_RULES},
    ON_ARRAYS,
)


def _extent(place: int, arrays: list[Array], axis: int) -> Any:
    """The key of one of the arrays in their concatenation."""
    start = sum(x.shape[axis] for x in arrays[:place])
    stop = start + arrays[place].shape[axis]
    total = sum(x.shape[axis] for x in arrays)
    return (*(WHOLE,) * axis, *canonical((slice(start, stop),), (total,)))


def adjoint_of(primitive: Primitive) -> Callable[..., Array]:
    """(place, g, result, operands, static) -> adjoint of the operand numbered `place`.

    Raises: InputError if the primitive has no rule; it says where to write one.
    """
    name = primitive.name
    if isinstance(primitive, SelfRuled):
        return primitive.adjoint
    if name in VARIADIC_REVERSE_RULES:
        variadic = VARIADIC_REVERSE_RULES[name]
        return lambda place, g, z, xs, static: variadic(place, g, z, xs, **static)
    if name in REVERSE_RULES:
        rules = REVERSE_RULES[name]
        return lambda place, g, z, xs, static: _rule(rules, place)(g, z, *xs, **static)
    raise InputError(
        f"the tape has no reverse rule for {name}; add a line to REVERSE_RULES in "
        "backends/numpy_tape/engine/reverse_rules.py"
    )


def _rule(rules: tuple[Rule | None, ...], place: int) -> Rule:
    rule = rules[place]
    if rule is None:
        raise InputError(f"operand {place} has no derivative")
    return rule
