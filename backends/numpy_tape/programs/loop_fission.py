"""Loops cut to what must run step by step: loop fission.

A step of a loop computes three kinds of things. What does not depend on the carry is known for all
steps before the loop starts. What only results and sums need can wait until all carries are known.
Both are computed for all T steps at once, as batches (`batch.py`), and a sum of products Σ xᵀg is
one product. What is left is the recurrence itself:

    c' = core(k, c, p),   p = before(k, x) for all t,   y, a = behind(k, c, p) for all t.

At a few numbers a NumPy call costs as much as a thousand products do, so the loop's time is the
number of its calls. An adjoint loop is linear in its carry, and most of its step is of the other
two kinds. Of what is needed behind the loop, products and functions that the recurrence computes
anyway are stacked by it, the rest is computed again.

Source: Allen and Kennedy, Optimizing Compilers for Modern Architectures (2001), section 5.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gradparity.backends.numpy_tape.engine.batch import BATCH_RULES, FIRST_ONLY, Batch
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import apply
from gradparity.backends.numpy_tape.primitives.keys import canonical, indexer
from gradparity.backends.numpy_tape.primitives.record import Cost
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, PRIMITIVES, RECORDS
from gradparity.backends.numpy_tape.programs.builder import is_call, number
from gradparity.backends.numpy_tape.programs.loop_body import Body
from gradparity.backends.numpy_tape.programs.program import (
    LEAVES,
    Graph,
    Node,
    Operand,
    Program,
    needed,
    rebuild,
    users,
)
from gradparity.backends.numpy_tape.programs.scan import looped, parted, shapes_of
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.programs.symbol import LEVEL, Symbol

MOST = 1 << 13
"""Numbers of an array of a step up to which its calls cost more than what they compute."""
FEW, AS_A_CALL = 9, 45
"""Numbers of an array of a step that is written on Python floats; operations on floats that take as
long as one on arrays, its result being put somewhere included."""
IN_ALL = 1 << 22
"""Numbers of an array over all steps up to which it is worth its memory."""

BATCHED = frozenset(BATCH_RULES) - frozenset(RECORDS) - FIRST_ONLY
COSTLY = frozenset(n for n, f in ELEMENTWISE.items() if f.cost is Cost.FUNCTION) | {"matmul"}


def distributed(program: Program) -> Program:
    """The program, whose loops do in their steps only what depends on the step before."""
    if not any(node.name == "scan" for node in program.nodes):
        return program
    graph, new, cut = Graph(), dict[int, Node](), dict[int, list[_Part]]()
    readers = users(program.nodes)
    for node in program.nodes:
        source = node.nodes[0].number if node.nodes else -1
        operands = tuple(new[x.number] if isinstance(x, Node) else x for x in node.inputs)
        if source in cut:
            new[node.number] = _read(cut[source], node)
            continue
        if node.name == "scan" and (starts := _parts_read(node, readers[node.number])):
            parts = Fission(graph, node, operands).parts(starts)
            if parts:
                cut[node.number] = parts
                new[node.number] = parts[0].flat.node
                continue
        new[node.number] = graph.again(node, operands)
    return Program(graph, {name: new[end.number] for name, end in program.outputs.items()})


@dataclass(frozen=True)
class _Part:
    """Where a part of the loop's vector starts and stops, and its numbers, one axis."""

    start: int
    stop: int
    flat: Symbol


def _span(node: Node) -> tuple[int, int]:
    """What a getitem of a vector reads of it."""
    where = indexer(node.static["key"])[0]
    if isinstance(where, slice):
        start, stop, _ = where.indices(node.inputs[0].size)
        return start, stop
    return where, where + 1


def _parts_read(node: Node, readers: Iterable[Node]) -> list[tuple[int, int]]:
    """The parts' places in the loop's vector; none if it is read otherwise than part by part."""
    body, found, start = node.static["bodies"][0], [], 0
    for shape in shapes_of(body, node.static["length"]):
        found.append((start, start + math.prod(shape)))
        start = found[-1][1]
    for by in readers:
        if by.name != "getitem" or len(by.static["key"]) != 1 or by.static["key"][0] is None:
            return []
        key = by.static["key"][0]
        if isinstance(key, tuple) and key[3] is not None:
            return []
        first, last = _span(by)
        if not any(a <= first and last <= b for a, b in found):
            return []
    return found


def _read(parts: list[_Part], node: Node) -> Node:
    """What the old loop's reader reads of the parts."""
    first, last = _span(node)
    part = next(x for x in parts if x.start <= first and last <= x.stop)
    key: Any = slice(first - part.start, last - part.start) if node.shape else first - part.start
    made = p.getitem(part.flat, key=canonical((key,), part.flat.shape))
    return made.node  # type: ignore[no-any-return]


class Fission:
    """One loop, while it is cut: `node` of a program, on operands of `graph`.

    values: number of a node of the step -> what it is outside of the loop: a batch of all T, or a
    symbol if it is the same in all steps.
    """

    def __init__(self, graph: Graph, node: Node, operands: tuple[Any, ...]) -> None:
        self.graph, self.length = graph, node.static["length"]
        self.bodies, self.body = node.static["bodies"], node.static["bodies"][0]
        arguments = {f"argument_{i}": x for i, x in enumerate(self.body.arguments)}
        whole = Program(self.body.graph, {**self.body.program.outputs, **arguments})
        flat = simplified(_shared(whole, self.body.consts, operands))
        self.nodes = flat.nodes
        self.results = [flat.outputs[name] for name in self.body.program.outputs]
        self.arguments = [flat.outputs[name] for name in arguments]
        self.operands = [Symbol(graph, x) for x in operands]
        self.values: dict[int, Any] = {}

    def parts(self, places: list[tuple[int, int]]) -> list[_Part]:
        """The parts of the loop's vector, of a shorter loop; none if it would be no shorter."""
        body = self.body
        k, c = len(body.consts), len(body.consts) + len(body.carry)
        m, n = len(body.carried), len(body.carried) + len(body.ys)
        if len(self.bodies) > 1 or self.length == 1 or not self._fits():
            return []
        carry = self.arguments[k:c]
        moving = self._moving(carry)
        core = [x for x in needed(self.results[:m]) if x.number in moving]
        inner = {x.number for x in core}
        rest = [x.size for x in self.nodes if x.name not in LEAVES and x.number not in inner]
        if not self._pays(rest):
            return []
        for place, x in enumerate(self.arguments):
            if not k <= place < c:
                operand = self.operands[place]
                self.values[x.number] = operand if place < k else Batch(operand, LEVEL + 1)
        self._compute(x for x in self.nodes if x.number not in moving)
        stacked = self._stacked(core, self.results[m:])
        z, shorter = self._loop(core, carry, self.results[:m], stacked)
        carries, ys, _ = parted(z, shorter, self.length)
        for x, end, all_of_it in zip(carry, self.results[:m], carries, strict=True):
            later = slice(1, self.length + 1)
            self.values.setdefault(end.number, Batch(_cut(all_of_it, later), LEVEL + 1))
            self.values[x.number] = Batch(_cut(all_of_it, slice(0, self.length)), LEVEL + 1)
        for x, y in zip(stacked, ys, strict=True):
            self.values[x.number] = Batch(y, LEVEL + 1)
        self._compute(needed(self.results[m:]))
        found = [*carries, *(self._everywhere(x) for x in self.results[m:n])]
        found += [self._total(x) for x in self.results[n:]]
        return [
            _Part(start, stop, p.reshape(x, shape=(stop - start,)))
            for (start, stop), x in zip(places, found, strict=True)
        ]

    def _fits(self) -> bool:
        """Whether every call can be done for all steps at once, and is small."""
        return all(
            x.size <= MOST
            and x.size * self.length <= IN_ALL
            and (x.name in LEAVES or x.name in ELEMENTWISE or x.name in BATCHED)
            for x in self.nodes
        )

    def _pays(self, rest: list[int]) -> bool:
        """Whether it is quicker to do the rest, calls by size, for all steps at once.

        On a few numbers the step will be one of Python floats, and a short loop of those is quicker
        than the rest's calls of NumPy.
        """
        short = self.length * sum(rest) < AS_A_CALL * len(rest)
        return bool(rest) and not (short and all(x.size <= FEW for x in self.nodes))

    def _moving(self, carry: list[Node]) -> set[int]:
        """The numbers of the carry, and of what depends on it."""
        found = {x.number for x in carry}
        for x in self.nodes:
            if any(y.number in found for y in x.nodes):
                found.add(x.number)
        return found

    def _compute(self, nodes: Iterable[Node]) -> None:
        """The values of nodes, operands first, of those that have none."""
        for x in nodes:
            if x.number in self.values:
                continue
            if x.name in LEAVES:
                self.values[x.number] = Symbol(self.graph, self.graph.again(x, ()))
                continue
            operands = (self.values[y.number] if isinstance(y, Node) else y for y in x.inputs)
            self.values[x.number] = apply(PRIMITIVES[x.name], *operands, **x.static)

    def _stacked(self, core: list[Node], ends: list[Node]) -> list[Node]:
        """What the recurrence computes, is needed behind it, and is not computed twice."""
        wanted = {x.number for x in needed(ends)}
        carried = {x.number for x in self.results[: len(self.body.carried)]}
        return [
            x for x in core if x.name in COSTLY and x.number in wanted and x.number not in carried
        ]

    def _loop(
        self, core: list[Node], carry: list[Node], ends: list[Node], stacked: list[Node]
    ) -> tuple[Any, Body]:
        """The recurrence alone: its vector, and its step."""
        graph, inside = Graph(loops=self.body.graph.loops), dict[int, Node]()
        consts: list[tuple[Node, Any]] = []
        rows: list[tuple[Node, Any]] = []
        own = {x.number for x in core}
        read = {x.number: x for y in core for x in y.nodes if x.number not in own}
        read |= {x.number: x for x in ends if x.number not in own}
        for place, x in enumerate(carry):
            inside[x.number] = graph.input("step", f"carried_{place}", x.shape, x.dtype)
        for x in sorted(read.values(), key=lambda x: x.number):
            if x.name in LEAVES and x.name != "input":
                inside[x.number] = graph.again(x, ())
            elif x.number not in inside:
                value = self.values[x.number]
                kind, name = (rows, "row") if isinstance(value, Batch) else (consts, "fixed")
                inside[x.number] = graph.input("step", f"{name}_{len(kind)}", x.shape, x.dtype)
                kind.append((inside[x.number], value.value if kind is rows else value))
        for x in core:
            if x.number not in inside:
                operands = (inside[y.number] if isinstance(y, Node) else y for y in x.inputs)
                inside[x.number] = graph.again(x, tuple(operands))
        body = Body(
            graph,
            tuple(x for x, _ in consts),
            tuple(inside[x.number] for x in carry),
            tuple(x for x, _ in rows),
            tuple(inside[x.number] for x in ends),
            tuple(inside[x.number] for x in stacked),
            (),
            self.body.primitives,
        )
        first = self.operands[len(self.body.consts) :][: len(carry)]
        given = [x for _, x in consts], first, [x for _, x in rows]
        return looped((body,), self.length, (), *given), body

    def _everywhere(self, x: Node) -> Any:
        """A result of every step, stacked."""
        value = self.values[x.number]
        if isinstance(value, Batch):
            return value.value
        return p.broadcast_to(value, shape=(self.length, *x.shape))

    def _total(self, x: Node) -> Any:
        """The sum of a result over all steps."""
        value = self.values[x.number]
        if not isinstance(value, Batch):
            return e.multiply(value, float(self.length))
        if is_call(x, "add", "subtract") and all(_alike(y, x) for y in x.inputs):
            return apply(PRIMITIVES[x.name], *map(self._total, x.inputs))
        if is_call(x, "negative"):
            return e.negative(self._total(x.inputs[0]))
        if is_call(x, "multiply") and number(x.inputs[1]) is not None and _alike(x.inputs[0], x):
            return e.multiply(self._total(x.inputs[0]), x.inputs[1])
        if is_call(x, "reshape", "transpose"):
            return apply(PRIMITIVES[x.name], self._total(x.inputs[0]), **x.static)
        if is_call(x, "matmul") and [len(y.shape) for y in x.inputs] == [2, 2]:
            return self._product(*x.inputs)
        return p.sum(value.value, axis=(0,), keepdims=False)

    def _product(self, x: Node, y: Node) -> Any:
        """Σ x y of matrices (n, m) and (m, k), as one product (n, T m) @ (T m, k)."""
        right = p.reshape(self._everywhere(y), shape=(self.length * y.shape[0], y.shape[1]))
        if is_call(x, "transpose"):
            inner = x.inputs[0]
            rows = p.reshape(
                self._everywhere(inner), shape=(self.length * inner.shape[0], inner.shape[1])
            )
            return p.matmul(p.transpose(rows, axes=(1, 0)), right)
        moved = p.transpose(self._everywhere(x), axes=(1, 0, 2))
        return p.matmul(p.reshape(moved, shape=(x.shape[0], self.length * x.shape[1])), right)


def _shared(step: Program, consts: tuple[Node, ...], given: tuple[Node, ...]) -> Program:
    """The step, whose constants are one where they are given the same."""
    first: dict[int, Node] = {}
    same = {x.number: first.setdefault(y.number, x) for x, y in zip(consts, given, strict=False)}

    def make(graph: Graph, node: Node, operands: tuple[Operand, ...]) -> Node:
        return graph.again(same.get(node.number, node), operands)

    return rebuild(step, make, Graph(loops=step.graph.loops))


def _alike(x: Any, like: Node) -> bool:
    return isinstance(x, Node) and (x.shape, x.dtype) == (like.shape, like.dtype)


def _cut(x: Any, where: slice) -> Any:
    return p.getitem(x, key=canonical((where,), x.shape))
