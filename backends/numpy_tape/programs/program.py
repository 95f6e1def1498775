"""A program: what a loss, or its derivative, computes, as a flat list of primitive calls.

Every value has one definition and no value ever changes (static single assignment), so a program is
a graph without cycles. Two calls of the same primitive on the same values are the same node: a
`Graph` never makes the second one, which is all that sharing common subexpressions takes.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.programs.shape_rules import result_type

Shape = tuple[int, ...]
Operand = Any
"""A `Node`, or a Python number, which never changes a dtype."""


class Node:
    """One call of a primitive.

    name: the primitive's; besides those, "input" (static: group, name), "constant" (static: bytes
        and the array), "vdot" (x, y: the sum of all products), "add_along" (y, g, i; axis,
        shape: y + add_along_axis(g, i)) and "tied" (ties, g: each row's number of g, in equal
        shares where ties is true, else 0).
    inputs: operands; nodes: those that are nodes. static: the call's keywords. shape, dtype, size:
        of the result, size being the number of entries.
    number: creation order within its graph; operands come before results.
    """

    __slots__ = ("dtype", "inputs", "name", "nodes", "number", "shape", "size", "static")

    def __init__(
        self,
        name: str,
        inputs: tuple[Operand, ...],
        static: dict[str, Any],
        shape: Shape,
        dtype: np.dtype[Any],
        number: int,
    ) -> None:
        self.name, self.inputs, self.static = name, inputs, static
        self.shape, self.dtype, self.number = shape, dtype, number
        self.size = math.prod(shape)
        nodes = [x for x in inputs if x.__class__ is Node]
        self.nodes = inputs if len(nodes) == len(inputs) else tuple(nodes)

    def __repr__(self) -> str:
        inputs = ", ".join(f"%{x.number}" if isinstance(x, Node) else repr(x) for x in self.inputs)
        return f"%{self.number} = {self.name}({inputs}; {self.static}) {self.shape} {self.dtype}"


@dataclass
class Graph:
    """Makes nodes, each only once. loops: what makes a loop of functions, see `loop_trace.py`."""

    made: dict[Any, Node] = field(default_factory=dict, repr=False)
    loops: Callable[..., Any] | None = None

    def node(self, name: str, /, *inputs: Operand, **static: Any) -> Node:
        """The call's node; the same one for the same call."""
        return self.keyed(call_key(name, inputs, static), name, inputs, static)

    def keyed(
        self, key: Any, name: str, inputs: tuple[Operand, ...], static: dict[str, Any]
    ) -> Node:
        """The same, for who has the call's key."""
        known = self.made.get(key)
        if known is None:
            shape, dtype = result_type(name, inputs, static)
            known = Node(name, inputs, static, shape, dtype, len(self.made))
            self.made[key] = known
        return known

    def again(self, node: Node, inputs: tuple[Operand, ...]) -> Node:
        """The call of `node` on other operands of the same shapes and dtypes."""
        key = call_key(node.name, inputs, node.static)
        known = self.made.get(key)
        if known is None:
            known = Node(node.name, inputs, node.static, node.shape, node.dtype, len(self.made))
            self.made[key] = known
        return known

    def of(self, nodes: Iterable[Node]) -> Graph:
        """A graph of some of the nodes, and all they depend on, alone: they are numbered anew."""
        kept = set(nodes)
        graph = Graph({key: node for key, node in self.made.items() if node in kept})
        for number, node in enumerate(graph.made.values()):
            node.number = number
        return graph

    def input(self, group: str, name: str, shape: Shape, dtype: Any) -> Node:
        """An argument: group "params", "data" or "direction", and its name there."""
        return self.node("input", group=group, name=name, shape=shape, dtype=np.dtype(dtype))

    def constant(self, array: Any) -> Node:
        """An array that is known beforehand: `full` if it has one value, else its bytes."""
        array = np.asarray(array)
        if array.size and (all(s == 0 for s in array.strides) or (array == array.flat[0]).all()):
            return self.full(array.shape, array.flat[0], array.dtype)
        return self.node(
            "constant", data=array.tobytes(), shape=array.shape, dtype=np.dtype(array.dtype)
        )

    def full(self, shape: Shape, value: Any, dtype: Any) -> Node:
        """An array of one value, which is rounded to dtype; a Python number where that is exact."""
        rounded = np.dtype(dtype).type(value)
        number = rounded.item()
        if isinstance(number, np.generic) and float(number) == number:
            number = float(number)
        return self.node("full", shape=tuple(shape), value=number, dtype=np.dtype(dtype))


def call_key(name: str, inputs: tuple[Operand, ...], static: dict[str, Any]) -> Any:
    """What two calls have in common if and only if they are the same."""
    for x in inputs:
        if x.__class__ is not Node:
            inputs = tuple([x if x.__class__ is Node else _identity(x) for x in inputs])
            break
    if not static:
        return name, inputs
    items = static.items() if len(static) == 1 else sorted(static.items(), key=_FIRST)
    return name, inputs, *items


_FIRST, _NUMBER = operator.itemgetter(0), operator.attrgetter("number")


def _identity(x: Operand) -> Any:
    # 1, 1.0 and True are equal keys but not the same operand; nor are 0.0 and -0.0.
    return type(x), x, math.copysign(1.0, x) if isinstance(x, float) else 0


@dataclass(frozen=True)
class Program:
    """What to compute: from inputs to outputs.

    graph: where its nodes live. outputs: by name, in order; "value" is the loss where there is one.
    """

    graph: Graph
    outputs: dict[str, Node]

    @functools.cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What the outputs depend on, operands before results; whatever else there was is dead."""
        return tuple(needed(self.outputs.values()))

    @property
    def operations(self) -> int:
        """The number of primitive calls."""
        return sum(node.name not in LEAVES for node in self.nodes)


LEAVES = frozenset(("input", "constant", "full", "arange"))
VIEWS = frozenset(("reshape", "transpose", "getitem", "broadcast_to", "flip"))
"""What has no operands, and what only looks at its operand."""


def needed(ends: Iterable[Node]) -> list[Node]:
    """The nodes that `ends` depend on, themselves included, operands before results."""
    seen: set[Node] = set()
    stack = list(ends)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += node.nodes
    return sorted(seen, key=_NUMBER)


def rebuild(
    program: Program, make: Callable[[Graph, Node, tuple[Operand, ...]], Node], graph: Graph
) -> Program:
    """The program with every node replaced by make(graph, node, new operands), operands first."""
    new: dict[Node, Node] = {}
    for node in program.nodes:
        operands = tuple([new[x] if x.__class__ is Node else x for x in node.inputs])
        new[node] = make(graph, node, operands)
    return Program(graph, {name: new[end] for name, end in program.outputs.items()})


def users(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    """Node number -> the nodes that use it, once per use."""
    nodes = list(nodes)
    found: dict[int, list[Node]] = {node.number: [] for node in nodes}
    for node in nodes:
        for x in node.nodes:
            found[x.number].append(node)
    return found


def forward_first(program: Program) -> Program:
    """The same nodes, numbered anew if need be, so that all that the value needs comes first."""
    if "value" not in program.outputs:
        return program
    forward = needed([program.outputs["value"]])
    if forward == list(program.nodes[: len(forward)]):
        return program
    ahead = {node.number for node in forward}
    graph, new = Graph(), dict[int, Node]()
    for node in [*forward, *(n for n in program.nodes if n.number not in ahead)]:
        operands = (new[x.number] if isinstance(x, Node) else x for x in node.inputs)
        new[node.number] = graph.again(node, tuple(operands))
    return Program(graph, {name: new[end.number] for name, end in program.outputs.items()})


def inputs_of(program: Program) -> Iterator[Node]:
    """The arguments that the program reads."""
    return (node for node in program.nodes if node.name == "input")
