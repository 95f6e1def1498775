"""Rules for reductions, shapes, indexing: rule(builder, *operands, **static) -> node, or None."""

from __future__ import annotations

import math
from typing import Any

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.builder import Builder, Rule, is_call, number
from gradparity.backends.numpy_tape.programs.program import Node, Operand

Axes = tuple[int, ...]
Shape = tuple[int, ...]


def _sum(b: Builder, x: Node, axis: Axes, keepdims: bool = False) -> Node | None:
    if x.dtype.kind != "f":
        return None
    result = b.graph.node("sum", x, axis=axis, keepdims=keepdims)
    inner = _sum_of(b, x, axis)
    if inner is None:
        if not keepdims or not axis:
            return x if not axis else None
        inner = b.make("sum", x, axis=axis, keepdims=False)
    return b.make("reshape", inner, shape=result.shape)


def _sum_of(b: Builder, x: Node, axis: Axes) -> Node | None:
    """Σ x over `axis`, of any shape with the right entries in order."""
    count = math.prod(x.shape[a] for a in axis)
    if not axis:
        return None
    if count == 1:
        return x
    if (value := number(x)) is not None:
        shape = tuple(n for a, n in enumerate(x.shape) if a not in axis)
        return b.graph.full(shape, x.dtype.type(value) * x.dtype.type(count), x.dtype)
    if x.name == "broadcast_to":
        return _sum_of_broadcast(b, x, axis)
    if x.name == "negative":
        return b.make("negative", b.make("sum", x.inputs[0], axis=axis, keepdims=False))
    if x.name == "multiply":
        return _sum_of_product(b, x, axis)
    if x.name == "add_along_axis" and x.static["axis"] in axis:
        # Every entry of g lands somewhere on the axis that is summed.
        return b.make("sum", x.inputs[0], axis=axis, keepdims=False)
    if x.name == "reshape" and len(axis) == len(x.shape):
        source = x.inputs[0]
        return b.make("sum", source, axis=tuple(range(len(source.shape))), keepdims=False)
    return None


def _sum_of_broadcast(b: Builder, x: Node, axis: Axes) -> Node | None:
    """Along an axis on which it was broadcast, x repeats n times: n x."""
    source = x.inputs[0]
    lead = len(x.shape) - len(source.shape)
    repeated = [a for a in axis if a < lead or source.shape[a - lead] == 1]
    if not repeated:
        return None
    times = math.prod(x.shape[a] for a in repeated)
    total = source
    left = tuple(a - lead for a in axis if a not in repeated)
    if left:
        total = b.make("sum", source, axis=left, keepdims=True)
    kept = [n for a, n in enumerate(x.shape) if a not in axis]
    aligned = [1 if a in axis else n for a, n in enumerate(x.shape)]
    small = (1,) * (len(aligned) - len(total.shape)) + total.shape
    total = b.shaped(b.make("reshape", total, shape=small), tuple(aligned))
    return b.make("multiply", b.make("reshape", total, shape=tuple(kept)), float(times))


def _sum_of_product(b: Builder, x: Node, axis: Axes) -> Node | None:
    """Σ c x = c Σ x, for a number c and for an array that does not change along the axis."""
    u, v = x.inputs
    for factor, other in ((v, u), (u, v)):
        if not isinstance(other, Node) or other.shape != x.shape or other.dtype != x.dtype:
            continue
        if number(factor) is not None:
            return b.make("multiply", b.make("sum", other, axis=axis, keepdims=False), factor)
        lead = len(x.shape) - len(factor.shape)
        if all(a < lead or factor.shape[a - lead] == 1 for a in axis):
            total = b.make("sum", other, axis=axis, keepdims=True)
            return b.make("multiply", total, factor)
    return None


def _reshape(b: Builder, x: Node, shape: Shape) -> Node | None:
    shape = b.graph.node("reshape", x, shape=shape).shape
    if x.shape == shape:
        return x
    if x.name == "reshape":
        return b.make("reshape", x.inputs[0], shape=shape)
    if (value := number(x)) is not None:
        return b.graph.full(shape, value, x.dtype)
    if x.name == "broadcast_to" and _lengths(x.shape) == _lengths(shape):
        inner = _lengths(x.inputs[0].shape)
        if not inner:
            return b.shaped(b.make("reshape", x.inputs[0], shape=()), shape)
    return None


def _lengths(shape: Shape) -> list[int]:
    return [n for n in shape if n != 1]


def _broadcast_to(b: Builder, x: Node, shape: Shape) -> Node | None:
    if x.shape == shape:
        return x
    if x.name == "broadcast_to":
        return b.make("broadcast_to", x.inputs[0], shape=shape)
    if (value := number(x)) is not None:
        return b.graph.full(shape, value, x.dtype)
    return b.make("reshape", x, shape=shape) if x.size == math.prod(shape) else None


def _transpose(b: Builder, x: Node, axes: Axes) -> Node | None:
    if axes == tuple(range(len(axes))):
        return x
    if x.name == "transpose":
        first = x.static["axes"]
        return b.make("transpose", x.inputs[0], axes=tuple(first[a] for a in axes))
    if (value := number(x)) is not None:
        return b.graph.full(tuple(x.shape[a] for a in axes), value, x.dtype)
    if 1 in x.shape and _lengths(tuple(x.shape[a] for a in axes)) == _lengths(x.shape):
        order = [a for a in axes if x.shape[a] != 1]
        if order == sorted(order):
            return b.make("reshape", x, shape=tuple(x.shape[a] for a in axes))
    return None


def _take_along_axis(b: Builder, x: Node, i: Operand, axis: int) -> Node | None:
    """Pick first, then compute: f(x, y)[i] = f(x[i], y[i]), where that is less work."""
    if x.name not in ELEMENTWISE or not isinstance(i, Node) or i.shape[axis] != 1:
        return None
    if i.size * 2 > x.size or x.dtype.kind != "f":
        return None
    picked = []
    for y in x.inputs:
        if (
            not isinstance(y, Node)
            or y.shape == ()
            or (len(y.shape) == len(x.shape) and y.shape[axis] == 1)
        ):
            picked.append(y)
        elif y.shape == x.shape:
            picked.append(b.make("take_along_axis", y, i, axis=axis))
        else:
            return None
    return b.make(x.name, *picked, **x.static)


def _zeros(b: Builder, *inputs: Operand, **static: Any) -> Node | None:
    """Zeros, moved about, are zeros."""
    if any(number(x) != 0.0 for x in inputs if not _index(x)):
        return None
    shape = static.get("shape")
    return None if shape is None else b.graph.full(shape, 0.0, inputs[0].dtype)


def _index(x: Operand) -> bool:
    return isinstance(x, Node) and x.dtype.kind in "iu"


def _matmul(b: Builder, x: Node, y: Node) -> Node | None:
    if number(x) == 0.0 or number(y) == 0.0:
        result = b.graph.node("matmul", x, y)
        return b.full(result, 0.0)
    for side, (u, v) in enumerate(((x, y), (y, x))):
        if is_call(u, "negative"):
            w = u.inputs[0]
            return b.make("negative", b.make("matmul", *((v, w) if side else (w, v))))
        factor, array = _factored(u)
        if array is not None and 2 * b.graph.node("matmul", x, y).size <= array.size:
            return b.make(
                "multiply", b.make("matmul", *((v, array) if side else (array, v))), factor
            )
    return None


def _factored(x: Operand) -> tuple[Operand, Node | None]:
    """c and y of an array c y whose factor c is one number; None for y if it is no such array."""
    if is_call(x, "multiply") and x.size > 1 and x.dtype.kind == "f":
        for c, y in (x.inputs, x.inputs[::-1]):
            scalar = not isinstance(c, Node) or (c.shape == () and c.dtype == x.dtype)
            if scalar and isinstance(y, Node) and (y.shape, y.dtype) == (x.shape, x.dtype):
                return c, y
    return 1.0, None


def _uniform(b: Builder, x: Node, **static: Any) -> Node | None:
    """Part of an array of one value, or its largest entry, is that value."""
    value = number(x)
    return None if value is None else b.full(b.graph.node("getitem", x, **static), value)


ARRAY_RULES: dict[str, tuple[Rule, ...]] = {
    "sum": (_sum,),
    "reshape": (_reshape,),
    "broadcast_to": (_broadcast_to,),
    "transpose": (_transpose,),
    "getitem": (_uniform,),
    "take_along_axis": (_take_along_axis,),
    "matmul": (_matmul,),
    **dict.fromkeys(("scatter_slices", "scatter_add", "take_add", "add_along_axis"), (_zeros,)),
}
