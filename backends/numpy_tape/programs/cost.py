"""What a program costs on paper: arithmetic operations and bytes, node by node.

    elementwise     one operation for each entry of the result; a selection or a cast costs none
    reduction       one for each entry of the operand
    matmul          2 k for each entry of the result, k products of which are added
    einsum          (operands) times the product of all the lengths that its letters stand for
    adjoint of an indexing     one addition for each entry that is scattered

A function (exp, tanh) counts as one operation, a comparison too. Bytes are those of the operands
and of the result; a view moves none. So fusion and caches, which save bytes, are not in the
figure: it is what the program asks for, not what the memory sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gradparity.backends.numpy_tape.primitives.record import Cost
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, ON_ARRAYS, RECORDS
from gradparity.backends.numpy_tape.programs.program import LEAVES, VIEWS, Node, Program
from gradparity.problems.namespace import require

MOVES = frozenset(("roll", "concat", "gather", "take", "take_along_axis"))
REDUCTIONS = frozenset(("sum", "prod", "max", "min", "cumulative_sum"))
SCATTERS = frozenset(("take_add", "scatter_add", "add_along_axis"))


def operations(program: Program) -> int:
    """The number of arithmetic operations of one run."""
    return sum(_operations(node) for node in program.nodes)


def traffic(program: Program) -> int:
    """The bytes of all operands and results of one run, an operand as often as it is read."""
    return sum(_traffic(node) for node in program.nodes)


def _operations(node: Node) -> int:
    if node.name in ELEMENTWISE:
        return 0 if ELEMENTWISE[node.name].cost is Cost.FREE else node.size
    if node.name in LEAVES or node.name in VIEWS or node.name in MOVES:
        return 0
    if node.name in REDUCTIONS or node.name in SCATTERS:
        return node.nodes[0].size
    return _SPECIAL[node.name](node)


def _matmul(node: Node) -> int:
    return 2 * node.size * node.nodes[0].shape[-1]


def _einsum(node: Node) -> int:
    letters = node.static["subscripts"].partition("->")[0].split(",")
    lengths: dict[str, int] = {}
    for subscripts, x in zip(letters, node.nodes, strict=True):
        lengths.update(zip(subscripts, x.shape, strict=True))
    return len(letters) * math.prod(lengths.values())


def _recorded(node: Node) -> int:
    shapes = [x.shape for x in node.nodes]
    return RECORDS[node.name].operations(shapes, node.shape, node.static)


_SPECIAL: dict[str, Callable[[Node], int]] = {
    **dict.fromkeys(RECORDS, _recorded),
    "matmul": _matmul,
    "einsum": _einsum,
    "scan": lambda node: node.static["length"] * operations(node.static["bodies"][0].program),
    "vdot": lambda node: 2 * node.nodes[0].size,
    "add_along": lambda node: node.nodes[1].size,
    "tied": lambda node: 2 * node.nodes[1].size,
    "scatter_slices": lambda node: sum(g.size for g in node.nodes),
}
require(
    "MOVES, REDUCTIONS, SCATTERS or _SPECIAL in backends/numpy_tape/programs/cost.py",
    VIEWS | MOVES | REDUCTIONS | SCATTERS | {*_SPECIAL},
    ON_ARRAYS,
)


def _traffic(node: Node) -> int:
    if node.name in LEAVES or node.name in VIEWS:
        return 0
    return sum(map(_memory, [*node.nodes, node]))


def _memory(node: Node) -> int:
    """The bytes behind a value: a broadcast array is as large as what was broadcast."""
    while node.name == "broadcast_to":
        (node,) = node.nodes
    return 0 if node.name == "full" else node.size * node.dtype.itemsize
