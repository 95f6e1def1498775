"""What the statements of a plan's loops share: blocks of arrays, and the buffers of those."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.program import Node, Operand, Program
from gradparity.backends.numpy_tape.source.buffers import on_a_line
from gradparity.backends.numpy_tape.source.literals import identifier, literal
from gradparity.backends.numpy_tape.source.loop_plan import REDUCTIONS, LoopPlan
from gradparity.backends.numpy_tape.source.writer import Writer

VIEWS = frozenset(("reshape", "transpose"))


class LoopState:
    """The loops of a plan while they are written: `lines` are the body of the one at hand.

    texts: node number -> its block, as text. buffers: names of the blocks that the loop takes (and
    how many by kind, in `taken`), free: of those that are free again, known: of all there are, by
    `kind`. whole: node number -> the array that it is a block of; cuts: the names of such blocks.
    computed: level -> what its loop computes. carriers, carried: see `stencils.py`. bytes: of all
    arrays.
    """

    def __init__(self, w: Writer, program: Program, plan: LoopPlan) -> None:
        self.w, self.plan = w, plan
        self.ends = {n.number: identifier(name) for name, n in program.outputs.items()}
        self.start()
        self.known: dict[object, list[str]] = {}
        self.whole: dict[int, str] = {}
        self.carriers: dict[tuple[int, int, int], str] = {}
        self.carried: dict[int, str] = {}
        self.block = plan.block
        self.bytes = 0
        self.computed: dict[int, list[Node]] = {}
        for node in w.nodes:
            level = self._loop_of(node)
            if level is not None:
                self.computed.setdefault(level, []).append(node)

    def start(self) -> None:
        """Start the next loop."""
        self.lines: list[str] = []
        self.texts: dict[int, str] = {}
        self.buffers: dict[str, None] = {}
        self.taken: Counter[object] = Counter()
        self.free: dict[object, dict[str, None]] = {}
        self.cuts: set[str] = set()

    def _loop_of(self, node: Node) -> int | None:
        """The loop that computes a block of the node, or sums it up."""
        level = self.plan.level[node.number]
        if self.is_cut(node):
            computed = node.name in ELEMENTWISE or node.name in ("scatter_slices", "matmul")
            return level if computed else None
        sums = node.name in REDUCTIONS or node.name == "matmul"
        return level - 1 if sums and any(map(self.is_cut, node.nodes)) else None

    def is_cut(self, x: Operand) -> bool:
        """Whether an operand is known block by block."""
        return isinstance(x, Node) and x.number in self.plan.cut

    def array(self, node: Node, hint: str) -> str:
        """A whole array in the set-up; its flat form has the name that is returned."""
        name = self.w.name(hint)
        self.bytes += node.size * node.dtype.itemsize
        self.w.setup.append(f"{name} = {on_a_line((node.size,), node.dtype)}")
        return name

    def ref(self, x: Operand) -> str:
        """An operand inside a loop."""
        if not isinstance(x, Node):
            return literal(x)
        if not self.is_cut(x):
            return self.w.ref(x)
        if self.is_view(x) and x.number not in self.texts:
            self.texts[x.number] = self._view(x)
        if x.number not in self.texts:
            name = self.w.name(f"{self.source(x)}_cut")
            self.lines.append(f"{name} = {self.source(x)}[cut]")
            self.cuts.add(name)
            self.texts[x.number] = name
        return self.texts[x.number]

    def source(self, x: Node) -> str:
        """The whole array that a block of x is cut from."""
        return self.whole.get(x.number) or self.w.places[x.number].text

    def buffer(self, node: Node) -> str:
        """A free block buffer."""
        kind = self.kind(node)
        spare = self.free.get(kind)
        if spare:
            return spare.popitem()[0]
        known = self.known.setdefault(kind, [])
        new = self.taken[kind] == len(known)
        name = self.w.name("block") if new else known[self.taken[kind]]
        self.taken[kind] += 1
        self.buffers[name] = None
        if not new:
            return name
        known.append(name)
        _, columns = kind
        shape = (self.block if self.plan.matrix is None else self.plan.length, *columns)
        self.bytes += math.prod(shape) * node.dtype.itemsize
        self.w.setup.append(f"{name}_all = {on_a_line(shape, node.dtype)}")
        return name

    def kind(self, node: Node) -> tuple[Any, tuple[int, ...]]:
        """What nodes must have in common to use the same buffer: dtype, and columns of a row."""
        return node.dtype, () if self.plan.matrix is None else node.shape[1:]

    def is_view(self, node: Node) -> bool:
        """Whether a node of the loop looks at a block of another array."""
        return self.plan.matrix is not None and node.number in self.plan.cut and node.name in VIEWS

    def _view(self, node: Node) -> str:
        """A block of a whole array, or of one of the loop's in another shape, as text."""
        x = node.inputs[0]
        if node.name == "transpose":
            return f"{self.ref(x)}.T"
        if node.shape != x.shape:
            return f"{self.ref(x)}[{':, None' if len(node.shape) == 2 else ':, 0'}]"
        source = self.w.ref(x)
        name = self.w.name(f"{source}_cut")
        self.lines.append(f"{name} = {source}[cut]")
        return name
