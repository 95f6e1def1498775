"""How reductions and products are written as NumPy statements: write(writer, node)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.programs.program import Node
from gradparity.backends.numpy_tape.source.buffers import dtype_argument
from gradparity.backends.numpy_tape.source.writer import Writer

FEW_COLUMNS = 16
"""Columns up to which a reduction takes one after the other."""
ALONE, INNER = 10_000, "inner"
"""Numbers up to which OpenBLAS takes an inner product on the thread that calls, and the function of
the emitted module that takes longer ones piece by piece: woken for microseconds, threads spin."""


def vdot(w: Writer, x: Node, y: Node) -> str:
    """The sum of all products, as text."""
    if len(x.shape) == 1:
        return f"{dot(x.size, x.dtype)}({w.ref(x)}, {w.ref(y)})"
    if dot(x.size, x.dtype) == INNER:
        return f"{INNER}({w.ref(x)}.ravel(), {w.ref(y)}.ravel())"
    return f"np.vdot({w.ref(x)}, {w.ref(y)})"


def dot(size: int, dtype: np.dtype[Any]) -> str:
    """What takes the inner product of two vectors on the thread that calls."""
    return INNER if size > ALONE and dtype.char in "fd" else "np.dot"


def _reduced(w: Writer, node: Node) -> None:
    ufunc = {"sum": "add", "max": "maximum", "min": "minimum", "prod": "multiply"}[node.name]
    x, axis, keepdims = node.inputs[0], node.static["axis"], node.static.get("keepdims", False)
    text = w.ref(x)
    everything = len(axis) == len(x.shape)
    if everything and not keepdims:
        which = "" if len(axis) == 1 else ", None"
        w.local(node, f"np.{ufunc}.reduce({text}{which})")
        return
    if node.name == "sum" and len(axis) == 1 and len(x.shape) == 2 and x.dtype.char in "fd":
        # A product with ones keeps several running totals: faster, and float32 keeps its digits.
        ones = w.fixed(
            f"np.ones({x.shape[axis[0]]}{dtype_argument(x.dtype)})", f"ones_{x.shape[axis[0]]}"
        )
        out = w.out(node)
        pair = f"{ones}, {text}" if axis == (0,) else f"{text}, {ones}"
        flat = w.flat(w.places[node.number], node)
        over = "rows" if axis == (0,) else "columns"
        w.say(f"np.dot({pair}, {flat if keepdims else out})", f"{out} = sum of {text} over {over}")
        return
    last = len(x.shape) - 1
    if node.name == "sum" and axis == (last,) and x.dtype.char in "fd" and w.place(x).contiguous:
        # Along short rows NumPy adds in one short loop each.
        n = x.shape[last]
        ones = w.fixed(f"np.ones({n}{dtype_argument(x.dtype)})", f"ones_{n}")
        rows = f"{text}.reshape({math.prod(x.shape[:last])}, {n})"
        rows = w.fixed(rows, f"{text}_rows") if w.place(x).fixed else rows
        out = w.out(node)
        flat = w.flat(w.places[node.number], node)
        w.say(f"np.dot({rows}, {ones}, {flat})", f"{out} = sum of {text} over its last axis")
        return
    lead = len(axis)
    if node.name == "sum" and axis == tuple(range(lead)) and x.dtype.char in "fd" and not keepdims:
        rows = math.prod(x.shape[:lead])
        ones = w.fixed(f"np.ones({rows}{dtype_argument(x.dtype)})", f"ones_{rows}")
        w.out(node)
        flat = w.flat(w.places[node.number], node)
        w.say(f"np.dot({ones}, {text}.reshape({rows}, -1), {flat})")
        return
    out = w.out(node)
    if axis == (last,) and 2 <= x.shape[last] <= FEW_COLUMNS and 20 * x.shape[last] <= node.size:
        _by_columns(w, ufunc, text, f"{out}[..., 0]" if keepdims else out, x.shape[last])
        return
    axes = axis[0] if len(axis) == 1 else axis
    w.say(f"np.{ufunc}.reduce({text}, {axes}, None, {out}{', True' if keepdims else ''})")


def _by_columns(w: Writer, ufunc: str, text: str, out: str, columns: int) -> None:
    """Reduce long columns one after the other: along short rows NumPy makes one short loop each."""
    w.say(f"np.{ufunc}({text}[..., 0], {text}[..., 1], out={out})")
    if columns == 3:
        w.say(f"np.{ufunc}({out}, {text}[..., 2], out={out})")
    elif columns > 3:
        k = w.name("k")
        w.say(f"for {k} in range(2, {columns}):")
        w.say(f"    np.{ufunc}({out}, {text}[..., {k}], out={out})")


def _cumulative(w: Writer, node: Node) -> None:
    text = w.ref(node.inputs[0])
    w.say(f"np.cumsum({text}, {node.static['axis']}, None, {w.out(node)})")


def _matmul(w: Writer, node: Node) -> None:
    x, y = node.inputs
    left, right = w.ref(x), w.ref(y)
    plain = len(x.shape) <= 2 and len(y.shape) <= 2 and x.dtype == y.dtype == node.dtype
    if node.shape == ():
        w.local(node, f"{dot(x.size, node.dtype) if plain else 'np.dot'}({left}, {right})")
        return
    out = w.out(node)
    w.say(f"np.{'dot' if plain else 'matmul'}({left}, {right}, {out})", f"{out} = {left} @ {right}")


def _einsum(w: Writer, node: Node) -> None:
    texts = ", ".join(w.ref(x) for x in node.inputs)
    subscripts = f'"{node.static["subscripts"]}"'
    optimise = _order(node)
    if node.shape == ():
        w.local(node, f"np.einsum({subscripts}, {texts}{optimise})")
        return
    w.say(f"np.einsum({subscripts}, {texts}, out={w.out(node)}{optimise})")


_PLAIN = 1 << 15
"""Multiplications up to which one loop over all letters takes .1 to .7 of what finding an order and
calling BLAS takes; measured for six pairs of operands."""


def _order(node: Node) -> str:
    """The argument that says in which order operands are contracted: the best, found beforehand."""
    shapes = [x.shape for x in node.inputs]
    subscripts = node.static["subscripts"]
    names = subscripts.partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for letter, n in zip("".join(names), [n for shape in shapes for n in shape], strict=True):
        sizes[letter] = max(n, sizes.get(letter, 0))
    if len(shapes) == 1 or math.prod(sizes.values()) <= _PLAIN:
        return ""
    if len(shapes) == 2:
        return ", optimize=True"
    stand_ins = [np.broadcast_to(0.0, shape) for shape in shapes]
    return f", optimize={np.einsum_path(subscripts, *stand_ins, optimize='optimal')[0]}"


PRODUCTS: dict[str, Callable[[Writer, Node], None]] = {
    **dict.fromkeys(("sum", "max", "min", "prod"), _reduced),
    "cumulative_sum": _cumulative,
    "matmul": _matmul,
    "einsum": _einsum,
}
