"""Which arrays to keep transposed: a reduction over short rows is slow, over short columns fast.

A loss with one row per case ends in `max` and `sum` along rows of a few classes: one short loop per
case. With one column per case the same numbers take one long loop per class. A transposed matrix
product costs nothing, so a group of arrays that elementwise operations tie together is kept
transposed if some of them are reduced along rows shorter than SHORT.
"""

from __future__ import annotations

from collections.abc import Callable

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.array_algebra import ARRAY_RULES
from gradparity.backends.numpy_tape.programs.builder import Builder
from gradparity.backends.numpy_tape.programs.program import LEAVES, Graph, Node, Operand, Program

SHORT = 64
SWAP = (1, 0)
_REDUCTIONS = frozenset(("sum", "max", "min", "prod"))
_ALONG = frozenset(("take_along_axis", "add_along_axis"))


def in_columns(program: Program) -> Program:
    """The program with such groups transposed."""
    flipped = _groups(program)
    if not flipped:
        return program
    rules = {name: ARRAY_RULES[name] for name in ("transpose", "reshape", "broadcast_to")}
    builder = Builder(Graph(), rules)
    straight: dict[int, Node] = {}
    turned: dict[int, Node] = {}

    def get(x: Operand) -> Operand:
        """The operand as it was."""
        if not isinstance(x, Node):
            return x
        if x.number not in straight:
            straight[x.number] = builder.make("transpose", turned[x.number], axes=SWAP)
        return straight[x.number]

    def turn(x: Operand) -> Operand:
        """The operand transposed; one without rows becomes a column."""
        if not isinstance(x, Node) or x.shape == ():
            return get(x)
        if len(x.shape) == 1:
            return builder.make("reshape", get(x), shape=(x.shape[0], 1))
        if x.number not in turned:
            turned[x.number] = builder.make("transpose", straight[x.number], axes=SWAP)
        return turned[x.number]

    for node in program.nodes:
        operands = node.inputs
        if node.number in flipped:
            turned[node.number] = _turned(builder, node, turn)
        elif node.name in _REDUCTIONS and _first(node) in flipped and len(node.static["axis"]) == 1:
            axis = (1 - node.static["axis"][0],)
            total = builder.make(node.name, turn(operands[0]), axis=axis, keepdims=False)
            straight[node.number] = builder.make("reshape", total, shape=node.shape)
        elif node.name == "take_along_axis" and _first(node) in flipped:
            turned[node.number] = _turned(builder, node, turn)
        else:
            straight[node.number] = builder.make(node.name, *map(get, operands), **node.static)
    outputs = {name: get(end) for name, end in program.outputs.items()}
    return Program(builder.graph, outputs)


def _turned(builder: Builder, node: Node, turn: Callable[[Operand], Operand]) -> Node:
    """The transpose of a node, from the transposes of its operands."""
    if node.name == "matmul":
        x, y = node.inputs
        return builder.make("matmul", turn(y), turn(x))
    static = dict(node.static)
    if node.name in _ALONG:
        static["axis"] = 1 - static["axis"]
    if "shape" in static:
        static["shape"] = static["shape"][::-1]
    return builder.make(node.name, *map(turn, node.inputs), **static)


def _first(node: Node) -> int:
    return node.inputs[0].number if isinstance(node.inputs[0], Node) else -1


def _groups(program: Program) -> set[int]:
    """The numbers of the nodes to keep transposed."""
    nodes = [n for n in program.nodes if len(n.shape) == 2 and n.name not in LEAVES]
    ends = {n.number for n in program.outputs.values()}
    group: dict[int, int] = {}

    def find(n: int) -> int:
        while group[n] != n:
            n = group[n]
        return n

    able = {n.number for n in nodes if _able(n)}
    for n in able:
        group[n] = n
    for node in nodes:
        if node.number in able and node.name in ELEMENTWISE:
            for x in node.nodes:
                if x.number in able and x.shape == node.shape:
                    group[find(x.number)] = find(node.number)
    wanted = {
        find(_first(n))
        for n in program.nodes
        if n.name in ("sum", "max", "min", "prod")
        and _first(n) in able
        and n.static["axis"] == (1,)
        and n.inputs[0].shape[1] <= SHORT < n.inputs[0].shape[0] * 4
    }
    unwanted = {find(n) for n in able & ends}
    return {n for n in able if find(n) in wanted - unwanted}


def _able(node: Node) -> bool:
    if node.name in ELEMENTWISE or node.name == "add_along_axis":
        return 1 not in node.shape
    return node.name == "matmul" and all(len(x.shape) == 2 for x in node.inputs)
