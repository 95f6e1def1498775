"""A planned program as the source of a module that runs it block by block."""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_tape.programs.builder import number
from gradparity.backends.numpy_tape.programs.program import LEAVES, Node, Program
from gradparity.backends.numpy_tape.source.buffers import Place
from gradparity.backends.numpy_tape.source.emit import Emitted, finished, local_inputs, result
from gradparity.backends.numpy_tape.source.literals import identifier, literal
from gradparity.backends.numpy_tape.source.loop_plan import LoopPlan, is_part
from gradparity.backends.numpy_tape.source.loop_state import LoopState
from gradparity.backends.numpy_tape.source.loops import run
from gradparity.backends.numpy_tape.source.statements import deliver, write
from gradparity.backends.numpy_tape.source.stencils import carriers
from gradparity.backends.numpy_tape.source.writer import Writer, key_text


def emit_loops(program: Program, plan: LoopPlan, operator: str, title: str) -> Emitted:
    """The module that computes `program` in the loops of `plan`."""
    w = Writer(program)
    local_inputs(w, program)
    for node in w.nodes:
        if node.name == "input" and node.number in plan.cut and len(node.shape) > 1:
            w.body.append(f"{w.ref(node)} = {w.ref(node)}.reshape(-1)")
        elif is_part(node) and node.number in plan.cut:
            name = w.name(f"{w.ref(node.inputs[0])}_part")
            w.body.append(f"{name} = {w.ref(node.inputs[0])}[{key_text(node.static['key'])}]")
            w.places[node.number] = Place(name)
    loops = LoopState(w, program, plan)
    loops.carriers = carriers(w, plan)
    for (piece, _, _), name in loops.carriers.items():
        loops.carried.setdefault(piece, name)
    small: dict[int, list[Node]] = {}
    for node in w.nodes:
        if node.number not in plan.cut and node.name not in LEAVES:
            small.setdefault(plan.level[node.number], []).append(node)
    for level in range(plan.loops + 1):
        for node in small.get(level, ()):
            if node.number not in w.places:
                write(w, node)
                w.buffers.release(node.number)
        if level < plan.loops:
            run(loops, level)
    taken: set[Any] = set()
    texts = {name: _output(w, loops, name, end, taken) for name, end in program.outputs.items()}
    answer = result(w, operator, texts)
    return Emitted(finished(w, answer, operator, title), loops.bytes + w.buffers.bytes)


def _output(w: Writer, loops: LoopState, name: str, end: Node, taken: set[Any]) -> str:
    """The text of an output, in an array that no argument and no other output shares."""
    if not loops.is_cut(end):
        return deliver(w, name, end, taken)
    out = loops.whole.get(end.number)
    if out is None or out in taken:
        value = number(end)
        text = out or (w.ref(end) if value is None else literal(value))
        out = loops.array(end, identifier(name))
        w.body.append(f"{out}[...] = {text}")
    taken.add(out)
    return out if len(end.shape) == 1 else f"{out}.reshape({end.shape})"
