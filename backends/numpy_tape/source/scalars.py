"""Tiny programs, entry by entry: at a handful of numbers a NumPy call costs twenty Python products.

Every array of a program becomes an array of scalar nodes, and every primitive is done on those:
what moves entries about costs nothing, and equal entries are found by the graph. ln(1 + e^x) and
its derivative, the sigmoid, are both written in e = exp(-|x|), which cannot overflow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.keys import indexer
from gradparity.backends.numpy_tape.primitives.scalar_form import ScalarForm
from gradparity.backends.numpy_tape.primitives.table import (
    ELEMENTWISE,
    ON_ARRAYS,
    PRIMITIVES,
    RECORDS,
)
from gradparity.backends.numpy_tape.programs.algebra import ELEMENTWISE_RULES
from gradparity.backends.numpy_tape.programs.array_algebra import ARRAY_RULES
from gradparity.backends.numpy_tape.programs.builder import Builder, is_call, number
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Operand, Program, needed
from gradparity.problems.namespace import require

MOST = 600
"""Scalar operations up to which a program is written out, and the entries of an array in it."""
AS_MANY, LONGEST = 4, 10_000
"""A longer program is, up to LONGEST, if it has no more than so many scalar operations for each of
its own: what it takes to prepare grows as their number does."""
CALL, FUNCTION, ARITHMETIC = 0.45, 0.07, 0.024
"""Microseconds of a NumPy call, of a function of `math`, of an operator on Python floats."""
SCALAR = 0.08
"""Microseconds of an operator on NumPy's scalars, which all but float64 is computed in."""

FUNCTIONS: dict[str, str] = {
    name: f"math.{f.scalar.__name__}"
    for name, f in ELEMENTWISE.items()
    if f.scalar is not None and not isinstance(f.scalar, ScalarForm)
}
"""The operations that are calls on Python floats too, and what they call there."""
CALLS = FUNCTIONS | {"number": "float"}
"""What a formula calls on Python floats, by the name that it has there."""

Entries = Any
"""An object array of scalar nodes and Python numbers."""


class Unfit(Exception):
    """A program that is better left in arrays."""


def expanded(program: Program) -> dict[str, Entries] | None:
    """Outputs by name as arrays of scalar nodes; None if arrays are faster, or an index is data."""
    nodes = program.nodes
    inner = [n for n in nodes if n.name != "input"]
    limit = max(MOST, min(LONGEST, AS_MANY * program.operations))
    if any(n.size > MOST for n in inner) or sum(n.size for n in inner) > max(4 * MOST, limit):
        return None
    builder = Builder(Graph(), {**ELEMENTWISE_RULES, "reshape": ARRAY_RULES["reshape"]})
    values: dict[int, Entries] = {}
    try:
        for node in nodes:
            operands = [
                values[x.number] if isinstance(x, Node) else np.array(x, object)
                for x in node.inputs
            ]
            values[node.number] = _expand(builder, node, operands)
            if len(builder.graph.made) > max(8 * MOST, 2 * limit):
                return None
    except Unfit:
        return None
    outputs = {name: values[end.number] for name, end in program.outputs.items()}
    return outputs if _pays(program, outputs, limit) else None


def _pays(program: Program, outputs: dict[str, Entries], limit: int) -> bool:
    ends = [x for entries in outputs.values() for x in entries.flat if isinstance(x, Node)]
    scalars = [n for n in needed(ends) if n.name != "element"]
    functions = sum(n.name in FUNCTIONS for n in scalars)
    wide = any(n.dtype != np.float64 for n in program.nodes if n.dtype.kind == "f")
    if wide:
        cost = SCALAR * len(scalars) + CALL * functions
    else:
        cost = ARITHMETIC * len(scalars) + FUNCTION * functions
    cost += ARITHMETIC * sum(n.size for n in program.nodes if n.name == "input")
    cost += 1.5 * ARITHMETIC * sum(entries.size for entries in outputs.values())
    views = sum(n.name in ("reshape", "transpose", "getitem") for n in program.nodes)
    return len(scalars) <= limit and cost <= CALL * (program.operations - views)


def _expand(b: Builder, node: Node, operands: list[Entries]) -> Entries:
    if node.name == "input":
        return _elements(b.graph, node)
    if node.name in ELEMENTWISE:
        return _each(b, node, operands)
    if node.name == "full":
        return np.full(node.shape, node.static["value"], object)
    if node.name in ("constant", "arange"):
        array = np.frombuffer(node.static["data"], node.dtype) if "data" in node.static else None
        known = np.arange(node.static["n"]) if array is None else array
        return np.array(known.tolist(), object).reshape(node.shape)
    if node.name in _IN_ARRAYS:
        raise Unfit
    result = _RULES[node.name](b, node, operands)
    if result.shape != node.shape:
        raise AssertionError(f"{node!r} has entries of shape {result.shape}")
    return result


def _elements(graph: Graph, node: Node) -> Entries:
    entries = np.empty(node.shape, object)
    if node.size > 4 * MOST:
        raise Unfit
    for place, index in enumerate(np.ndindex(node.shape)):
        group, name = node.static["group"], node.static["name"]
        entries[index] = graph.node(
            "input", group=group, name=name, place=place, shape=(), dtype=node.dtype
        )
    return entries


def _each(b: Builder, node: Node, operands: list[Entries]) -> Entries:
    result = np.empty(node.shape, object)
    if node.shape == ():
        result[()] = scalar(b, node, [x[()] for x in operands])
        return result
    wide = np.broadcast_arrays(*operands) if len(operands) > 1 else operands
    for index in np.ndindex(node.shape):
        result[index] = scalar(b, node, [x[index] for x in wide])
    return result


def scalar(b: Builder, node: Node, operands: list[Operand]) -> Operand:
    """One entry of an elementwise node."""
    name = node.name
    if not any(isinstance(x, Node) for x in operands):
        # What a comparison compares keeps its own type: as truth values, 1 and 2 are equal.
        own = node.dtype.kind == "b"
        known = [x if own or isinstance(x, bool) else node.dtype.type(x) for x in operands]
        with np.errstate(all="ignore"):
            return PRIMITIVES[name].numpy(*known, **node.static).item()
    if name == "logaddexp" and number(operands[1]) == 0.0:
        return _softplus(b, operands[0])
    if name == "exp" and (sigmoid := _sigmoid(b, operands[0])) is not None:
        return sigmoid
    if name == "astype" and node.dtype.kind == "f" and operands[0].dtype == bool:
        return b.graph.node("where", operands[0], 1.0, 0.0)
    alike = name == "astype" and operands[0].dtype == node.dtype
    if ELEMENTWISE[name].scalar is None and not alike:
        raise Unfit
    return _known(b.make(name, *operands, **node.static))


def _known(made: Node) -> Operand:
    """The number that a node is, if it is one."""
    return made.static["value"] if made.name == "full" else made


def _softplus(b: Builder, x: Operand) -> Operand:
    tail = b.make("log1p", _tail(b, x))
    return b.graph.node("add", b.graph.node("maximum", x, 0.0), tail)


def _tail(b: Builder, x: Operand) -> Node:
    inner = x.inputs[0] if is_call(x, "negative") else x
    if is_call(inner, "subtract") and all(isinstance(y, Node) for y in inner.inputs):
        # |x - y| = |y - x|: one exponential for both signs.
        first, second = inner.inputs
        if first.number > second.number:
            inner = b.graph.node("subtract", second, first)
    return b.make("exp", b.graph.node("negative", b.graph.node("abs", inner)))


def _sigmoid(b: Builder, x: Operand) -> Operand | None:
    """e^x where x is -softplus(u) or u - softplus(u): the sigmoid of -u or u."""
    if is_call(x, "negative") and (u := _inside(x.inputs[0])) is not None:
        return _ratio(b, u, ("tail", 1.0))
    if is_call(x, "subtract") and (u := _inside(x.inputs[1])) is not None and u is x.inputs[0]:
        return _ratio(b, u, (1.0, "tail"))
    return None


def _inside(x: Operand) -> Operand | None:
    """u if x is max(u, 0) + log1p(exp(-|u|))."""
    if not is_call(x, "add") or not is_call(x.inputs[0], "maximum"):
        return None
    return x.inputs[0].inputs[0] if is_call(x.inputs[1], "log1p") else None


def _ratio(b: Builder, u: Operand, branches: tuple[Any, Any]) -> Node:
    tail = _tail(b, u)
    above, below = (tail if x == "tail" else x for x in branches)
    top = b.graph.node("where", b.graph.node("greater", u, 0.0), above, below)
    return b.graph.node("divide", top, b.graph.node("add", tail, 1.0))


def _add(b: Builder, x: Operand, y: Operand, like: Node, name: str = "add") -> Operand:
    if not isinstance(x, Node) and not isinstance(y, Node):
        return PRIMITIVES[name].numpy(like.dtype.type(x), like.dtype.type(y)).item()
    return _known(b.make(name, x, y))


def _fold(name: str) -> Callable[..., Entries]:
    def reduced(b: Builder, node: Node, operands: list[Entries]) -> Entries:
        x, axes = operands[0], node.static["axis"]
        result = np.empty(node.shape, object)
        rest = [a for a in range(x.ndim) if a not in axes]
        count = math.prod(x.shape[a] for a in axes)
        moved = x.transpose(*rest, *axes).reshape(*(x.shape[a] for a in rest), count)
        flat = result.reshape(moved.shape[:-1])
        if not moved.shape[-1]:
            raise Unfit
        for index in np.ndindex(moved.shape[:-1]):
            total = moved[index][0]
            for y in moved[index][1:]:
                total = _add(b, total, y, node, name)
            flat[index] = total
        return result

    return reduced


def _matmul(b: Builder, node: Node, operands: list[Entries]) -> Entries:
    x, y = operands
    if x.ndim > 2 or y.ndim > 2:
        raise Unfit
    rows, columns = np.atleast_2d(x), y if y.ndim == 2 else y[:, None]
    result = np.empty((len(rows), columns.shape[1]), object)
    for i, j in itertools.product(range(len(rows)), range(columns.shape[1])):
        total: Operand = None
        for u, v in zip(rows[i], columns[:, j], strict=True):
            term = _add(b, u, v, node, "multiply")
            total = term if total is None else _add(b, total, term, node)
        result[i, j] = total
    return result.reshape(node.shape)


def _scatter_slices(b: Builder, node: Node, operands: list[Entries]) -> Entries:
    result = np.full(node.shape, 0.0, object)
    for piece, key in zip(operands, node.static["keys"], strict=True):
        where = np.arange(node.size).reshape(node.shape)[indexer(key)]
        for place, x in zip(where.flat, piece.flat, strict=True):
            y = result.flat[place]
            result.flat[place] = x if not isinstance(y, Node) and y == 0.0 else _add(b, y, x, node)
    return result


def _moved(b: Builder, node: Node, operands: list[Entries]) -> Entries:
    return np.asarray(PRIMITIVES[node.name].numpy(*operands, **node.static), object)


_MOVES = ("reshape", "transpose", "getitem", "broadcast_to", "concat", "flip", "roll")

_RULES: dict[str, Callable[..., Entries]] = {
    **dict.fromkeys(_MOVES, _moved),
    "sum": _fold("add"),
    "prod": _fold("multiply"),
    "max": _fold("maximum"),
    "min": _fold("minimum"),
    "matmul": _matmul,
    "scatter_slices": _scatter_slices,
}
_IN_ARRAYS = {
    *("cumulative_sum", "einsum", "gather", "scatter_add", "take", "take_add"),
    *("take_along_axis", "add_along_axis", "scan"),
    *RECORDS,
}
"""What is better left in arrays."""
require(
    "_RULES or _IN_ARRAYS in backends/numpy_tape/source/scalars.py",
    _IN_ARRAYS | {*_RULES},
    ON_ARRAYS,
)
