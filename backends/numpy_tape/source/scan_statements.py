"""How a loop is written: a function for its step, made in the set-up, and a `for` that calls it.

The result of a loop is one vector; carries, stacked results and sums are windows on it, into which
each step's results are put. So nothing is copied when the loop has ended.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gradparity.backends.numpy_tape.programs.fusion import fused
from gradparity.backends.numpy_tape.programs.loop_body import Body
from gradparity.backends.numpy_tape.programs.program import Node, Program
from gradparity.backends.numpy_tape.programs.scan import shapes_of
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.source.buffers import Place
from gradparity.backends.numpy_tape.source.literals import identifier
from gradparity.backends.numpy_tape.source.scan_scalars import scalar_loop
from gradparity.backends.numpy_tape.source.writer import Writer

Write = Callable[[Writer, Node], None]


def scan_by(write: Write) -> Write:
    """The statement of a loop; write: that of any node."""

    def statement(w: Writer, node: Node) -> None:
        bodies, length = node.static["bodies"], node.static["length"]
        body: Body = bodies[0]
        given = [w.ref(x) for x in node.inputs]
        split = len(bodies) - 1
        choice, arguments = given[:split], given[split:]
        k, c = len(body.consts), len(body.consts) + len(body.carry)
        scalars = scalar_loop(w, node)
        out = w.out(node)
        if scalars is not None:
            text, raising = scalars
            if not raising:
                w.say(f"{out}[...] = {text}", "a loop of the loss, or its derivative")
                return
            w.body += ["try:", f"    {out}[...] = {text}", "except (ArithmeticError, ValueError):"]
        before = len(w.body)
        windows, start = [], 0
        for hint, shape in zip(_hints(body), shapes_of(body, length), strict=True):
            stop = start + math.prod(shape)
            windows.append(w.fixed(f"{out}[{start}:{stop}].reshape({shape})", hint))
            start = stop
        carries, rest = windows[: len(body.carried)], windows[len(body.carried) :]
        ys, sums = rest[: len(body.ys)], rest[len(body.ys) :]
        steps = [_step(w, one, write) for one in bodies]
        step = steps[0]
        if choice:
            step = w.name("chosen")
            w.say(f"{step} = {steps[0]} if {choice[0]} else {steps[1]}")
        for name, first in zip(carries, arguments[k:c], strict=True):
            w.say(f"{name}[0] = {first}")
        w.body += [f"{name}[...] = 0" for name in sums]
        once = length == 1
        t, after, indent = ("0", "1", "") if once else (w.name("step_number"), "", "    ")
        after = after or f"{t} + 1"
        parts = [w.name("part") for _ in sums]
        targets = [*(f"{x}[{after}]" for x in carries), *(f"{x}[{t}]" for x in ys), *parts]
        taken = [*arguments[:k], *(f"{x}[{t}]" for x in [*carries, *arguments[c:]])]
        if not once:
            w.say(f"for {t} in range({length}):", "a loop of the loss, or its derivative")
        comma = "," if len(targets) == 1 else ""
        w.body.append(f"{indent}{', '.join(targets)}{comma} = {step}({', '.join(taken)})")
        for name, part in zip(sums, parts, strict=True):
            w.body.append(f"{indent}np.add({name}, {part}, {name})")
        if scalars is not None:
            w.body[before:] = [f"    {line}" for line in w.body[before:]]

    return statement


def _hints(body: Body) -> list[str]:
    return ["carry"] * len(body.carried) + ["stacked"] * len(body.ys) + ["summed"] * len(body.sums)


def _step(w: Writer, body: Body, write: Write) -> str:
    """The name of the function of one step, which the set-up makes."""
    if body in w.steps:
        return w.steps[body]
    name = w.steps[body] = w.name("step")
    arguments = {f"argument_{i}": x for i, x in enumerate(body.arguments)}
    whole = Program(body.graph, {**body.program.outputs, **arguments})
    flat = fused(simplified(whole))
    sub = Writer(Program(flat.graph, {n: flat.outputs[n] for n in body.program.outputs}))
    sub.names.taken |= {name, f"make_{name}"}
    taken = []
    for key in arguments:
        node = flat.outputs[key]
        taken.append(sub.name(identifier(node.static["name"])))
        sub.places[node.number] = Place(taken[-1])
    for node in sub.nodes:
        if node.number not in sub.places and node.name not in ("full", "arange", "constant"):
            write(sub, node)
        sub.buffers.release(node.number)
    ends = [sub.ref(flat.outputs[n]) for n in body.program.outputs]
    answer = f"return {', '.join(ends)}{',' if len(ends) == 1 else ''}"
    parts = ["\n".join(sub.setup), "\n".join([*sub.body, answer])]
    setup, inside = sub.buffers.named(parts, sub.names.taken)
    w.setup.append(f"def make_{name}():")
    w.setup += [f"    {line}" for line in setup.split("\n") if line]
    w.setup.append(f"    def {name}({', '.join(taken)}):")
    w.setup += [f"        {line}" for line in inside.split("\n") if line]
    w.setup += [f"    return {name}", f"{name} = make_{name}()"]
    w.buffers.bytes += sub.buffers.bytes
    return name
