"""The last rewriting before a program is written down: what is one NumPy call becomes one node.

- Σ (a x² + b x y ± ...) is a dot product per term: no term is ever formed, and BLAS keeps several
  running totals. (In longdouble, where it keeps one, the sum stays.)
- y + add_along_axis(g, i) changes y at the places i, and nothing elsewhere.
- The adjoint of a largest entry of each row goes to few places: they are found, not masked.
- x > 0 is max(x, 0) > 0: once the maximum is there, x itself is no longer needed.
- cos y and sin y of long float32 and float64 arrays come from t = tan y/2, as
  2/(1 + t²) - 1 and 2 t/(1 + t²): NumPy's tangent is vectorised where its sine and cosine are not,
  and takes a tenth of their time. No floating-point number is near enough to an odd multiple of π/2
  for t² to overflow.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.backends.numpy_tape.programs.builder import is_call, number
from gradparity.backends.numpy_tape.programs.program import (
    Graph,
    Node,
    Operand,
    Program,
    rebuild,
    users,
)

FEW = 16
"""Entries up to which a call costs more than the arithmetic in it."""


def fused(program: Program) -> Program:
    """The program, with nodes "vdot" and "add_along"."""
    nodes = program.nodes
    single = {n for n, them in users(nodes).items() if len(them) == 1}
    rectified = {
        node.inputs[0].number: node.inputs[1]
        for node in nodes
        if node.name == "maximum" and number(node.inputs[1]) == 0.0
    }
    new: dict[int, Node] = {}

    def make(graph: Graph, node: Node, operands: Sequence[Operand]) -> Node:
        new[node.number] = made = _fused(graph, node, operands)
        return made

    def _fused(graph: Graph, node: Node, operands: Sequence[Operand]) -> Node:
        before = node.inputs
        if node.name == "sum" and node.size == 1 and node.dtype.char in "fd":
            return _sum(graph, node, operands[0], single, new)
        if node.name == "add":
            for (x, new_x), new_y in zip(
                zip(before, operands, strict=True), reversed(operands), strict=True
            ):
                if is_call(x, "add_along_axis") and x.number in single and _same(new_y, node):
                    return graph.node("add_along", new_y, *new_x.inputs, **new_x.static)
        if node.name == "greater" and number(before[1]) == 0.0:
            x = before[0]
            if isinstance(x, Node) and x.number in rectified:
                top = graph.node("maximum", operands[0], rectified[x.number])
                return graph.node("greater", top, operands[1])
        if node.name == "where" and _shared_by_ties(node):
            return graph.node("tied", operands[0], new[node.inputs[1].inputs[0].number])
        if node.name in ("sin", "cos") and node.size > FEW and node.dtype.char in "fd":
            return _half_angle(graph, node.name, operands[0])
        return graph.again(node, tuple(operands))

    return rebuild(program, make, Graph())


def _same(x: Operand, node: Node) -> bool:
    return isinstance(x, Node) and (x.shape, x.dtype) == (node.shape, node.dtype)


def _shared_by_ties(node: Node) -> bool:
    """Whether a node gives each row's number, in equal shares, to its largest or smallest entries.

    That is where(ties, g / Σ ties, 0), with the sum over the last axes.
    """
    ties, shares, nothing = node.inputs
    if number(nothing) != 0.0 or not is_call(ties, "equal") or not is_call(shares, "divide"):
        return False
    g, count = shares.inputs
    if is_call(count, "reshape"):
        count = count.inputs[0]
    if not (is_call(count, "sum") and is_call(count.inputs[0], "astype") and _same(g, shares)):
        return False
    axes, rank = count.static["axis"], len(ties.shape)
    last = 0 < len(axes) < rank and tuple(sorted(axes)) == tuple(range(rank - len(axes), rank))
    return last and count.inputs[0].inputs[0] is ties and g.size * 2 <= ties.size == node.size


def _half_angle(graph: Graph, name: str, y: Operand) -> Node:
    if is_call(y, "multiply") and (c := number(y.inputs[1])) is not None:
        half = graph.node("multiply", y.inputs[0], 0.5 * c)
    else:
        half = graph.node("multiply", y, 0.5)
    t = graph.node("tan", half)
    u = graph.node("divide", 2.0, graph.node("add", graph.node("square", t), 1.0))
    if name == "cos":
        return graph.node("subtract", u, 1.0)
    return graph.node("multiply", t, u)


def _sum(graph: Graph, node: Node, x: Node, single: set[int], new: dict[int, Node]) -> Node:
    """Σ x over everything; x is node's operand in the new graph, where `new` has all before it."""
    terms = _terms(node.inputs[0], single) if x.size > FEW else []
    if not any(is_call(term, "square", "multiply") for term, _ in terms):
        return graph.node("sum", x, **node.static)
    total: Operand = None
    for term, factor in terms:
        part = _contracted(graph, new[term.number])
        if factor != 1.0:
            part = graph.node("multiply", part, factor)
        total = part if total is None else graph.node("add", total, part)
    if total.shape != node.shape:
        total = graph.node("reshape", total, shape=node.shape)
    return total  # type: ignore[no-any-return]


def _terms(x: Node, single: set[int]) -> list[tuple[Node, float]]:
    """x as a sum of terms times numbers, in order; [] if a number is among the terms.

    Splitting off a number could cancel: Σ (1 - cos x) is not n - Σ cos x.
    """
    found: list[tuple[Node, float]] = []
    ahead = [(x, 1.0)]
    while ahead:
        y, factor = ahead.pop()
        if y.number not in single:
            found.append((y, factor))
        elif y.name in ("add", "subtract"):
            if not all(_same(part, y) for part in y.inputs):
                return []
            left, right = y.inputs
            ahead.append((right, factor * (-1.0 if y.name == "subtract" else 1.0)))
            ahead.append((left, factor))
        elif y.name == "negative":
            ahead.append((y.inputs[0], -factor))
        elif y.name == "multiply" and (c := number(y.inputs[1])) is not None:
            ahead.append((y.inputs[0], factor * c))
        else:
            found.append((y, factor))
    return found


def _contracted(graph: Graph, x: Node) -> Node:
    """The sum of all entries of x."""
    if x.name == "square":
        return graph.node("vdot", x.inputs[0], x.inputs[0])
    if x.name == "multiply" and all(
        isinstance(y, Node) and y.shape == x.shape and y.dtype == x.dtype for y in x.inputs
    ):
        return graph.node("vdot", *x.inputs)
    return graph.node("sum", x, axis=tuple(range(len(x.shape))), keepdims=False)
