"""The state of writing a plan's loops: blocks of arrays, and the buffers that they are put in."""

from __future__ import annotations

import math
from typing import Any

from gradparity.backends.numpy_tape.engine.primitive import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.program import Node, Operand, Program
from gradparity.backends.numpy_tape.source import row_statements
from gradparity.backends.numpy_tape.source.blocked import REDUCTIONS, Plan
from gradparity.backends.numpy_tape.source.buffers import Place, dtype_text, on_a_line
from gradparity.backends.numpy_tape.source.literals import identifier, literal
from gradparity.backends.numpy_tape.source.loop_state import is_view, view
from gradparity.backends.numpy_tape.source.scalar_arguments import comprehension, wrapped
from gradparity.backends.numpy_tape.source.statements import call, operand
from gradparity.backends.numpy_tape.source.stencils import scatter
from gradparity.backends.numpy_tape.source.writer import Writer


class Loops:
    """Writes the loops of a plan: `lines` are the body of the loop that is being written."""

    def __init__(self, w: Writer, program: Program, plan: Plan) -> None:
        self.w, self.plan = w, plan
        self.ends = {n.number: identifier(name) for name, n in program.outputs.items()}
        self.lines: list[str] = []
        self.texts: dict[int, str] = {}
        self.buffers: list[str] = []
        self.known: dict[object, list[str]] = {}
        self.free: dict[object, list[str]] = {}
        self.whole: dict[int, str] = {}
        self.carriers: dict[tuple[int, int, int], str] = {}
        self.carried: dict[int, str] = {}
        self.block = plan.block
        self.bytes = 0

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
        if is_view(self, x) and x.number not in self.texts:
            self.texts[x.number] = view(self, x)
        if x.number not in self.texts:
            name = self.w.name(f"{self.source(x)}_cut")
            self.lines.append(f"{name} = {self.source(x)}[cut]")
            self.texts[x.number] = name
        return self.texts[x.number]

    def source(self, x: Node) -> str:
        """The whole array that a block of x is cut from."""
        return self.whole.get(x.number) or self.w.places[x.number].text

    def buffer(self, node: Node) -> str:
        """A free block buffer."""
        spare = self.free.setdefault(self._kind(node), [])
        if spare:
            return spare.pop()
        known = self.known.setdefault(self._kind(node), [])
        for name in known:
            if name not in self.buffers:
                self.buffers.append(name)
                return name
        name = self.w.name("block")
        self.buffers.append(name)
        known.append(name)
        _, columns = self._kind(node)
        shape = (self.block if self.plan.matrix is None else self.plan.length, *columns)
        self.bytes += math.prod(shape) * node.dtype.itemsize
        self.w.setup.append(f"{name}_all = {on_a_line(shape, node.dtype)}")
        return name

    def _kind(self, node: Node) -> tuple[Any, tuple[int, ...]]:
        """What nodes must have in common to use the same buffer: dtype, and columns of a row."""
        return node.dtype, () if self.plan.matrix is None else node.shape[1:]

    def run(self, level: int) -> None:
        """Write the loop of one level: what it computes, and what it sums up."""
        w, plan = self.w, self.plan
        mine = [n for n in w.nodes if self._is_mine(n, level)]
        last: dict[int, int] = {}
        for node in mine:
            for x in self._read(node):
                last[x.number] = node.number
        self.lines, self.texts, self.buffers, self.free = [], {}, [], {}
        after: list[str] = []
        for node in mine:
            if node.number not in plan.cut and node.shape == ():
                self._reduction(node, after)
            elif node.number not in plan.cut:
                row_statements.total(self, node)
            elif node.name == "matmul":
                row_statements.product(self, node)
            elif node.name == "scatter_slices":
                scatter(self, node, after)
            else:
                self._elementwise(node, last)
            for x in self._read(node):
                self._release(x, node, last)
        if self.buffers:
            steps = w.name("blocks")
            if plan.matrix is None:
                w.setup += comprehension(f"{steps} = ", self._blocks(str(self.block), 8), 4)
            else:
                inner = comprehension("", self._blocks("rows", 12), 8)
                sizes = f"for rows in ({self.block}, {plan.length})"
                w.setup += comprehension("by_rows, in_one = ", [*inner, sizes], 4)
                w.body += row_statements.choice(self, plan.matrix, steps)
            head = f"for {', '.join(['cut', *self.buffers])} in {steps}:"
            if len(head) > 88:
                head = f"for cut, *spare in {steps}:"
                self.lines.insert(0, f"{', '.join(self.buffers)} = spare")
        else:
            steps = w.fixed(
                f"[slice(a, a + {self.block}) for a in range(0, {plan.length}, {self.block})]",
                "cuts",
            )
            head = f"for cut in {steps}:"
        w.body += [head, *(f"    {line}" for line in self.lines), *after]

    def _blocks(self, size: str, indent: int) -> list[str]:
        """What is in a list of blocks of that size: a slice, and as much of each buffer."""
        items = ["slice(a, b)", *(f"{b}_all[: b - a]" for b in self.buffers)]
        return [
            *wrapped("(", items, ")", indent),
            f"for a in range(0, {self.plan.length}, {size})",
            f"for b in (min(a + {size}, {self.plan.length}),)",
        ]

    def _is_mine(self, node: Node, level: int) -> bool:
        if not self.is_cut(node):
            sums = node.name in REDUCTIONS or node.name == "matmul"
            return (
                sums
                and any(map(self.is_cut, node.nodes))
                and self.plan.level[node.number] - 1 == level
            )
        computed = node.name in ELEMENTWISE or node.name in ("scatter_slices", "matmul")
        return computed and self.plan.level[node.number] == level

    def _read(self, node: Node) -> list[Node]:
        """The operands, and what they are views of."""
        found = node.nodes
        for x in found:
            if is_view(self, x):
                found += x.nodes
        return found

    def _elementwise(self, node: Node, last: dict[int, int]) -> None:
        size = self.block * math.prod(self._kind(node)[1])
        texts = [
            self.ref(x) if isinstance(x, Node) else operand(self.w, x, node, size)
            for x in node.inputs
        ]
        out = self._target(node, last)
        if node.name == "where":
            self.lines.append(f"{out}[...] = np.where({', '.join(texts)})")
        elif node.name == "astype":
            self.lines.append(f"{out}[...] = {texts[0]}")
        else:
            self.lines.append(call(node.name, texts, out))

    def _target(self, node: Node, last: dict[int, int]) -> str:
        """Where a node's block goes: an output, a whole array, a dying operand, or a buffer."""
        name = self.ends.get(node.number)
        if name is not None or node.number in self.plan.whole:
            if node.number not in self.whole:
                end = self.plan.shared.get(node.number, node)
                hint = self.ends.get(end.number, "kept")
                self.whole[node.number] = self.whole.get(end.number) or self.array(node, hint)
                self.whole[end.number] = self.whole[node.number]
            whole = self.whole[node.number]
            cut = f"{whole}_cut"
            if f"{cut} = {whole}[cut]" not in self.lines:
                self.lines.append(f"{cut} = {whole}[cut]")
            self.texts[node.number] = cut
            return cut
        if node.number in self.carried:
            self.texts[node.number] = self.carried[node.number]
            return self.carried[node.number]
        for x in node.nodes:
            text = self.texts.get(x.number, "")
            dying = last.get(x.number) == node.number
            alike = (x.dtype, x.shape) == (node.dtype, node.shape)
            if text in self.buffers and dying and alike and self.is_cut(x):
                self.texts[node.number] = text
                return text
        self.texts[node.number] = self.buffer(node)
        return self.texts[node.number]

    def _release(self, x: Node, node: Node, last: dict[int, int]) -> None:
        text = self.texts.get(x.number, "")
        if last.get(x.number) == node.number and text in self.buffers:
            spare = self.free.setdefault(self._kind(x), [])
            if text != self.texts.get(node.number) and text not in spare:
                spare.append(text)

    def _reduction(self, node: Node, after: list[str]) -> None:
        texts = [self.ref(x) for x in node.inputs]
        total = self.w.name("extreme" if node.name in ("max", "min") else "total")
        name = "value" if self.ends.get(node.number) == "value" else self.w.name("s")
        self.w.places[node.number] = Place(name)
        if node.name in ("max", "min"):
            ufunc, sign = ("maximum", "-") if node.name == "max" else ("minimum", "")
            self.w.body.append(f"{total} = {sign}np.inf")
            self.lines.append(f"{total} = np.{ufunc}({total}, np.{ufunc}.reduce({texts[0]}))")
        else:
            # In the other loops every array is flat.
            matrix = self.plan.matrix is not None and len(node.inputs[0].shape) > 1
            if node.name == "sum":
                part = f"np.add.reduce({texts[0]}{', None' if matrix else ''})"
            else:
                part = f"np.{'vdot' if matrix else 'dot'}({', '.join(texts)})"
            wide = node.dtype.itemsize <= 8
            self.w.body.append(f"{total} = {'0.0' if wide else 'np.longdouble(0.0)'}")
            self.lines.append(f"{total} += {f'float({part})' if wide else part}")
        after.append(f"{name} = {dtype_text(node.dtype)}({total})")
