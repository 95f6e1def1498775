"""Scalar nodes as Python expressions.

A value that is used once is written where it is used, as long as the line stays readable; every
other value gets a name. Parentheses keep the order of the program's operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradparity.backends.numpy_tape.primitives.scalar_form import (
    ATOM,
    CONDITION,
    PRODUCT,
    SIGN,
    ScalarForm,
)
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.backends.numpy_tape.programs.program import Node, Operand, needed
from gradparity.backends.numpy_tape.source.literals import literal
from gradparity.backends.numpy_tape.source.scalars import FUNCTIONS

WIDTH = 72
"""Characters of an expression, so that its line stays within 100 in its place."""


class Expressions:
    """Writes nodes, operands first; `lines` are the assignments, `functions` what they call.

    names: node number -> its name, at first those of the inputs.
    """

    def __init__(self, names: Mapping[int, str], ends: Iterable[Operand]) -> None:
        self.texts: dict[int, tuple[str, int]] = {n: (name, ATOM) for n, name in names.items()}
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.native: dict[int, bool] = {}
        self.count = 0
        self.uses: dict[int, int] = {}
        ends = [x for x in ends if isinstance(x, Node)]
        for node in needed(ends):
            for x in node.nodes:
                self.uses[x.number] = self.uses.get(x.number, 0) + _times_written(node)
        self.ends = {x.number for x in ends}

    def write(self, node: Node) -> None:
        """Write one node, whose operands are written."""
        if node.number in self.texts:
            return
        text, rank = self._text(node)
        if self.uses.get(node.number, 0) > 1 or len(text) > WIDTH // 2:
            self.name(node, text)
        else:
            self.texts[node.number] = text, rank

    def name(self, node: Node, text: str, name: str = "") -> None:
        """Assign an expression to a name, a new one if none is given."""
        if not name:
            self.count += 1
            name = f"t{self.count}"
        self.lines.append(f"{name} = {text}")
        self.texts[node.number] = name, ATOM

    def operand(self, x: Operand, rank: int) -> str:
        """An operand as text, in parentheses if it binds less than `rank`."""
        if not isinstance(x, Node):
            text, own = literal(x), (SIGN if literal(x).startswith("-") else ATOM)
        else:
            text, own = self.texts[x.number]
        return text if own >= rank else f"({text})"

    def _text(self, node: Node) -> tuple[str, int]:
        name, inputs = node.name, node.inputs
        if name == "divide" and all(map(self._is_native, inputs)):
            # Python's own numbers stay so on NumPy's scalars, and 1.0 / 0.0 raises.
            below = self._call("number", inputs[1:])
            return f"{self.operand(inputs[0], PRODUCT)} / {below}", PRODUCT
        form = ELEMENTWISE[name].scalar
        if isinstance(form, ScalarForm):
            texts = map(self.operand, inputs, form.inside)
            return form.text.format(*texts), form.binds
        if form is None:
            raise AssertionError(f"{name} has no form on Python floats")
        return self._call(name, inputs), ATOM

    def _call(self, name: str, inputs: Iterable[Operand]) -> str:
        if name not in self.functions:
            self.functions.append(name)
        return f"{name}({', '.join(self.operand(x, CONDITION) for x in inputs)})"

    def _is_native(self, x: Operand) -> bool:
        """Whether a number may be Python's own even where the arguments are NumPy's scalars."""
        if not isinstance(x, Node):
            return True
        if x.number not in self.native:
            inputs = x.inputs[1:] if x.name == "where" else x.inputs
            some = any if x.name in ("where", "maximum", "minimum") else all
            self.native[x.number] = x.name not in FUNCTIONS and (
                x.dtype.kind in "biu" if x.name == "input" else some(map(self._is_native, inputs))
            )
        return self.native[x.number]


def _times_written(node: Node) -> int:
    """How often the expression of a node has each operand, as far as it matters: once, or more."""
    form = ELEMENTWISE[node.name].scalar if node.name in ELEMENTWISE else None
    return 2 if isinstance(form, ScalarForm) and form.repeats else 1
