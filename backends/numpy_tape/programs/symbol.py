"""Symbols: arrays without values. What is done to them becomes a program.

A symbol knows its shape and its dtype. A primitive that meets one writes a node of a graph, and
returns the symbol of its result. Run a loss, or the reverse mode of a loss, on symbols, and the
graph holds what it computes: the Python that decided it is gone.
"""

from __future__ import annotations

from typing import Any, NoReturn

from gradparity.backends.numpy_tape.primitives.box import Box, Primitive
from gradparity.backends.numpy_tape.programs.program import Graph, Node
from gradparity.problems import InputError

LEVEL = 1


class Symbol(Box):
    """The result of a node of a graph."""

    __slots__ = ("graph", "level", "node")

    def __init__(self, graph: Graph, node: Node) -> None:
        self.graph, self.node, self.level = graph, node, LEVEL

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The shape, as of a NumPy array."""
        return self.node.shape

    @property
    def dtype(self) -> Any:
        """The dtype, as of a NumPy array."""
        return self.node.dtype

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> Symbol:
        """Write a node."""
        if primitive.name == "single":
            return self
        graph = self.graph
        inputs = [
            x.node if x.__class__ is Symbol and x.graph is graph else _operand(graph, x)
            for x in operands
        ]
        fixed = static and {k: tuple(x) if isinstance(x, list) else x for k, x in static.items()}
        if primitive.name == "full":
            return Symbol(graph, graph.full(**fixed))
        try:
            return Symbol(graph, graph.node(primitive.name, *inputs, **fixed))
        except (ValueError, IndexError) as error:
            shapes = " and ".join(str(getattr(x, "shape", x)) for x in operands)
            raise InputError(f"xp.{primitive.name} of shapes {shapes}: {error}") from error

    def __bool__(self) -> bool:
        _refuse("an `if`, `while`, `and` or `assert`", "xp.where(condition, x, y)")

    def __int__(self) -> int:
        _refuse("int() or range()", "xp.where, or a Python number that draw fixes by the shape")

    __index__ = __int__

    def __float__(self) -> float:
        _refuse("float()", "operations of xp, which take arrays of shape ()")

    def __iter__(self) -> NoReturn:
        _refuse("a loop over values", "operations of xp on the whole array")


def _refuse(where: str, instead: str) -> NoReturn:
    raise InputError(
        f"{where} needs the value of an array, and a loss is traced once, without values; write "
        f"{instead}, or use the backend tape-eager, which runs the loss anew in every call"
    )


def _operand(graph: Graph, x: Any) -> Any:
    if isinstance(x, Symbol):
        if x.graph is not graph:
            raise InputError("the loss kept an array of an earlier call; a loss may keep nothing")
        return x.node
    if isinstance(x, bool | int | float) and not hasattr(x, "dtype"):
        return x
    return graph.constant(x)
