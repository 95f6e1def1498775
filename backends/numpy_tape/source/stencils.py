"""The adjoint of several slices x[k:k+m], block by block.

With pieces p_i at the offsets k_0 < k_1 < ..., entry j of the sum is p_0[j - k_0] + p_1[j - k_1] +
..., so a block needs the entries that a shifted piece had k_i - k_0 places before. Each shifted
piece is written behind the last entries of its block before, which are carried over.
"""

from __future__ import annotations

from gradparity.backends.numpy_tape.programs.program import Node
from gradparity.backends.numpy_tape.source.buffers import dtype_argument
from gradparity.backends.numpy_tape.source.loop_plan import LoopPlan, offset
from gradparity.backends.numpy_tape.source.loop_state import LoopState
from gradparity.backends.numpy_tape.source.writer import Writer

CACHE_LINE = 64


def carriers(w: Writer, plan: LoopPlan) -> dict[tuple[int, int, int], str]:
    """(number of a shifted piece, of the node that adds it, shift) -> the name of its block."""
    carried: dict[tuple[int, int, int], str] = {}
    for node in w.nodes:
        if node.name != "scatter_slices" or node.number not in plan.cut:
            continue
        least = min(offset(key) for key in node.static["keys"])
        for x, key in zip(node.nodes, node.static["keys"], strict=True):
            if offset(key) > least:
                carried[x.number, node.number, offset(key) - least] = w.name("carrier")
    return carried


def scatter(loops: LoopState, node: Node, after: list[str]) -> None:
    """Append the statements of one block to the loop's, and the edges to what comes after it."""
    w, keys = loops.w, node.static["keys"]
    least = min(offset(key) for key in keys)
    out = loops.whole[node.number] = loops.array(node, loops.ends.get(node.number, "kept"))
    end = least + loops.plan.length
    part = out if not least else w.fixed(f"{out}[{least}:]", f"{out}_part")
    cut = w.name(f"{out}_cut")
    loops.lines.append(f"{cut} = {part}[cut]")
    edges = [f"{out}[:{least}] = 0.0"] if least else []
    if end < node.size:
        edges.append(f"{out}[{end}:] = 0.0")
    first: list[str] = []
    texts: list[str] = []
    rolls: list[str] = []
    for x, key in zip(node.nodes, keys, strict=True):
        shift = offset(key) - least
        if not shift:
            texts.insert(0, loops.ref(x))
            continue
        name = loops.carriers[x.number, node.number, shift]
        _allocate(loops, name, x, shift)
        before = w.name(f"{name}_before")
        first += [f"{name} = {name}_all[{shift} : {shift} + length]"]
        first += [f"{before} = {name}_all[:length]"]
        written = loops.ref(x)
        if written != name:
            loops.lines.append(f"{name}[...] = {written}")
        texts.append(before)
        rolls.append(f"{name}_all[:{shift}] = {name}_all[length : length + {shift}]")
        edges.append(f"{out}[{end}:{end + shift}] += {name}_all[:{shift}]")
    if first:
        loops.lines[:0] = ["length = cut.stop - cut.start", *first]
    if len(texts) == 1:
        loops.lines.append(f"{cut}[...] = {texts[0]}")
    else:
        loops.lines.append(f"np.add({texts[0]}, {texts[1]}, {cut})")
    loops.lines += [f"np.add({cut}, {text}, {cut})" for text in texts[2:]]
    loops.lines += rolls
    after += edges


def _allocate(loops: LoopState, name: str, x: Node, shift: int) -> None:
    """Room for a block and what is carried, so that the block starts on a cache line."""
    line = CACHE_LINE // x.dtype.itemsize
    pad = -(-shift // line) * line
    length = f"{loops.block + pad}{dtype_argument(x.dtype)}"
    start = f"[{pad - shift} :]" if pad > shift else ""
    loops.w.setup.append(f"{name}_all = aligned({length}){start.replace(' ', '')}")
    loops.bytes += (loops.block + pad) * x.dtype.itemsize
    loops.w.body.append(f"{name}_all[:{shift}] = 0.0")
