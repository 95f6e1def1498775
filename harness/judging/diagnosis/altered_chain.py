"""The gradient of a loss with one step of the chain rule altered on purpose.

The loss is written down once on the tape (`backends/numpy_tape/engine/reverse.py`). A walk then
applies the chain rule from the end to the start, as `reverse.backward` does, but leaves the tape as
it is and lets steps be done otherwise, each from a node (number k on the tape) to one operand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradparity.backends.numpy_tape.engine import primitive as p
from gradparity.backends.numpy_tape.engine.loss_call import scalar, taped
from gradparity.backends.numpy_tape.engine.reverse import TapeNode
from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.backends.numpy_tape.engine.shapes import unbroadcast
from gradparity.problems import Array, Arrays, Loss

Step = tuple[int, int]
"""(number of the node on the tape, number of the operand among those that have a node)."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A loss as it was computed: its nodes in order, the end, and the parameters' nodes."""

    nodes: list[TapeNode]
    end: TapeNode
    parameters: dict[str, TapeNode]

    def name(self, k: int) -> str:
        """Return the name of the operation of node k."""
        return str(self.nodes[k].call[0].name)

    @property
    def work(self) -> int:
        """The multiplications of the loss, about: entries, and those of products of matrices."""
        total = 0
        for node in self.nodes:
            primitive, operands, _, _ = node.call
            inner = np.shape(operands[0])[-1] if primitive.name == "matmul" else 8
            total += math.prod(node.shape) * inner
        return max(1, total)

    def walk(self, altered: Callable[[int, int, Array, Array], Array]) -> Arrays:
        """Return the gradient by parameter; altered(k, j, g, part) replaces each contribution.

        k, j: see `Step`. g: the adjoint of the node's result. part: what the rule makes of it.
        """
        adjoints: dict[int, Array] = {id(self.end): np.ones((), self.end.dtype)}
        for k in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[k]
            g = adjoints.pop(id(node), None)
            if g is None:
                continue
            for j, (place, parent) in enumerate(node.parents):
                part = self._contribution(node, place, parent, g)
                part = unbroadcast(altered(k, j, g, part), parent.shape)
                before = adjoints.get(id(parent))
                adjoints[id(parent)] = part if before is None else before + part
        return {
            name: adjoints.get(id(node), np.zeros(node.shape, node.dtype))
            for name, node in self.parameters.items()
        }

    def _contribution(self, node: TapeNode, place: int, parent: TapeNode, g: Array) -> Array:
        primitive, operands, result, static = node.call
        if primitive is p.getitem:
            return p.scatter_slices(g, keys=(static["key"],), shape=parent.shape)
        return adjoint_of(primitive)(place, g, result, operands, static)


def chain(loss: Loss, params: Arrays, data: Arrays) -> Chain | None:
    """Return the chain of a loss at these arrays; None if no parameter has a part in it."""
    result, boxes = taped(loss, params, data)
    end = scalar(result)
    if end.node is None:
        return None
    parameters = {name: box.node for name, box in boxes.items() if box.node is not None}
    return Chain(list(end.tape.nodes), end.node, parameters)
