"""What rewriting rules are given: a program being built, and what they may ask of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, PRIMITIVES
from gradparity.backends.numpy_tape.programs.program import Graph, Node, Operand, call_key

DEEP = 60
"""Operands of operands down to which a rule may go at once. What lies deeper is left as it is, and
is met by the next pass: a chain may be longer than Python's stack."""

Rule = Callable[..., "Node | None"]


def number(x: Operand) -> Any:
    """The Python number that an operand is, everywhere; None if it is not known to be one."""
    if not isinstance(x, Node):
        return x
    if x.name == "full" and isinstance(x.static["value"], bool | int | float):
        return x.static["value"]
    return None


def is_call(x: Operand, *names: str) -> bool:
    """Whether an operand is the result of one of these primitives."""
    return isinstance(x, Node) and x.name in names


class Builder:
    """Makes nodes of a graph, simplified.

    memo: call -> its node: a rule that goes down to the operands meets each of them once, however
    many ways lead there. settled: the nodes that are what `make` makes of their own call.
    """

    def __init__(self, graph: Graph, rules: dict[str, tuple[Rule, ...]]) -> None:
        self.graph, self.rules = graph, rules
        self.memo: dict[Any, Node] = {}
        self.settled: set[Node] = set()
        self._depth = 0

    def make(self, name: str, /, *inputs: Operand, **static: Any) -> Node:
        """A node of the same shape, dtype and meaning as the call."""
        key = call_key(name, inputs, static)
        known = self.memo.get(key)
        if known is not None:
            return known
        if self._depth == DEEP:
            return self.graph.node(name, *inputs, **static)
        self._depth += 1
        made = self._better(name, inputs, static)
        self._depth -= 1
        if made is None:
            made = self.graph.keyed(key, name, inputs, static)
            self.settled.add(made)
        self.memo[key] = made
        return made

    def _better(
        self, name: str, inputs: tuple[Operand, ...], static: dict[str, Any]
    ) -> Node | None:
        """What a rule makes of a call; None if the call is as good as any."""
        before = inputs
        if name in ELEMENTWISE and name != "astype" and any(map(_is_wide, inputs)):
            found = self._folded(name, inputs) or self._narrowed(name, inputs)
            if found is not None:
                return found
            inputs = self._plain(name, inputs)
        for rule in self.rules.get(name, ()):
            better = rule(self, *inputs, **static)
            if better is not None:
                return better
        return None if inputs is before else self.graph.node(name, *inputs, **static)

    def full(self, like: Node, value: Any) -> Node:
        """An array of one value, in the shape and dtype of `like`."""
        return self.graph.full(like.shape, value, like.dtype)

    def shaped(self, x: Node, shape: tuple[int, ...]) -> Node:
        """x broadcast to a shape, if it has not got it."""
        if x.shape == shape:
            return x
        if x.size == math.prod(shape):
            return self.make("reshape", x, shape=shape)
        return self.make("broadcast_to", x, shape=shape)

    def _folded(self, name: str, inputs: tuple[Operand, ...]) -> Node | None:
        """The result of a call on known numbers."""
        if any(number(x) is None for x in inputs) or not any(isinstance(x, Node) for x in inputs):
            return None
        known = [x.dtype.type(x.static["value"]) if isinstance(x, Node) else x for x in inputs]
        hollow = self.graph.node(name, *inputs)
        with np.errstate(all="ignore"):
            value = PRIMITIVES[name].numpy(*known)
        return self.graph.full(hollow.shape, value, hollow.dtype)

    def _narrowed(self, name: str, inputs: tuple[Operand, ...]) -> Node | None:
        """f(broadcast x, broadcast y) = broadcast f(x, y)."""
        if not any(is_call(x, "broadcast_to", "full") or _number_shaped(x) for x in inputs):
            return None
        wide = self.graph.node(name, *inputs)
        inner = [_source(x, wide.shape) for x in inputs]
        narrow = self.graph.node(name, *inner)
        if narrow.dtype != wide.dtype:
            return None
        if narrow.shape == wide.shape and list(inner) == list(inputs):
            return None
        return self.shaped(self.make(name, *inner), wide.shape)

    def _plain(self, name: str, inputs: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """The operands with numbers in place of arrays of one value, where that changes nothing."""
        if not any(is_call(x, "full") for x in inputs):
            return inputs
        before = self.graph.node(name, *inputs)
        for place, x in enumerate(inputs):
            value = number(x) if isinstance(x, Node) else None
            if value is None or (name == "where" and place == 0):
                continue
            changed = (*inputs[:place], value, *inputs[place + 1 :])
            after = self.graph.node(name, *changed)
            if after.shape == before.shape and after.dtype == before.dtype:
                inputs = changed
        return inputs


def _source(x: Operand, shape: tuple[int, ...]) -> Operand:
    """The operand without a broadcast, or as a number where it is one."""
    if is_call(x, "broadcast_to") or _number_shaped(x):
        return x.inputs[0]
    value = number(x)
    return x if value is None or not isinstance(x, Node) or x.shape == () else value


def _is_wide(x: Operand) -> bool:
    """Whether x may be a number, or an array of fewer entries, repeated."""
    return isinstance(x, Node) and x.name in ("full", "broadcast_to", "reshape")


def _number_shaped(x: Operand) -> bool:
    """Whether x is a number that was given axes of length 1."""
    return is_call(x, "reshape") and x.inputs[0].shape == ()
