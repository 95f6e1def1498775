"""The body of a loop as a program of its own, and the programs of its derivatives.

One step takes constants k, a carry c and an entry x of each sequence:

    c', y, a = body(k, c, x)

and a loop of T steps makes of c_0 and x_0 ... x_{T-1} all carries c_0 ... c_T, all y, and Σ a. Both
derivatives of a loop are loops again (Griewank and Walther, ch. 3). Tangents go along with it:

    ċ', ẏ, ȧ = ∂body(k, c, x) · (k̇, ċ, ẋ)

where ċ is the carry, k and k̇ are constants, and c, x and ẋ are sequences. Adjoints go from its end
to its start:

    c̄ + s̄, x̄, k̄ = ∂bodyᵀ(k, c, x) · (c̄', ȳ, ā)

where c̄' is the carry, k and ā are constants, and c, x, ȳ and s̄ (the adjoint of what was stored of
c) are sequences; x̄ is stacked, and k̄ added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.forward import ForwardBox
from gradparity.backends.numpy_tape.engine.reverse import ReverseBox, Tape, TapeNode, backward
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives.box import Primitive, apply
from gradparity.backends.numpy_tape.primitives.table import PRIMITIVES
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Program
from gradparity.backends.numpy_tape.programs.symbol import LEVEL, Symbol

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Body:
    """One step of a loop.

    graph: where it lives. consts, carry, xs: its arguments. carried, ys, sums: its results, of the
    dtype of the run; carried has the shapes of carry. primitives: those of its nodes that no table
    has, by name.
    """

    graph: Graph
    consts: tuple[Node, ...]
    carry: tuple[Node, ...]
    xs: tuple[Node, ...]
    carried: tuple[Node, ...]
    ys: tuple[Node, ...]
    sums: tuple[Node, ...]
    primitives: dict[str, Primitive]
    known: dict[Any, Body] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[Node, ...]:
        """All arguments, in the order in which the loop takes their arrays."""
        return (*self.consts, *self.carry, *self.xs)

    @property
    def results(self) -> tuple[Node, ...]:
        """All results, in their order."""
        return (*self.carried, *self.ys, *self.sums)

    @property
    def program(self) -> Program:
        """The step as a program."""
        return Program(self.graph, {f"result_{i}": x for i, x in enumerate(self.results)})

    def tangent(self, moving: frozenset[int]) -> Body:
        """The step of the tangents; moving: the numbers of the arguments with one, all c too."""
        return self._once(("tangent", moving), lambda: self._tangent(moving))

    def adjoint(self, active: frozenset[int]) -> Body:
        """The step of the adjoints; active: the numbers of the arguments with one, all c too."""
        return self._once(("adjoint", active), lambda: self._adjoint(active))

    def _once(self, key: Any, make: Callable[[], Body]) -> Body:
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def _tangent(self, moving: frozenset[int]) -> Body:
        new = _Arguments(self.graph)
        symbols = [new.like(x, _name(x)) for x in self.arguments]
        tangents: list[Any] = [
            new.like(x, f"v_{_name(x)}") if i in moving else None
            for i, x in enumerate(self.arguments)
        ]
        boxes = [
            ForwardBox(s, LEVEL + 1, s.dtype, t) for s, t in zip(symbols, tangents, strict=True)
        ]
        results = [_tangent_node(new, x) for x in self._replayed(new.graph, boxes)]
        consts, carry, xs = self._parted(symbols)
        k, c, x = self._parted(tangents)
        return self._made(
            new.graph, [*consts, *k], c, [*carry, *xs, *x], self._split_results(results)
        )

    def _adjoint(self, active: frozenset[int]) -> Body:
        new = _Arguments(self.graph)
        symbols = [new.like(x, _name(x)) for x in self.arguments]
        names = [*(f"d_next_{_name(x)}" for x in self.carry)]
        names += [f"d_result{i}" for i in range(len(self.results) - len(names))]
        seeds = [new.like(x, name) for x, name in zip(self.results, names, strict=True)]
        stored = [new.like(x, f"d_kept_{_name(x)}") for x in self.carry]
        tape = Tape(LEVEL + 1, self.results[0].dtype)
        boxes = [
            ReverseBox(s, tape, TapeNode(s) if i in active else None) for i, s in enumerate(symbols)
        ]
        ends = self._replayed(new.graph, boxes)
        for end, seed in zip(ends, seeds, strict=True):
            if isinstance(end, ReverseBox) and end.node is not None:
                end.node.receive(seed)
        backward(tape)
        found = [x.node.collect() if x.node is not None else None for x in boxes]
        k, c, x = self._parted(found)
        back = [s if a is None else e.add(a, s) for a, s in zip(c, stored, strict=True)]
        consts, carry, xs = self._parted(symbols)
        of_carry, of_ys, of_sums = self._split_results(seeds)
        wanted_k = [
            a if a is not None else new.zeros(self.consts[i])
            for i, a in enumerate(k)
            if i in active
        ]
        first = len(self.consts) + len(self.carry)
        wanted_x = [
            a if a is not None else new.zeros(self.xs[i])
            for i, a in enumerate(x)
            if first + i in active
        ]
        return self._made(
            new.graph,
            [*consts, *of_sums],
            of_carry,
            [*carry, *xs, *of_ys, *stored],
            (back, wanted_x, wanted_k),
        )

    def _made(
        self, graph: Graph, consts: Any, carry: Any, xs: Any, results: tuple[Any, Any, Any]
    ) -> Body:
        k, c, x = (tuple(x.node for x in g if x is not None) for g in (consts, carry, xs))
        carried, ys, sums = (tuple(x.node for x in g) for g in results)
        return Body(graph, k, c, x, carried, ys, sums, self.primitives)

    def _parted(self, given: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """What belongs to the constants, to the carry and to the sequences."""
        first, second = len(self.consts), len(self.consts) + len(self.carry)
        return list(given[:first]), list(given[first:second]), list(given[second:])

    def _split_results(self, given: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        first, second = len(self.carried), len(self.carried) + len(self.ys)
        return list(given[:first]), list(given[first:second]), list(given[second:])

    def _replayed(self, graph: Graph, arguments: Sequence[Any]) -> list[Any]:
        """The results of the step on boxes above symbols of a graph."""
        values: dict[int, Any] = {
            node.number: box for node, box in zip(self.arguments, arguments, strict=True)
        }
        for node in self.program.nodes:
            if node.number in values:
                continue
            if node.name == "constant":
                array = np.frombuffer(node.static["data"], node.dtype).reshape(node.shape)
                values[node.number] = Symbol(graph, graph.constant(array))
            elif node.name in ("full", "arange"):
                values[node.number] = Symbol(graph, graph.node(node.name, **node.static))
            else:
                operands = (values[x.number] if isinstance(x, Node) else x for x in node.inputs)
                primitive = self.primitives.get(node.name) or PRIMITIVES[node.name]
                values[node.number] = apply(primitive, *operands, **node.static)
        return [values[x.number] for x in self.results]


class _Arguments:
    """The arguments of a new step, made one after another."""

    def __init__(self, like: Graph) -> None:
        self.graph = Graph(loops=like.loops)
        self._names: set[str] = set()

    def like(self, node: Node, name: str) -> Symbol:
        """A new argument of the shape and dtype of a node, called `name` or like it."""
        while name in self._names:
            name += "_"
        self._names.add(name)
        return Symbol(self.graph, self.graph.input("step", name, node.shape, node.dtype))

    def zeros(self, node: Node) -> Symbol:
        """Zeros of the shape and dtype of a node."""
        return Symbol(self.graph, self.graph.full(node.shape, 0.0, node.dtype))


def _name(argument: Node) -> str:
    name: str = argument.static["name"]
    return name


def _tangent_node(new: _Arguments, box: Any) -> Symbol:
    tangent = box.tangent if isinstance(box, ForwardBox) else None
    if tangent is not None:
        found: Symbol = tangent
        return found
    return new.zeros(box.value.node if isinstance(box, ForwardBox) else box.node)
