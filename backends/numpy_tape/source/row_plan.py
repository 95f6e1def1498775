"""When a program runs in blocks of rows (see `rows.py`), and of how many."""

from __future__ import annotations

from collections import Counter

from gradparity.backends.numpy_tape.programs.program import Graph, Node, Program
from gradparity.backends.numpy_tape.source.loop_plan import LoopPlan
from gradparity.backends.numpy_tape.source.rows import Cutting

LARGE = 1 << 24
"""Bytes of a matrix above which it is read in blocks: half of a third-level cache of 32 MiB, which
others use too. A matrix of 8 MB measured faster in one piece there, unless it was new to the cache.
"""

BLOCK_BYTES = 3 << 19
"""Bytes of the matrix in a block, 1.5 MiB: within a second-level cache of 2 MiB. With one of 1 MiB,
1 to 3 MiB measured alike: what matters is that a block is not read from memory again.
"""

FEWEST_ROWS, MOST_ROWS = 32, 1 << 14
"""Rows of a block. With fewer, adding up the shares costs what reading once saves; with more, the
vectors of a row's length no longer fit the cache beside the block."""

WIDEST_BLOCK = 1 << 22
"""Bytes that FEWEST_ROWS rows may have."""


def in_rows(program: Program) -> tuple[Program, LoopPlan] | None:
    """The program, ordered for a loop over rows, and the loop; None if there is nothing to gain."""
    matrices = [n for n in program.nodes if _is_matrix(n)]
    if not matrices:
        return None
    largest = max(matrices, key=lambda n: n.size)
    (length, columns), itemsize = largest.shape, largest.dtype.itemsize
    block = min(MOST_ROWS, max(FEWEST_ROWS, BLOCK_BYTES // (columns * itemsize)))
    if block >= length or block * columns * itemsize > WIDEST_BLOCK:
        return None
    cutting = Cutting(length, matrices)
    for node in program.nodes:
        if not cutting.add(node):
            return None
    if any(end.number not in cutting.whole for end in program.outputs.values()):
        return None
    cut = Program(cutting.graph, {k: cutting.whole[n.number] for k, n in program.outputs.items()})
    if not _reads_twice(cut, cutting):
        return None
    return _ordered(cut, cutting, block, largest)


def _is_matrix(node: Node) -> bool:
    large = node.size * node.dtype.itemsize >= LARGE
    return node.name == "input" and len(node.shape) == 2 and large and node.dtype.char in "fd"


def _reads_twice(program: Program, cutting: Cutting) -> bool:
    """Whether more than one product reads the same large matrix."""
    read: Counter[int] = Counter()
    for node in program.nodes:
        if node.name == "matmul" and node.number in cutting.loop:
            read.update(
                x.nodes[0].number if x.name == "transpose" else x.number for x in node.nodes
            )
    return any(read[cutting.rows[n].number] > 1 for n in cutting.matrices)


def _ordered(
    program: Program, cutting: Cutting, block: int, largest: Node
) -> tuple[Program, LoopPlan]:
    """The program with its nodes numbered in the order before, in and after the loop."""

    def stage(node: Node) -> int:
        return 1 if node.number in cutting.loop else 2 * (node.number in cutting.late)

    graph, new = Graph(), dict[int, Node]()
    level: dict[int, int] = {}
    cut: set[int] = set()
    for node in sorted(program.nodes, key=lambda n: (stage(n), n.number)):
        inputs = (new[x.number] if isinstance(x, Node) else x for x in node.inputs)
        made = new[node.number] = graph.node(node.name, *inputs, **node.static)
        level[made.number] = int(node.number in cutting.late)
        if node.number in cutting.loop - cutting.late:
            cut.add(made.number)
    outputs = {name: new[end.number] for name, end in program.outputs.items()}
    matrix = new[cutting.whole[largest.number].number]
    plan = LoopPlan(cutting.length, block, frozenset(cut), level, loops=1, matrix=matrix)
    return Program(graph, outputs), plan
