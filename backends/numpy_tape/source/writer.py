"""The state of writing a program down: places, statements, names."""

from __future__ import annotations

import builtins
import keyword
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.keys import indexer
from gradparity.backends.numpy_tape.primitives.table import PRIMITIVES
from gradparity.backends.numpy_tape.programs.program import (
    LEAVES,
    VIEWS,
    Node,
    Operand,
    Program,
    users,
)
from gradparity.backends.numpy_tape.source.buffers import (
    FOREVER,
    Buffers,
    Lines,
    Names,
    Place,
    dtype_argument,
    dtype_text,
)
from gradparity.backends.numpy_tape.source.literals import identifier, literal

RESERVED = frozenset(
    [
        *(*dir(builtins), *keyword.kwlist, *PRIMITIVES),
        *("np", "math", "matrices", "special", "make", "aligned", "params", "data", "direction"),
        *("answer", "value", "inner"),
        *("value_and_gradient", "value_and_jvp", "hessian_times", "hessian", "jacobian"),
        *("cut", "formula", "number", "numbers", "tangent", "loss", "pow", "length", "spare"),
        *("by_rows", "in_one", "rows"),
    ]
)
"""Names that emitted code uses for itself."""

HINTS = {
    **{"matmul": "z", "exp": "e", "sum": "total", "max": "top", "greater": "active"},
    **{"log": "ln", "take_along_axis": "picked", "square": "squares"},
}


class Writer:
    """Statements of the emitted function: `setup` runs once, `body` in every call."""

    def __init__(self, program: Program) -> None:
        self.known = Lines()
        self.setup = self.known.lines
        self.body: list[str] = []
        self.buffers = Buffers(self.known)
        self.nodes = program.nodes
        self.places: dict[int, Place] = {}
        self.outputs = {
            end.number: identifier(name) for name, end in reversed(program.outputs.items())
        }
        self.names = Names(RESERVED)
        self.name = self.names.free
        self.last = self._last_uses(program)
        self.steps: dict[Any, str] = {}

    def _last_uses(self, program: Program) -> dict[int, int]:
        ends = {end.number for end in program.outputs.values()}
        last: dict[int, int] = {}
        used = users(self.nodes)
        for node in reversed(self.nodes):
            uses = [last[n.number] if self.is_view(n) else n.number for n in used[node.number]]
            last[node.number] = max(uses, default=node.number)
            if node.number in ends:
                last[node.number] = FOREVER
        return last

    def is_view(self, node: Node) -> bool:
        """Whether a node only looks at its operand; a single number is read out instead."""
        return node.name in VIEWS and node.shape != () and node.inputs[0].shape != ()

    def ref(self, x: Operand) -> str:
        """The expression for an operand."""
        if not isinstance(x, Node):
            return literal(x)
        return self.place(x).text

    def place(self, x: Node) -> Place:
        """Where a node's value is; constants are made in the set-up when they are first needed."""
        if x.number not in self.places and x.name in LEAVES - {"input"}:
            self.places[x.number] = self._constant(x)
        return self.places[x.number]

    def _constant(self, x: Node) -> Place:
        if x.name == "full":
            value = x.static["value"]
            if x.shape == ():
                return Place(f"{dtype_text(x.dtype)}({literal(value)})", fixed=True)
            text = f"np.full({x.shape}, {literal(value)}{dtype_argument(x.dtype)})"
            hint = "ones" if value == 1.0 else "constant"
        elif x.name == "arange":
            text, hint = f"np.arange({x.static['n']}, dtype={dtype_text(x.dtype)})", "count"
        else:
            array = np.frombuffer(x.static["data"], x.dtype)
            entries = ", ".join(literal(v.item()) for v in array)
            text = f"np.array([{entries}]{dtype_argument(x.dtype)}).reshape({x.shape})"
            hint = "constant"
        return Place(self.fixed(text, hint), fixed=True)

    def fixed(self, text: str, hint: str) -> str:
        """The name of a value that the set-up computes, once for all who ask for the same."""
        if text not in self.known.text:
            self.known.assign(self.name(hint), text)
        return self.known.text[text]

    def out(self, node: Node, over: tuple[Operand, ...] = ()) -> str:
        """The buffer for a node's result: one of the operands `over` that dies here, or another."""
        for x in over:
            if self._dies(x, node) and self._alone(x, over):
                place = self.places[x.number]
                self.buffers.keep(place, self.last[node.number], self.outputs.get(node.number, ""))
                self.places[node.number] = place
                return place.text
        hint = self.outputs.get(node.number) or HINTS.get(node.name, "t")
        place = self.buffers.take(
            node, self.last[node.number], hint, dedicated=node.number in self.outputs
        )
        self.places[node.number] = place
        return place.text

    def _dies(self, x: Operand, node: Node) -> bool:
        if not isinstance(x, Node) or (x.shape, x.dtype) != (node.shape, node.dtype):
            return False
        place = self.places.get(x.number)
        if place is None or place.root is None or not place.whole:
            return False
        return self.buffers.until[place.root] <= node.number

    def _alone(self, x: Operand, over: tuple[Operand, ...]) -> bool:
        """Whether no other operand is another view of the same buffer."""
        mine = self.places[x.number]
        for y in over:
            if isinstance(y, Node) and y is not x and y.number in self.places:
                other = self.places[y.number]
                if other.root == mine.root and other.text != mine.text:
                    return False
        return True

    def view(self, node: Node, text: str, hint: str, contiguous: bool) -> None:
        """Make a node a view, named in the set-up if the buffer is known, else in the body."""
        base = self.place(node.inputs[0])
        if base.fixed:
            name = self.fixed(text, f"{base.text}_{hint}")
        else:
            name = self.name(f"{base.text}_{hint}")
            self.body.append(f"{name} = {text}")
        self.places[node.number] = Place(name, base.root, base.fixed, contiguous)

    def say(self, statement: str, comment: str = "") -> None:
        """Append a statement of the body, with a comment if the line has room for it."""
        self.body.append(f"{statement}  # {comment}" if comment else statement)

    def local(self, node: Node, text: str) -> None:
        """Give a number a local name."""
        name = "value" if self.outputs.get(node.number) == "value" else self.name("s")
        self.say(f"{name} = {text}")
        self.places[node.number] = Place(name)

    def flat(self, place: Place, node: Node) -> str:
        """A one-dimensional view of a contiguous place."""
        if len(node.shape) == 1:
            return place.text
        text = f"{place.text}.reshape(-1)"
        return self.fixed(text, f"{place.text}_flat") if place.fixed else text


def key_text(key: tuple[Any, ...]) -> str:
    """A canonical key as Python source, without the brackets."""
    entries = []
    for entry in indexer(key):
        if isinstance(entry, slice):
            bounds = ["" if b is None else str(b) for b in (entry.start, entry.stop)]
            entries.append(":".join(bounds) + ("" if entry.step is None else f":{entry.step}"))
        else:
            entries.append(str(entry))
    return ", ".join(entries) or "..."
