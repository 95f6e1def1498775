"""How the loops of a plan are written: what each computes on a block, and what it sums up."""

from __future__ import annotations

import math

from gradparity.backends.numpy_tape.programs.program import Node
from gradparity.backends.numpy_tape.source import row_statements
from gradparity.backends.numpy_tape.source.buffers import Place, dtype_text
from gradparity.backends.numpy_tape.source.loop_state import LoopState
from gradparity.backends.numpy_tape.source.product_statements import INNER, dot
from gradparity.backends.numpy_tape.source.scalar_arguments import comprehension, wrapped
from gradparity.backends.numpy_tape.source.statements import call, operand
from gradparity.backends.numpy_tape.source.stencils import scatter


def run(loops: LoopState, level: int) -> None:
    """Write the loop of one level: what it computes, and what it sums up."""
    w, plan = loops.w, loops.plan
    mine = loops.computed.get(level, [])
    last: dict[int, int] = {}
    for node in mine:
        for x in _read(loops, node):
            last[x.number] = node.number
    loops.start()
    after: list[str] = []
    for node in mine:
        if node.number not in plan.cut and node.shape == ():
            _reduction(loops, node, after)
        elif node.number not in plan.cut:
            row_statements.total(loops, node)
        elif node.name == "matmul":
            row_statements.product(loops, node)
        elif node.name == "scatter_slices":
            scatter(loops, node, after)
        else:
            _elementwise(loops, node, last)
        for x in _read(loops, node):
            _release(loops, x, node, last)
    if loops.buffers:
        steps = w.name("blocks")
        if plan.matrix is None:
            w.setup += comprehension(f"{steps} = ", _blocks(loops, str(loops.block), 8), 4)
        else:
            inner = comprehension("", _blocks(loops, "rows", 12), 8)
            sizes = f"for rows in ({loops.block}, {plan.length})"
            w.setup += comprehension("by_rows, in_one = ", [*inner, sizes], 4)
            w.body += row_statements.choice(loops, plan.matrix, steps)
        head = f"for {', '.join(['cut', *loops.buffers])} in {steps}:"
        if len(head) > 88:
            head = f"for cut, *spare in {steps}:"
            loops.lines.insert(0, f"{', '.join(loops.buffers)} = spare")
    else:
        steps = w.fixed(
            f"[slice(a, a + {loops.block}) for a in range(0, {plan.length}, {loops.block})]", "cuts"
        )
        head = f"for cut in {steps}:"
    w.body += [head, *(f"    {line}" for line in loops.lines), *after]


def _blocks(loops: LoopState, size: str, indent: int) -> list[str]:
    """What is in a list of blocks of that size: a slice, and as much of each buffer."""
    items = ["slice(a, b)", *(f"{b}_all[: b - a]" for b in loops.buffers)]
    return [
        *wrapped("(", items, ")", indent),
        f"for a in range(0, {loops.plan.length}, {size})",
        f"for b in (min(a + {size}, {loops.plan.length}),)",
    ]


def _read(loops: LoopState, node: Node) -> list[Node]:
    """The operands, and what they are views of."""
    found = [*node.nodes]
    for x in found:
        if loops.is_view(x):
            found += x.nodes
    return found


def _elementwise(loops: LoopState, node: Node, last: dict[int, int]) -> None:
    size = loops.block * math.prod(loops.kind(node)[1])
    texts = [
        loops.ref(x) if isinstance(x, Node) else operand(loops.w, x, node, size)
        for x in node.inputs
    ]
    out = _target(loops, node, last)
    if node.name == "where":
        loops.lines.append(f"{out}[...] = np.where({', '.join(texts)})")
    elif node.name == "astype":
        loops.lines.append(f"{out}[...] = {texts[0]}")
    else:
        loops.lines.append(call(node.name, texts, out))


def _target(loops: LoopState, node: Node, last: dict[int, int]) -> str:
    """Where a node's block goes: an output, a whole array, a dying operand, or a buffer."""
    name = loops.ends.get(node.number)
    if name is not None or node.number in loops.plan.whole:
        if node.number not in loops.whole:
            end = loops.plan.shared.get(node.number, node)
            hint = loops.ends.get(end.number, "kept")
            loops.whole[node.number] = loops.whole.get(end.number) or loops.array(node, hint)
            loops.whole[end.number] = loops.whole[node.number]
        whole = loops.whole[node.number]
        cut = f"{whole}_cut"
        if cut not in loops.cuts:
            loops.cuts.add(cut)
            loops.lines.append(f"{cut} = {whole}[cut]")
        loops.texts[node.number] = cut
        return cut
    if node.number in loops.carried:
        loops.texts[node.number] = loops.carried[node.number]
        return loops.carried[node.number]
    for x in node.nodes:
        text = loops.texts.get(x.number, "")
        dying = last.get(x.number) == node.number
        alike = (x.dtype, x.shape) == (node.dtype, node.shape)
        if text in loops.buffers and dying and alike and loops.is_cut(x):
            loops.texts[node.number] = text
            return text
    loops.texts[node.number] = loops.buffer(node)
    return loops.texts[node.number]


def _release(loops: LoopState, x: Node, node: Node, last: dict[int, int]) -> None:
    text = loops.texts.get(x.number, "")
    ends = last.get(x.number) == node.number and text != loops.texts.get(node.number)
    if ends and text in loops.buffers:
        loops.free.setdefault(loops.kind(x), {}).setdefault(text)


def _reduction(loops: LoopState, node: Node, after: list[str]) -> None:
    texts = [loops.ref(x) for x in node.inputs]
    total = loops.w.name("extreme" if node.name in ("max", "min") else "total")
    name = "value" if loops.ends.get(node.number) == "value" else loops.w.name("s")
    loops.w.places[node.number] = Place(name)
    if node.name in ("max", "min"):
        ufunc, sign = ("maximum", "-") if node.name == "max" else ("minimum", "")
        loops.w.body.append(f"{total} = {sign}np.inf")
        loops.lines.append(f"{total} = np.{ufunc}({total}, np.{ufunc}.reduce({texts[0]}))")
    else:
        # In the other loops every array is flat.
        matrix = loops.plan.matrix is not None and len(node.inputs[0].shape) > 1
        x = node.nodes[0]
        size = loops.block * math.prod(loops.kind(x)[1])
        alone = dot(size, x.dtype)
        if matrix and alone == INNER:
            product = f"{INNER}({', '.join(f'{text}.ravel()' for text in texts)})"
        else:
            product = f"{'np.vdot' if matrix else alone}({', '.join(texts)})"
        total_of = f"np.add.reduce({texts[0]}{', None' if matrix else ''})"
        part = {"sum": total_of, "vdot": product, "matmul": product}[node.name]
        wide = node.dtype.itemsize <= 8
        loops.w.body.append(f"{total} = {'0.0' if wide else 'np.longdouble(0.0)'}")
        loops.lines.append(f"{total} += {f'float({part})' if wide else part}")
    after.append(f"{name} = {dtype_text(node.dtype)}({total})")
