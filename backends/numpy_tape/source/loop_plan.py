"""Long elementwise programs, planned as loops over blocks that fit the cache.

A chain of operations on whole long arrays moves every intermediate through memory. Cut into blocks,
the chain runs to its end on one block before the next one starts, and its intermediates never leave
the cache. A reduction ends a loop: what needs its result goes into the next one, and what crosses
from one loop to the next is kept whole. The adjoint of slices x[k:k+m] adds up pieces that are
shifted against each other: a shifted piece carries its last entries over to the next block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gradparity.backends.numpy_tape.primitives.keys import indexer
from gradparity.backends.numpy_tape.primitives.record import Cost
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.program import LEAVES, Node, Program, users

LONG = 1 << 16
"""Entries above which arrays no longer fit the cache together."""

COSTLY = frozenset(
    name for name, f in ELEMENTWISE.items() if f.cost in (Cost.FUNCTION, Cost.DIVISION)
)
REDUCTIONS = frozenset(("sum", "vdot", "max", "min"))

BLOCK_BYTES = 256 * 1024
"""Bytes per buffer of a block: a handful of them share a second-level cache."""


@dataclass(frozen=True)
class LoopPlan:
    """A program in loops.

    length: of the loops. block: how much of it a round takes. cut: the nodes that are known block
    by block, all others are known as a whole. level: node number -> the loop that computes a block
    of such a node, or before which another must be known. loops: how many.
    whole: cut nodes that cross from one loop to a later one. shared: number of such a node -> the
    output whose buffer it may use. matrix: if blocks are rows of arrays with any number of axes
    (see `rows.py`), not entries of arrays of one shape, the largest that is read in such blocks.
    """

    length: int
    block: int
    cut: frozenset[int]
    level: dict[int, int]
    loops: int
    whole: frozenset[int] = frozenset()
    shared: dict[int, Node] = field(default_factory=dict)
    matrix: Node | None = None


def is_long(node: Node) -> bool:
    """Whether an array goes through the loops."""
    return node.size > LONG


def is_part(node: Node) -> bool:
    """Whether a node is a slice of an argument, which costs nothing."""
    return node.name == "getitem" and node.inputs[0].name == "input"


def plan(program: Program) -> LoopPlan | None:
    """The loops of a program; None if it has no long arrays, or they need more than loops."""
    nodes = program.nodes
    chained = [n for n in nodes if is_long(n) and n.name in ELEMENTWISE]
    if not chained or not all(_fits(n, chained[0]) for n in nodes):
        return None
    ends = {n.number for n in program.outputs.values()}
    level = _levels(nodes)
    used = users(nodes)
    _sink(nodes, level, used, ends)
    whole = frozenset(
        n.number
        for n in chained
        if any(_level_at(level, by) > level[n.number] for by in used[n.number])
    )
    loops = 1 + max(level[n.number] for n in chained)
    shared = _shared(program, level, used, whole - ends)
    cut = [n for n in nodes if is_long(n)]
    block = BLOCK_BYTES // max(n.dtype.itemsize for n in cut)
    numbers = frozenset(n.number for n in cut)
    return LoopPlan(chained[0].size, block, numbers, level, loops, whole, shared)


def _fits(node: Node, first: Node) -> bool:
    if not is_long(node):
        if node.name == "getitem" and len(node.inputs[0].shape) > 1:
            return False
        return node.shape == () or (node.name in LEAVES and not any(node.shape))
    if node.name in ("input", "full"):
        return True
    if node.name in ELEMENTWISE:
        return node.shape == first.shape and all(
            x.shape in ((), first.shape) and x.name not in ("full", "arange", "constant")
            for x in node.nodes
        )
    if node.name == "getitem":
        flat = len(node.inputs[0].shape) == 1
        return is_part(node) and flat and node.shape == first.shape and _step(node.static["key"])
    return node.name == "scatter_slices" and _stencil(node, first)


def _step(key: tuple[Any, ...]) -> bool:
    return len(key) == 1 and isinstance(key[0], tuple) and key[0][3] is None


def _stencil(node: Node, first: Node) -> bool:
    keys = node.static["keys"]
    starts = [offset(key) for key in keys if _step(key)]
    return (
        len(node.shape) == 1
        and len(set(starts)) == len(keys) == len(node.nodes)
        and all(x.shape == first.shape and x.name in ELEMENTWISE for x in node.nodes)
        and max(starts) - min(starts) < LONG // 4
    )


def offset(key: tuple[Any, ...]) -> int:
    """Where a slice starts."""
    return indexer(key)[0].start or 0


def _levels(nodes: Sequence[Node]) -> dict[int, int]:
    level: dict[int, int] = {}
    for node in nodes:
        level[node.number] = max(
            (level[x.number] + (_reduces(node, x) and 1) for x in node.nodes), default=0
        )
    return level


def _reduces(node: Node, x: Node) -> bool:
    return node.name in REDUCTIONS and is_long(x)


def _level_at(level: dict[int, int], by: Node) -> int:
    """The loop in which a user reads a long operand."""
    reads = any(_reduces(by, x) for x in by.nodes)
    return level[by.number] - 1 if reads else level[by.number]


def _sink(
    nodes: Sequence[Node], level: dict[int, int], used: dict[int, list[Node]], ends: set[int]
) -> None:
    """Compute what is cheap and needs arguments only in the loop that uses it."""
    for node in reversed(nodes):
        if not is_long(node) or node.name not in ELEMENTWISE or node.name in COSTLY:
            continue
        readers = [_level_at(level, by) for by in used[node.number]]
        free = all(x.name == "input" or is_part(x) or not is_long(x) for x in node.nodes)
        if readers and free and node.number not in ends:
            level[node.number] = max(level[node.number], min(readers))


def _shared(
    program: Program, level: dict[int, int], used: dict[int, list[Node]], whole: frozenset[int]
) -> dict[int, Node]:
    """Let a crossing node live in the buffer of an output that is written after its last use."""
    shared: dict[int, Node] = {}
    free = [n for n in program.outputs.values() if is_long(n) and n.name in ELEMENTWISE]
    by_number = {n.number: n for n in program.nodes}
    for number in sorted(whole):
        for end in free:
            same = (by_number[number].shape, by_number[number].dtype) == (end.shape, end.dtype)
            before = all(
                by.number <= end.number and _level_at(level, by) <= level[end.number]
                for by in used[number]
            )
            if same and before:
                shared[number] = end
                free.remove(end)
                break
    return shared
