"""Many directions at once: arrays with a hidden leading axis.

A batch looks like one array of shape s and holds K of them, as one array of shape (K, *s). Its
rules say how to do K calls of a primitive in one: elementwise primitives broadcast, and where
axes are numbered, one is added. A loop over the rows of a Hessian so becomes one pass over larger
arrays: forward boxes whose tangents are batches, and nothing else knows about it.

Integer operands (indices, labels) and plain arrays are the same for all K.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Box, Primitive, anew, apply, create
from gradparity.backends.numpy_tape.primitives.keys import WHOLE
from gradparity.backends.numpy_tape.primitives.self_ruled import SelfRuled
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, ON_ARRAYS, RECORDS
from gradparity.problems import Array, InputError
from gradparity.problems.namespace import require


class Batch(Box):
    """K arrays of shape `shape`; value: (K, *shape)."""

    __slots__ = ("level", "value")

    def __init__(self, value: Array, level: int) -> None:
        self.value, self.level = value, level

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The shape of one of the arrays."""
        return self.value.shape[1:]  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the arrays."""
        return self.value.dtype

    def anew(self) -> Batch:
        """See `Box.anew`."""
        return Batch(anew(self.value), self.level)

    def create(self, primitive: Primitive, **static: Any) -> Any:
        """A created array is the same for all K."""
        return create(self.value, primitive, **static)

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> Any:
        """K calls of the primitive, as one call below."""
        batched = [isinstance(x, Batch) and x.level == self.level for x in operands]
        values = [x.value if b else x for x, b in zip(operands, batched, strict=True)]
        name = primitive.name
        if name in ELEMENTWISE:
            rank = max(x.ndim for x in operands if hasattr(x, "ndim"))
            values = [lifted(x, rank) if b else x for x, b in zip(values, batched, strict=True)]
            return Batch(apply(primitive, *values, **static), self.level)
        if isinstance(primitive, SelfRuled):
            return Batch(_one_by_one(primitive, values, batched, **static), self.level)
        if name not in BATCH_RULES:
            raise InputError(
                f"the tape has no batch rule for {name}; add one to BATCH_RULES in "
                "backends/numpy_tape/engine/batch.py"
            )
        if name in FIRST_ONLY and any(batched[1:]):
            raise InputError(f"the tape's {name} got indices that differ between directions")
        result = BATCH_RULES[name](primitive, values, batched, **static)
        return Batch(result, self.level)


def lifted(x: Array, rank: int) -> Array:
    """(K, *s) with axes of length 1 behind K, as if s had `rank` axes."""
    missing = rank + 1 - len(x.shape)
    return x if missing <= 0 else p.reshape(x, shape=(x.shape[0], *(1,) * missing, *x.shape[1:]))


def _behind(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + 1 for a in axes)


def _along_axis(primitive: Primitive, xs: Any, batched: Any, axis: Any, **static: Any) -> Array:
    """Primitives that have an axis, or a tuple of them, and whose first operand is batched."""
    if "shape" in static:
        static["shape"] = (xs[0].shape[0], *static["shape"])
    moved = _behind(axis) if isinstance(axis, tuple) else axis + 1
    return primitive(*xs, axis=moved, **static)


def _lined_up(primitive: Primitive, xs: Any, batched: Any, axis: int, **static: Any) -> Array:
    """take_along_axis and its adjoint: the index gets a leading axis."""
    x, i = xs
    return _along_axis(primitive, [x, p.reshape(i, shape=(1, *i.shape))], batched, axis, **static)


def _reshape(primitive: Primitive, xs: Any, batched: Any, shape: Any) -> Array:
    return p.reshape(xs[0], shape=(xs[0].shape[0], *shape))


def _broadcast_to(primitive: Primitive, xs: Any, batched: Any, shape: Any) -> Array:
    return p.broadcast_to(lifted(xs[0], len(shape)), shape=(xs[0].shape[0], *shape))


def _transpose(primitive: Primitive, xs: Any, batched: Any, axes: Any) -> Array:
    return p.transpose(xs[0], axes=(0, *_behind(axes)))


def _getitem(primitive: Primitive, xs: Any, batched: Any, key: Any) -> Array:
    return p.getitem(xs[0], key=(WHOLE, *key))


def _everywhere(xs: Any, batched: Any) -> list[Array]:
    """All operands with their leading axis; one that is the same for all is repeated."""
    k = next(x.shape[0] for x, b in zip(xs, batched, strict=True) if b)
    return [
        x if b else p.broadcast_to(x, shape=(k, *x.shape)) for x, b in zip(xs, batched, strict=True)
    ]


def _concat(primitive: Primitive, xs: Any, batched: Any, axis: int) -> Array:
    return p.concat(*_everywhere(xs, batched), axis=axis + 1)


def _scatter_slices(primitive: Primitive, xs: Any, batched: Any, keys: Any, shape: Any) -> Array:
    pieces = _everywhere(xs, batched)
    moved = tuple((WHOLE, *key) for key in keys)
    return p.scatter_slices(*pieces, keys=moved, shape=(pieces[0].shape[0], *shape))


def _einsum(primitive: Primitive, xs: Any, batched: Any, subscripts: str) -> Array:
    inputs, _, output = subscripts.partition("->")
    letter = next(c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts)
    names = [
        letter + name if b else name for name, b in zip(inputs.split(","), batched, strict=True)
    ]
    return p.einsum(*xs, subscripts=f"{','.join(names)}->{letter}{output}")


def _matmul(primitive: Primitive, xs: Any, batched: Any) -> Array:
    """K products; as one, (K n, m) @ (m, p), where only the left operand is batched."""
    x, y = xs
    x_rank, y_rank = x.ndim - batched[0], y.ndim - batched[1]
    if not batched[1] and x_rank == y_rank == 2:
        flat = p.reshape(x, shape=(x.shape[0] * x.shape[1], x.shape[2]))
        return p.reshape(p.matmul(flat, y), shape=(*x.shape[:2], y.shape[1]))
    if not batched[1] and y_rank <= 2:
        return p.matmul(x, y)
    rows = x if x_rank > 1 else p.reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1]))
    columns = y if y_rank > 1 else p.reshape(y, shape=(*y.shape, 1))
    rank = max(rows.ndim - batched[0], columns.ndim - batched[1])
    rows = lifted(rows, rank) if batched[0] else rows
    columns = lifted(columns, rank) if batched[1] else columns
    product = p.matmul(rows, columns)
    shape = product.shape
    if y_rank == 1:
        shape = shape[:-1]
    if x_rank == 1:
        shape = shape[:-1] if y_rank == 1 else (*shape[:-2], shape[-1])
    return p.reshape(product, shape=shape)


FIRST_ONLY = frozenset(
    ("gather", "scatter_add", "take", "take_add", "take_along_axis", "add_along_axis")
)
"""Only the first operand can be batched: the others are indices."""


def _in_a_stack(primitive: Primitive, xs: Any, batched: Any, **static: Any) -> Array:
    """K calls of a primitive that takes stacks of operands, as one call."""
    rank = max(x.ndim - b for x, b in zip(xs, batched, strict=True))
    return primitive(*(lifted(x, rank) for x in _everywhere(xs, batched)), **static)


def _one_by_one(primitive: Primitive, xs: Any, batched: Any, **static: Any) -> Array:
    """K calls, and their results side by side."""
    count = next(x.shape[0] for x, b in zip(xs, batched, strict=True) if b)
    results = []
    for k in range(count):
        given = [p.getitem(x, key=(k,)) if b else x for x, b in zip(xs, batched, strict=True)]
        result = primitive(*given, **static)
        results.append(p.reshape(result, shape=(1, *result.shape)))
    return p.concat(*results, axis=0)


BATCH_RULES: dict[str, Callable[..., Array]] = {
    **{n: _in_a_stack if record.stacked else _one_by_one for n, record in RECORDS.items()},
    **dict.fromkeys(("sum", "prod", "max", "min", "cumulative_sum", "flip", "roll"), _along_axis),
    **dict.fromkeys(("gather", "scatter_add", "take", "take_add"), _along_axis),
    **dict.fromkeys(("take_along_axis", "add_along_axis"), _lined_up),
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "transpose": _transpose,
    "getitem": _getitem,
    "concat": _concat,
    "scatter_slices": _scatter_slices,
    "einsum": _einsum,
    "matmul": _matmul,
}
"""(primitive, operands, which of them are batched, statics) -> K results, leading axis K."""
require("BATCH_RULES in backends/numpy_tape/engine/batch.py", BATCH_RULES, ON_ARRAYS)
