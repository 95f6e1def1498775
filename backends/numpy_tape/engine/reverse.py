"""Reverse mode: remember what was computed, then apply the chain rule from the end to the start.

A *node* is one call of a primitive on the way from the parameters to the loss. The *tape* is the
list of nodes in the order in which they were made, so an operand's node always stands before its
result's. A *reverse box* is a value and its node; a value that no parameter had a part in has no
node, and costs nothing.

Write ḡ for the derivative of the loss with respect to the result of a node, its *adjoint*. For
y = f(x) the chain rule says x̄ += ḡ ∂f/∂x, which is what `REVERSE_RULES` states for each primitive.
Walking the tape backwards, a node's adjoint is complete when the walk reaches it: everything that
used the result was made later. So each node is visited once, the cost is that of the loss times a
small constant, and nothing is recursive.
"""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Box, Primitive, apply, create
from gradparity.backends.numpy_tape.primitives.self_ruled import SelfRuled
from gradparity.backends.numpy_tape.primitives.shapes import unbroadcast
from gradparity.backends.numpy_tape.primitives.table import FLAT
from gradparity.problems import Array, InputError

_KEPT = "the loss kept an array of an earlier call; a loss is a function of its arguments alone"


class TapeNode:
    """One call of a primitive, and the adjoint of its result as far as it is known.

    call: (primitive, operands, result, static); None for a parameter.
    parents: (place among the operands, node) of the operands that have a node.
    """

    __slots__ = ("adjoint", "call", "dtype", "keys", "parents", "pieces", "shape")

    def __init__(self, value: Array, call: Any = None, parents: Any = ()) -> None:
        self.shape, self.dtype = value.shape, value.dtype
        self.call, self.parents = call, parents
        self.adjoint: Array | None = None
        self.pieces: list[Array] = []
        self.keys: list[Any] = []

    def receive(self, g: Array) -> None:
        """Add g, of a shape that the result was broadcast to, to the adjoint."""
        g = unbroadcast(g, self.shape)
        if g.dtype != self.dtype:
            g = e.astype(g, dtype=self.dtype)
        self.adjoint = g if self.adjoint is None else e.add(self.adjoint, g)

    def receive_piece(self, g: Array, key: Any) -> None:
        """Add g to the part of the adjoint at `key`; pieces are kept until all are known."""
        self.pieces.append(g)
        self.keys.append(key)

    def collect(self) -> Array | None:
        """The whole adjoint, None if it is zero; all pieces are scattered in one pass."""
        if self.pieces:
            pieces, keys = tuple(self.pieces), tuple(self.keys)
            self.pieces, self.keys = [], []
            self.receive(p.scatter_slices(*pieces, keys=keys, shape=self.shape))
        return self.adjoint


class Tape:
    """The nodes of one differentiation, in the order in which they were made.

    level, floating: as of its boxes, see `LossArray`.
    """

    __slots__ = ("floating", "level", "nodes")

    def __init__(self, level: int, floating: Any) -> None:
        self.level, self.floating = level, floating
        self.nodes: list[TapeNode] = []


class ReverseBox(LossArray):
    """An array that remembers how it was computed; node is None for a constant."""

    __slots__ = ("floating", "level", "node", "tape", "value")

    def __init__(self, value: Array, tape: Tape, node: TapeNode | None = None) -> None:
        self.value, self.tape, self.node = value, tape, node
        self.level, self.floating = tape.level, tape.floating

    def constant(self, value: Array) -> ReverseBox:
        """See `LossArray.constant`."""
        return ReverseBox(value, self.tape)

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> ReverseBox:
        """Compute the result below, and put a node on the tape if it depends on a parameter."""
        values, parents = [], []
        for place, x in enumerate(operands):
            if isinstance(x, ReverseBox) and x.level == self.level:
                if x.tape is not self.tape:
                    raise InputError(_KEPT)
                values.append(x.value)
                if x.node is not None:
                    parents.append((place, x.node))
            else:
                values.append(x)
        result = apply(primitive, *values, **static)
        node = None
        if isinstance(primitive, SelfRuled):
            static = primitive.told(static, tuple(place for place, _ in parents))
        if parents and primitive.name not in FLAT and result.dtype.kind == "f":
            node = TapeNode(result, (primitive, values, result, static), parents)
            self.tape.nodes.append(node)
        return ReverseBox(result, self.tape, node)


def backward(tape: Tape) -> None:
    """Bring every parameter's adjoint up to date, from what the results have received.

    The tape is used up: each node's values are let go as soon as they have served.
    """
    while tape.nodes:
        node = tape.nodes.pop()
        g = node.collect()
        if g is None:
            continue
        primitive, operands, result, static = node.call
        if isinstance(result, Box):
            g = result.taken_back(g)
        for place, parent in node.parents:
            if primitive is p.getitem:
                parent.receive_piece(g, static["key"])
            else:
                parent.receive(adjoint_of(primitive)(place, g, result, operands, static))
        node.call = node.adjoint = None


def gradient_of(end: ReverseBox, parameters: list[ReverseBox], seed: Array | None = None) -> Any:
    """Adjoint times Jacobian: for each parameter, Σ seed · ∂end/∂parameter, of its shape.

    seed: of the shape of `end`; ones if it is None. Uses up the tape.
    """
    if end.node is not None:
        if seed is None:
            seed = create(end.value, p.full, shape=end.shape, value=1.0, dtype=end.dtype)
        end.node.receive(seed)
        backward(end.tape)
    gradients = []
    for x in parameters:
        g = None
        if x.node is not None:
            g, x.node.adjoint = x.node.collect(), None
        if g is None:
            g = create(x.value, p.full, shape=x.shape, value=0.0, dtype=x.dtype)
        gradients.append(g)
    return gradients
