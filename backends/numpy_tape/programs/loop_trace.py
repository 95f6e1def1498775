"""From functions over arrays of a loss to the bodies of a loop: each is run once, on symbols.

A body may read arrays of the loss around it. They become constants of the loop: an array from
outside that meets one from inside is captured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.primitives.box import Primitive, apply
from gradparity.backends.numpy_tape.programs.loop_body import Body
from gradparity.backends.numpy_tape.programs.program import Graph
from gradparity.backends.numpy_tape.programs.scan import looped, parted, scan
from gradparity.backends.numpy_tape.programs.symbol import Symbol
from gradparity.problems import InputError

Step = Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]
"""step(carry, entries of the sequences) -> (next carry, results), flat lists of arrays."""


class Capture:
    """A graph for bodies, and the arrays from outside that they read. level: of its boxes."""

    def __init__(self, like: LossArray) -> None:
        self.graph = Graph(loops=traced)
        self.level, self.floating = like.level + 1, like.floating
        self.outside: dict[int, tuple[LossArray, BodyBox]] = {}
        self._names: set[str] = set()

    def inside(self, x: Any) -> BodyBox:
        """An array as one of the body's: its own, a captured one, or a number."""
        if isinstance(x, BodyBox) and x.capture is self:
            return x
        if isinstance(x, bool | int | float):
            node = self.graph.full((), x, self.floating)
            return BodyBox(Symbol(self.graph, node), self)
        if not isinstance(x, LossArray):
            raise InputError(f"a loop's body returned a {type(x).__name__}, not an array")
        if id(x) not in self.outside:
            self.outside[id(x)] = x, self.argument(_named(x) or "constant", x)
        return self.outside[id(x)][1]

    def argument(self, name: str, like: Any, row: bool = False) -> BodyBox:
        """A new argument of a body, called `name` or like it; row: one entry of a sequence."""
        while name in self._names:
            name += "_"
        self._names.add(name)
        shape = like.shape[1:] if row else like.shape
        node = self.graph.input("step", name, shape, like.dtype)
        return BodyBox(Symbol(self.graph, node), self)


class BodyBox(LossArray):
    """An array inside a loop's body."""

    __slots__ = ("capture", "floating", "level", "value")

    def __init__(self, value: Any, capture: Capture) -> None:
        self.value, self.capture = value, capture
        self.level, self.floating = capture.level, capture.floating

    def constant(self, value: Any) -> BodyBox:
        """See `LossArray.constant`."""
        return BodyBox(value, self.capture)

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> BodyBox:
        """Write a node of the body."""
        values = [self.capture.inside(x).value if isinstance(x, LossArray) else x for x in operands]
        return BodyBox(apply(primitive, *values, **static), self.capture)


def traced(
    steps: Sequence[Step],
    choice: Sequence[LossArray],
    first: Sequence[LossArray],
    xs: Sequence[LossArray],
    length: int,
) -> tuple[list[Any], list[Any]]:
    """The last carry, and the stacked results, of a loop whose bodies are traced once each.

    steps: one, or two, of which `choice`, a truth value, takes the first or the second.
    Raises: InputError if a carry changes its shape or dtype.
    """
    like = [*choice, *first, *xs][0]
    capture = Capture(like)
    carry = [capture.argument("carried", x) for x in first]
    rows = [capture.argument(_named(x) or "entry", x, row=True) for x in xs]
    results = []
    for step in steps:
        carried, ys = step(list(carry), list(rows))
        results.append(([*map(capture.inside, carried)], [*map(capture.inside, ys)]))
    for carried, ys in results:
        _check(carried, carry, "the carry")
        _check(ys, results[0][1], "a result of the second branch")
    outside = [x for x, _ in capture.outside.values()]
    consts = tuple(box.value.node for _, box in capture.outside.values())
    bodies = tuple(
        Body(
            capture.graph,
            consts,
            tuple(x.value.node for x in carry),
            tuple(x.value.node for x in rows),
            tuple(x.value.node for x in carried),
            tuple(x.value.node for x in ys),
            (),
            {scan.name: scan},
        )
        for carried, ys in results
    )
    z = looped(bodies, length, choice, outside, first, xs)
    carries, ys, _ = parted(z, bodies[0], length)
    return [x[length] for x in carries], list(ys)


def _named(x: Any) -> str:
    """The name of an argument of the program; "" for what is computed."""
    while isinstance(x, LossArray):
        x = x.value
    node = getattr(x, "node", None)
    return node.static["name"] if node is not None and node.name == "input" else ""


def _check(found: Sequence[Any], wanted: Sequence[Any], what: str) -> None:
    kinds = [[(x.shape, x.dtype) for x in group] for group in (found, wanted)]
    if kinds[0] != kinds[1]:
        told = [", ".join(f"{dtype} {shape}" for shape, dtype in group) for group in kinds]
        raise InputError(f"a step of a loop makes {told[0]} of {what}, which was {told[1]}")
