"""The dependencies of a program's output, operation by operation, at one point.

An operation's result depends on all that its operands' entries depend on that it reads, whatever
their values: a product with 0 counts. Indices are those of this point. What has no rule here, as a
decomposition of a matrix or a loop, depends in every entry on all that its operands depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, FLAT, PRIMITIVES
from gradparity.backends.numpy_tape.programs.program import Node, Program
from gradparity.backends.numpy_tape.sparse.pattern import Pattern, numbered, union
from gradparity.problems import Array, Arrays, InputError


def dependencies(program: Program, output: str, arrays: Mapping[str, Arrays]) -> Pattern:
    """The pattern of an output; arrays: "params" and "data", as the program's inputs name them.

    Raises: InputError where an index is the result of a loop.
    """
    first, columns = 0, {}
    for name, x in arrays["params"].items():
        columns[name] = first
        first += np.size(x)
    found: dict[int, Pattern] = {}
    values: dict[int, Array] = {}

    def value(node: Any) -> Any:
        if not isinstance(node, Node):
            return node
        if node.number not in values:
            values[node.number] = _value(node, arrays, value)
        return values[node.number]

    for node in program.nodes:
        if node.name == "input" and node.static["group"] == "params":
            found[node.number] = Pattern.own(node.shape, columns[node.static["name"]])
            continue
        given = [found[x.number] if isinstance(x, Node) else Pattern.none(()) for x in node.inputs]
        if not any(x.entry.size for x in given) or node.name in FLAT:
            found[node.number] = Pattern.none(node.shape)
        elif node.name in ELEMENTWISE:
            found[node.number] = _together(node, [x.spread(node.shape) for x in given])
        elif node.name in _RULES:
            found[node.number] = _RULES[node.name](node, given, value)
        else:
            found[node.number] = _together(node, [x.everywhere(node.shape) for x in given])
    return found[program.outputs[output].number]


def _value(node: Node, arrays: Mapping[str, Arrays], value: Callable[[Any], Any]) -> Array:
    """The result of an operation that an index depends on."""
    if node.name == "input":
        return np.asarray(arrays[node.static["group"]][node.static["name"]])
    if node.name == "constant":
        made = np.frombuffer(node.static["data"], node.static["dtype"])
        return made.reshape(node.static["shape"])
    if node.name not in PRIMITIVES:
        raise InputError(
            f"an index is the result of a loop ({node.name}), which a sparse Jacobian does not "
            "follow; ask for the dense one"
        )
    operands = [value(x) for x in node.inputs]
    return np.asarray(PRIMITIVES[node.name].numpy(*operands, **node.static))


def _together(node: Node, given: list[Pattern]) -> Pattern:
    return union(node.shape, [(x.entry, x.column) for x in given])


def _moved(node: Node, given: list[Pattern], value: Any) -> Pattern:
    """Entries in another place: the operation, done to their numbers."""
    x, indices = given[0], [value(i) for i in node.inputs[1:]]
    source = PRIMITIVES[node.name].numpy(numbered(x.shape), *indices, **node.static)
    return x.picked(np.asarray(source))


def _joined(node: Node, given: list[Pattern], value: Any) -> Pattern:
    """Arrays one behind the other: each is put where its numbers go."""
    parts, sources, first = [], [], 0
    for x in given:
        sources.append(numbered(x.shape) + first)
        parts.append((x.entry + first, x.column))
        first += x.size
    order = PRIMITIVES["concat"].numpy(*sources, **node.static)
    return union((first,), parts).picked(np.asarray(order))


def _added(reader: str) -> Callable[..., Pattern]:
    """Entries added into an array of zeros: where `reader`, the adjoint, reads them."""

    def rule(node: Node, given: list[Pattern], value: Any) -> Pattern:
        static = {key: x for key, x in node.static.items() if key != "shape"}
        indices = [value(i) for i in node.inputs[1:]]
        target = PRIMITIVES[reader].numpy(numbered(node.shape), *indices, **static)
        return given[0].put(np.broadcast_to(target, given[0].shape), node.shape)

    return rule


def _slices(node: Node, given: list[Pattern], value: Any) -> Pattern:
    pairs = []
    for x, key in zip(given, node.static["keys"], strict=True):
        target = PRIMITIVES["getitem"].numpy(numbered(node.shape), key=key)
        put = x.put(np.broadcast_to(target, x.shape), node.shape)
        pairs.append((put.entry, put.column))
    return union(node.shape, pairs)


def _reduced(node: Node, given: list[Pattern], value: Any) -> Pattern:
    axes = node.static["axis"]
    axes = (axes,) if isinstance(axes, int) else axes
    return given[0].reduced(axes, node.static.get("keepdims", False))


def _running(node: Node, given: list[Pattern], value: Any) -> Pattern:
    """A running sum; that an entry does not depend on later ones is not used."""
    return given[0].reduced((node.static["axis"] % len(node.shape),)).spread(node.shape)


def _product(node: Node, given: list[Pattern], value: Any) -> Pattern:
    left, right = given
    a = left.reduced((len(left.shape) - 1,), keepdims=len(right.shape) > 1)
    b = right.reduced((max(len(right.shape) - 2, 0),), keepdims=len(left.shape) > 1)
    return _together(node, [a.spread(node.shape), b.spread(node.shape)])


def _contracted(node: Node, given: list[Pattern], value: Any) -> Pattern:
    read, written = node.static["subscripts"].replace(" ", "").split("->")
    lengths = {
        letter: n
        for word, x in zip(read.split(","), given, strict=True)
        for letter, n in zip(word, x.shape, strict=True)
    }
    parts = []
    for word, x in zip(read.split(","), given, strict=True):
        kept = tuple(lengths[letter] if letter in word else 1 for letter in written)
        places = np.indices(x.shape).reshape(len(word), -1)
        zeros = np.zeros(x.size, np.int64)
        where = [places[word.index(c)] if c in word else zeros for c in written]
        target = np.ravel_multi_index(where, kept) if written else zeros
        parts.append(x.put(target, kept).spread(node.shape))
    return _together(node, parts)


_RULES: dict[str, Callable[..., Pattern]] = {
    **dict.fromkeys(
        ("reshape", "broadcast_to", "transpose", "flip", "roll", "getitem", "gather", "take"),
        _moved,
    ),
    "take_along_axis": _moved,
    "concat": _joined,
    "scatter_add": _added("gather"),
    "take_add": _added("take"),
    "add_along_axis": _added("take_along_axis"),
    "scatter_slices": _slices,
    **dict.fromkeys(("sum", "prod", "max", "min"), _reduced),
    "cumulative_sum": _running,
    "matmul": _product,
    "einsum": _contracted,
    "argsort": lambda node, given, value: Pattern.none(node.shape),
}
"""primitive -> rule(node, patterns of its operands, value of a node)."""
