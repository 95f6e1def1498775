"""A planned program as the source of a module that runs it block by block."""

from __future__ import annotations

from typing import Any

from backends.numpy_tape.blocked import REDUCTIONS, Plan, is_long, is_part
from backends.numpy_tape.buffers import Place, dtype_argument, dtype_text
from backends.numpy_tape.emit import (
    Emitted,
    finished,
    local_inputs,
    result,
)
from backends.numpy_tape.literals import identifier, literal
from backends.numpy_tape.primitive import ELEMENTWISE
from backends.numpy_tape.program import LEAVES, Node, Operand, Program
from backends.numpy_tape.scalar_arguments import wrapped
from backends.numpy_tape.simplify import number
from backends.numpy_tape.statements import call, deliver, write
from backends.numpy_tape.stencils import carriers, scatter
from backends.numpy_tape.writer import Writer, key_text

BLOCK_BYTES = 256 * 1024
"""Bytes per buffer of a block: a handful of them share a second-level cache."""

ALIGNED = '''def aligned(length, dtype=np.float64):
    """An uninitialised vector that starts on a cache line: a quarter faster."""
    size = np.dtype(dtype).itemsize
    raw = np.empty(length + 64 // size, dtype)
    start = -raw.ctypes.data % 64 // size
    return raw[start : start + length]
'''


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
        itemsize = max(n.dtype.itemsize for n in w.nodes if is_long(n))
        self.block = BLOCK_BYTES // itemsize
        self.bytes = 0

    def array(self, node: Node, hint: str) -> str:
        """A whole array in the set-up; its flat form has the name that is returned."""
        name = self.w.name(hint)
        self.bytes += node.size * node.dtype.itemsize
        line = f"{name} = aligned({node.size}{dtype_argument(node.dtype)})"
        self.w.setup.append(line)
        return name

    def ref(self, x: Operand) -> str:
        """An operand inside a loop."""
        if not isinstance(x, Node):
            return literal(x)
        if not is_long(x):
            return self.w.ref(x)
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
        spare = self.free.setdefault(node.dtype, [])
        if spare:
            return spare.pop()
        known = self.known.setdefault(node.dtype, [])
        for name in known:
            if name not in self.buffers:
                self.buffers.append(name)
                return name
        name = self.w.name("block")
        self.buffers.append(name)
        known.append(name)
        self.bytes += self.block * node.dtype.itemsize
        shape = f"{self.block}{dtype_argument(node.dtype)}"
        self.w.setup.append(f"{name}_all = aligned({shape})")
        return name

    def run(self, level: int) -> None:
        """Write the loop of one level: what it computes, and what it sums up."""
        w, plan = self.w, self.plan
        mine = [n for n in w.nodes if self._is_mine(n, level)]
        last: dict[int, int] = {}
        for node in mine:
            for x in node.nodes:
                last[x.number] = node.number
        self.lines, self.texts, self.buffers, self.free = [], {}, [], {}
        after: list[str] = []
        for node in mine:
            if node.name in REDUCTIONS:
                self._reduction(node, after)
            elif node.name == "scatter_slices":
                scatter(self, node, after)
            else:
                self._elementwise(node, last)
            for x in node.nodes:
                self._release(x, node, last)
        if self.buffers:
            steps = w.name("blocks")
            w.setup.append(f"{steps} = [")
            items = ["slice(a, b)", *(f"{b}_all[: b - a]" for b in self.buffers)]
            w.setup += [f"    {line}" for line in wrapped("(", items, ")", 8)]
            w.setup.append(f"    for a in range(0, {plan.length}, {self.block})")
            w.setup.append(f"    for b in (min(a + {self.block}, {plan.length}),)")
            w.setup.append("]")
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

    def _is_mine(self, node: Node, level: int) -> bool:
        if node.name in REDUCTIONS and any(is_long(x) for x in node.nodes):
            return self.plan.level[node.number] - 1 == level
        computed = is_long(node) and (node.name in ELEMENTWISE or node.name == "scatter_slices")
        return computed and self.plan.level[node.number] == level

    def _elementwise(self, node: Node, last: dict[int, int]) -> None:
        texts = [self.ref(x) for x in node.inputs]
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
            dying = last.get(x.number) == node.number and x.dtype == node.dtype
            if text in self.buffers and dying and is_long(x):
                self.texts[node.number] = text
                return text
        self.texts[node.number] = self.buffer(node)
        return self.texts[node.number]

    def _release(self, x: Node, node: Node, last: dict[int, int]) -> None:
        text = self.texts.get(x.number, "")
        if last.get(x.number) == node.number and text in self.buffers:
            spare = self.free.setdefault(x.dtype, [])
            if text != self.texts.get(node.number) and text not in spare:
                spare.append(text)

    def _reduction(self, node: Node, after: list[str]) -> None:
        texts = [self.ref(x) for x in node.inputs]
        total = self.w.name("total" if node.name in ("sum", "vdot") else "extreme")
        name = "value" if self.ends.get(node.number) == "value" else self.w.name("s")
        self.w.places[node.number] = Place(name)
        if node.name in ("max", "min"):
            ufunc, sign = ("maximum", "-") if node.name == "max" else ("minimum", "")
            self.w.body.append(f"{total} = {sign}np.inf")
            self.lines.append(f"{total} = np.{ufunc}({total}, np.{ufunc}.reduce({texts[0]}))")
        else:
            function = "np.add.reduce" if node.name == "sum" else "np.dot"
            part = f"{function}({', '.join(texts)})"
            wide = node.dtype.itemsize <= 8
            self.w.body.append(f"{total} = {'0.0' if wide else 'np.longdouble(0.0)'}")
            self.lines.append(f"{total} += {f'float({part})' if wide else part}")
        after.append(f"{name} = {dtype_text(node.dtype)}({total})")


def emit_blocked(program: Program, plan: Plan, operator: str, title: str) -> Emitted:
    """The module that computes `program` in the loops of `plan`."""
    w = Writer(program)
    local_inputs(w, program)
    for node in w.nodes:
        if node.name == "input" and is_long(node) and len(node.shape) > 1:
            w.body.append(f"{w.ref(node)} = {w.ref(node)}.reshape(-1)")
        elif is_part(node) and is_long(node):
            name = w.name(f"{w.ref(node.inputs[0])}_part")
            w.body.append(f"{name} = {w.ref(node.inputs[0])}[{key_text(node.static['key'])}]")
            w.places[node.number] = Place(name)
    loops = Loops(w, program, plan)
    loops.carriers = carriers(w)
    for (piece, _, _), name in loops.carriers.items():
        loops.carried.setdefault(piece, name)
    done = set(w.places)
    for level in range(plan.loops + 1):
        for node in w.nodes:
            small = not is_long(node) and node.name not in LEAVES and node.number not in w.places
            if small and plan.level[node.number] <= level and node.number not in done:
                write(w, node)
        if level < plan.loops:
            loops.run(level)
    taken: set[Any] = set()
    texts = {name: _output(w, loops, name, end, taken) for name, end in program.outputs.items()}
    answer = result(w, operator, texts)
    source = finished(w, answer, operator, title)
    source = source.replace("\n\ndef make():", f"\n\n{ALIGNED}\n\ndef make():", 1)
    return Emitted(source, loops.bytes)


def _output(w: Writer, loops: Loops, name: str, end: Node, taken: set[Any]) -> str:
    """The text of an output, in an array that no argument and no other output shares."""
    if not is_long(end):
        return deliver(w, name, end, taken)
    out = loops.whole.get(end.number)
    if out is None or out in taken:
        value = number(end)
        text = out or (w.ref(end) if value is None else literal(value))
        out = loops.array(end, identifier(name))
        w.body.append(f"{out}[...] = {text}")
    taken.add(out)
    return out if len(end.shape) == 1 else f"{out}.reshape({end.shape})"
