"""What the statements of a loop share: its blocks, and the buffers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradparity.backends.numpy_tape.programs.program import Node

if TYPE_CHECKING:
    from gradparity.backends.numpy_tape.source.loops import Loops

VIEWS = frozenset(("reshape", "transpose"))


def is_view(loops: Loops, node: Node) -> bool:
    """Whether a node of the loop looks at a block of another array."""
    return loops.plan.matrix is not None and node.number in loops.plan.cut and node.name in VIEWS


def view(loops: Loops, node: Node) -> str:
    """A block of a whole array, or of one of the loop's in another shape, as text."""
    x = node.inputs[0]
    if node.name == "transpose":
        return f"{loops.ref(x)}.T"
    if node.shape != x.shape:
        return f"{loops.ref(x)}[{':, None' if len(node.shape) == 2 else ':, 0'}]"
    source = loops.w.ref(x)
    name = loops.w.name(f"{source}_cut")
    loops.lines.append(f"{name} = {source}[cut]")
    return name
