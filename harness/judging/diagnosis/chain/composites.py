"""Several operations that are one function: 1/(1 + exp(-z)) is a sigmoid, however it is written.

A node z dominates a later node s if every way from s back to the parameters goes through z; then s
is a function of z alone. Where both have one shape, its values tell which: a composite is a pair
(s, z) whose values are those of a known function, and one step of the chain rule that may be done
wrongly like any other.

Source of the search: Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm (2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse import TapeNode
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.problems import Array

# How far up from a result an operand is looked for, in nodes that dominate it.
_FAR = 12
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Composite:
    """A known function over several operations. name: of it. top: the number of its last node.

    bottom: the node of its operand. x, y: the values of operand and result. axis: along which its
    entries belong together; -1 where they do not.
    """

    name: str
    top: int
    bottom: TapeNode
    x: Array
    y: Array
    axis: int = -1


def sigmoid(x: Array) -> Array:
    """1/(1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softmax(x: Array, axis: int) -> Array:
    """exp(x) over its sum along an axis, without overflow."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return np.asarray(e / np.sum(e, axis=axis, keepdims=True))


def _softmax(axis: int) -> Callable[[Array], Array]:
    return lambda x: softmax(x, axis)


def _softmax_outside(axis: int) -> Callable[[Array], Array]:
    """exp(x) / (1 + Σ exp(x)): the shares of a choice that may also fall on nothing."""

    def function(x: Array) -> Array:
        top = np.maximum(np.max(x, axis=axis, keepdims=True), 0)
        e = np.exp(x - top)
        return e / (np.exp(-top) + np.sum(e, axis=axis, keepdims=True))

    return function


def _logs_of(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda x: np.log(function(x))


_KNOWN: dict[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(x, 0),
    "log of the sigmoid": lambda x: -np.logaddexp(-x, 0),
    "1 - sigmoid": lambda x: sigmoid(-x),
    "z sigmoid(z)": lambda x: x * sigmoid(x),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "log cosh": lambda x: np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2.0),
    "log(1 + z²)": lambda x: np.log1p(np.square(x)),
    "sqrt(1 + z²)": lambda x: np.hypot(1.0, x),
    "exp": np.exp,
    "log": np.log,
    "square": np.square,
    "square root": np.sqrt,
    "reciprocal": lambda x: 1 / x,
}
_OF_ROWS: dict[str, Callable[[int], Callable[[Array], Array]]] = {
    "softmax": _softmax,
    "softmax with an outside option": _softmax_outside,
    "log of the softmax": lambda axis: _logs_of(_softmax(axis)),
}


def composites(found: Chain) -> Iterator[Composite]:
    """Yield the composites of a loss, the nearest to it first."""
    above = _dominators(found)
    values = _values(found)
    for k in range(len(found.nodes) - 1, -1, -1):
        top = found.nodes[k]
        found.deadline.keep()
        bottom = above.get(id(top))
        for _ in range(_FAR):
            if bottom is None:
                break
            direct = all(parent is bottom for _, parent in top.parents) and len(top.parents) == 1
            x = values.get(id(bottom))
            if not direct and x is not None and bottom.shape == top.shape and x.size:
                name, axis = _named(x, top.call[2])
                if not name and top.call[0].name == "where":
                    name = "where"
                if name:
                    yield Composite(name, k, bottom, x, top.call[2], axis)
            bottom = above.get(id(bottom))


def _named(x: Array, y: Array) -> tuple[str, int]:
    """The function that makes y of x, and its axis; "" if none or several do, as where all is 0."""
    if _equal(x, y):
        return "", -1
    low, high = np.min(y), np.max(y)
    if low < high and np.any(x < low) and np.any(x > high) and np.all(np.clip(x, low, high) == y):
        return "clip", -1
    with np.errstate(all="ignore"):
        names = [name for name, function in _KNOWN.items() if _equal(function(x), y)]
        if names:
            return (names[0], -1) if len(names) == 1 else ("", -1)
        for name, makes in _OF_ROWS.items():
            for axis in range(np.ndim(x)):
                if x.shape[axis] > 1 and _equal(makes(axis)(x), y):
                    return name, axis
    return "", -1


def _equal(supposed: Array, y: Array) -> bool:
    return bool(np.all(np.abs(supposed - y) <= _ROUNDING * np.abs(y)))


def _values(found: Chain) -> dict[int, Array]:
    """The value of every node, by its id."""
    values = {id(node): node.call[2] for node in found.nodes}
    for node in found.nodes:
        for place, parent in node.parents:
            values.setdefault(id(parent), node.call[1][place])
    return values


def _dominators(found: Chain) -> dict[int, TapeNode | None]:
    """The nearest node that dominates each, by its id; None where only all parameters do."""
    above: dict[int, TapeNode | None] = {id(node): None for node in found.parameters.values()}
    depth = dict.fromkeys(above, 1)
    for node in found.nodes:
        nearest: TapeNode | None = None
        for i, (_, parent) in enumerate(node.parents):
            nearest = parent if i == 0 else _common(nearest, parent, above, depth)
        above[id(node)] = nearest
        depth[id(node)] = 1 + (depth[id(nearest)] if nearest is not None else 0)
    return above


def _common(
    a: TapeNode | None, b: TapeNode | None, above: dict[int, TapeNode | None], depth: dict[int, int]
) -> TapeNode | None:
    while a is not b and a is not None and b is not None:
        if depth[id(a)] >= depth[id(b)]:
            a = above[id(a)]
        else:
            b = above[id(b)]
    return a if a is b else None
