"""The gradient of a loss with one step of the chain rule altered on purpose.

The loss is written down once on the tape (`backends/numpy_tape/engine/reverse.py`). A walk then
applies the chain rule from the end to the start, as `reverse.backward` does, but leaves the tape as
it is and lets steps be done otherwise, each from a node (number k on the tape) to one operand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.loss_call import scalar, taped
from gradparity.backends.numpy_tape.engine.reverse import TapeNode
from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.shapes import unbroadcast
from gradparity.harness.judging.diagnosis.evidence.deadline import Deadline
from gradparity.problems import Array, Arrays, Loss

Step = tuple[int, int]
"""(number of the node on the tape, number of the operand among those that have a node)."""

Altered = Callable[[int, int, Array, Array], Array]
"""altered(k, j, g, part) -> what step (k, j) contributes; g: the adjoint of the node's result;
part: what the rule makes of it."""

Alter = Callable[[Array, Array], Array]
"""alter(g, part) -> what one step contributes, see `Altered`; raises where shapes do not fit."""

Bypass = dict[int, tuple[TapeNode, Callable[[Array], Array]]]
"""Number of a node -> an earlier node, and what reaches that of the adjoint, past all between."""

Repeated = tuple[str, str, Altered, Bypass]
"""(key, what is done wrongly and where, how: altered steps, and nodes that are passed by)."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A loss as it was computed: its nodes in order, the end, and the parameters' nodes.

    data: the arrays of data, by name.
    """

    nodes: list[TapeNode]
    end: TapeNode
    parameters: dict[str, TapeNode]
    deadline: Deadline
    data: Arrays = field(default_factory=dict)

    @cached_property
    def steps(self) -> list[Step]:
        """Every step, the nearest to the loss first."""
        last = range(len(self.nodes) - 1, -1, -1)
        return [(k, j) for k in last for j in range(len(self.nodes[k].parents))]

    def name(self, k: int) -> str:
        """Return the operation of node k, and which of its name it is: "tanh (the 2nd of 3)"."""
        names = [node.call[0].name for node in self.nodes]
        same = [i for i, name in enumerate(names) if name == names[k]]
        if len(same) == 1:
            return str(names[k])
        return f"{names[k]} (number {same.index(k) + 1} of {len(same)})"

    def owner(self, x: Array) -> str:
        """Return the parameter whose array, or a view of all of it, this is; "" if none."""
        for name, node in self._owners:
            if node is x:
                return name
        return ""

    def origin(self, x: Array) -> str:
        """Return where an array comes from: a parameter's name, "a matmul", a number, "data"."""
        if owner := self.owner(x):
            return owner
        k = self.made.get(id(x))
        if k is None:
            return f"{float(x):.6g}" if np.ndim(x) == 0 else "data"
        name = str(self.nodes[k].call[0].name)
        return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"

    @cached_property
    def names(self) -> dict[int, str]:
        """The name of each array of data with axes, by its id."""
        return {id(x): name for name, x in self.data.items() if np.ndim(x)}

    @cached_property
    def made(self) -> dict[int, int]:
        """The number of the node that made each array, by the array's id."""
        return {id(node.call[2]): k for k, node in enumerate(self.nodes)}

    @cached_property
    def above(self) -> list[int]:
        """Of each node, as bits, the numbers of those that it depends on, its own included."""
        above: list[int] = []
        for k, node in enumerate(self.nodes):
            bits = 1 << k
            for _, parent in node.parents:
                at = self.number.get(id(parent))
                bits |= 0 if at is None else above[at]
            above.append(bits)
        return above

    @cached_property
    def _owners(self) -> list[tuple[str, Array]]:
        """Arrays that hold a parameter's entries, moved about."""
        owner = {id(node): name for name, node in self.parameters.items()}
        found: list[tuple[str, Array]] = []
        for node in self.nodes:
            primitive, operands, z, _ = node.call
            for place, parent in node.parents:
                if id(parent) in owner and not any(operands[place] is x for _, x in found):
                    found.append((owner[id(parent)], operands[place]))
            moving = primitive.name in ("transpose", "reshape", "broadcast_to")
            if moving and id(node.parents[0][1]) in owner:
                owner[id(node)] = owner[id(node.parents[0][1])]
                found.append((owner[id(node)], z))
        return found

    @cached_property
    def adjoints(self) -> dict[int, Array]:
        """The true adjoint of every node, by its id."""
        adjoints: dict[int, Array] = {id(self.end): np.ones((), self.end.dtype)}
        self._walk(adjoints, self.nodes, unaltered, keep=True)
        return adjoints

    def walk(self, altered: Altered, bypass: Bypass | None = None) -> Arrays:
        """Return the gradient by parameter, with `altered` in place of each contribution.

        Raises: OutOfTimeError.
        """
        adjoints: dict[int, Array] = {id(self.end): np.ones((), self.end.dtype)}
        self._walk(adjoints, self.nodes, altered, bypass=bypass or {})
        return {
            name: adjoints.get(id(node), np.zeros(node.shape, node.dtype))
            for name, node in self.parameters.items()
        }

    def within(self, top: int, bottom: TapeNode, g: Array) -> Array:
        """Return the adjoint that reaches `bottom` from node `top` alone, whose adjoint is g."""
        first = self.number.get(id(bottom), -1) + 1
        adjoints = {id(self.nodes[top]): g}
        self._walk(adjoints, self.nodes[first : top + 1], unaltered)
        return adjoints.get(id(bottom), np.zeros(bottom.shape, bottom.dtype))

    @cached_property
    def number(self) -> dict[int, int]:
        """The number of each node on the tape, by its id."""
        return {id(node): k for k, node in enumerate(self.nodes)}

    def _walk(
        self,
        adjoints: dict[int, Array],
        nodes: list[TapeNode],
        altered: Altered,
        keep: bool = False,
        bypass: Bypass | None = None,
    ) -> None:
        first = self.number[id(nodes[0])] if nodes else 0
        for k in range(len(nodes) - 1, -1, -1):
            node = nodes[k]
            g = adjoints.get(id(node)) if keep else adjoints.pop(id(node), None)
            if g is None:
                continue
            self.deadline.keep()
            if bypass and first + k in bypass:
                bottom, change = bypass[first + k]
                _receive(adjoints, bottom, change(g))
                continue
            for j, (_, parent) in enumerate(node.parents):
                part = self.contribution(node, j, g)
                _receive(adjoints, parent, altered(first + k, j, g, part))

    def contribution(self, node: TapeNode, j: int, g: Array) -> Array:
        """Return what the rule makes of the adjoint g of a node, for its j-th parent."""
        place, parent = node.parents[j]
        primitive, operands, result, static = node.call
        if primitive is p.getitem:
            return p.scatter_slices(g, keys=(static["key"],), shape=parent.shape)
        return adjoint_of(primitive)(place, g, result, operands, static)


def _receive(adjoints: dict[int, Array], node: TapeNode, part: Array) -> None:
    part = unbroadcast(part, node.shape)
    before = adjoints.get(id(node))
    adjoints[id(node)] = part if before is None else before + part


def at_steps(at: Mapping[Step, Alter]) -> Altered:
    """Return `Altered` with these steps done otherwise, each in its own way."""

    def altered(k: int, j: int, g: Array, part: Array) -> Array:
        alter = at.get((k, j))
        return part if alter is None else alter(g, part)

    return altered


def met_otherwise(found: Chain, step: Step, place: int, other: Any, g: Array, part: Array) -> Array:
    """Return what a step contributes if it meets another value at one place of its operands."""
    primitive, operands, z, static = found.nodes[step[0]].call
    changed = tuple(other if i == place else x for i, x in enumerate(operands))
    own = found.nodes[step[0]].parents[step[1]][0]
    return np.asarray(adjoint_of(primitive)(own, g, z, changed, static))


def unaltered(k: int, j: int, g: Array, part: Array) -> Array:
    """Return the part as it is."""
    return part


def chain(loss: Loss, params: Arrays, data: Arrays, deadline: Deadline) -> Chain | None:
    """Return the chain of a loss at these arrays; None if no parameter has a part in it."""
    result, boxes = taped(loss, params, data)
    end = scalar(result)
    if end.node is None:
        return None
    parameters = {name: box.node for name, box in boxes.items() if box.node is not None}
    return Chain(list(end.tape.nodes), end.node, parameters, deadline, data)
