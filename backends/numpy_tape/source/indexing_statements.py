"""How the primitives of indexing are written as NumPy statements: write(writer, node)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gradparity.backends.numpy_tape.primitives.keys import indexer
from gradparity.backends.numpy_tape.programs.program import Node
from gradparity.backends.numpy_tape.source.literals import literal
from gradparity.backends.numpy_tape.source.writer import Writer, key_text

SMALL = 1 << 16


def _getitem(w: Writer, node: Node) -> None:
    text = f"{w.ref(node.inputs[0])}[{key_text(node.static['key'])}]"
    if node.shape == ():
        w.local(node, text)
        return
    w.view(node, text, "part", contiguous=False)


def _scatter_slices(w: Writer, node: Node) -> None:
    texts = [w.ref(x) for x in node.inputs]
    keys = node.static["keys"]
    out = w.out(node)
    assigned, gaps = _disjoint(keys, node.shape)
    if gaps:
        w.say(f"{out}.fill(0.0)")
    for text, key in zip(texts, keys, strict=True):
        part = f"{out}[{key_text(key)}]"
        if assigned:
            w.say(f"{part} = {text}")
        else:
            w.say(f"{part} += {text}")


def _disjoint(keys: tuple[tuple[object, ...], ...], shape: tuple[int, ...]) -> tuple[bool, bool]:
    """(no entry is in two keys, some entry is in no key or in two)."""
    rows = shape[0] if shape else 1
    if all(len(key) == 1 for key in keys):
        shape = (rows,)
    elif math.prod(shape) > SMALL:
        return False, True
    hits = np.zeros(shape, np.int32)
    for key in keys:
        hits[indexer(key)] += 1
    return bool((hits <= 1).all()), bool((hits != 1).any())


def _gather(w: Writer, node: Node) -> None:
    text, *indices = (w.ref(x) for x in node.inputs)
    key = ", ".join([":"] * node.static["axis"] + indices)
    if node.shape == ():
        w.local(node, f"{text}[{key}]")
        return
    w.say(f"{w.out(node)}[...] = {text}[{key}]")


def _scatter_add(w: Writer, node: Node) -> None:
    text, *indices = (w.ref(x) for x in node.inputs)
    out = w.out(node)
    w.say(f"{out}.fill(0.0)")
    key = ", ".join([":"] * node.static["axis"] + indices)
    _add_at(w, node, out, f"{{}}[{key}]", key, text)


def _add_at(w: Writer, node: Node, out: str, chosen: str, key: str, text: str) -> None:
    """Add entries to `out`, as often as a place is named: at `key`, if `out` is a vector.

    Else at the places that `chosen` picks from the numbers of all entries: NumPy adds to a vector
    at least twice as fast as to an array of several axes, and ten times where rows are short.
    """
    if len(node.shape) == 1 and len(node.inputs[0].shape) == 1:
        w.say(f"np.add.at({out}, {key}, {text})")
        return
    numbers = w.fixed(f"np.arange({node.size}).reshape({node.shape})", f"{out}_places")
    flat = w.flat(w.places[node.number], node)
    w.say(f"np.add.at({flat}, {chosen.format(numbers)}.reshape(-1), {text}.reshape(-1))")


def _take(w: Writer, node: Node) -> None:
    text, index = (w.ref(x) for x in node.inputs)
    if node.shape == ():
        w.local(node, f"np.take({text}, {index}, {node.static['axis']})")
        return
    w.say(f"{w.out(node)}[...] = np.take({text}, {index}, {node.static['axis']})")


def _spread(w: Writer, x: Node, index: Node, axis: int) -> str | None:
    """The key of one entry per line of a matrix, as text; None if there is not one per line."""
    if len(x.shape) != 2 or index.shape[axis] != 1 or index.shape[1 - axis] != x.shape[1 - axis]:
        return None
    lines = x.shape[1 - axis]
    count = w.fixed(f"np.arange({lines})", f"count_{lines}")
    place = w.place(index)
    labels = place.text if index.name != "reshape" else _source(w, index)
    return f"{labels}, {count}" if axis == 0 else f"{count}, {labels}"


def _source(w: Writer, index: Node) -> str:
    source = index.inputs[0]
    if len(source.shape) == 1:
        return w.ref(source)
    return f"{w.ref(index)}.reshape(-1)"


def _take_along_axis(w: Writer, node: Node) -> None:
    x, index = node.inputs
    axis = node.static["axis"]
    text = w.ref(x)
    key = _spread(w, x, index, axis) if index.name == "reshape" else None
    out = w.out(node)
    if key is None:
        w.say(f"{out}[...] = np.take_along_axis({text}, {w.ref(index)}, {axis})")
        return
    w.say(f"{w.flat(w.places[node.number], node)}[...] = {text}[{key}]")


def _add_along_axis(w: Writer, node: Node) -> None:
    g, index = node.inputs
    text = w.ref(g)
    axis = node.static["axis"]
    out = w.out(node)
    w.say(f"{out}.fill(0.0)")
    _along(w, node, out, g, text, index, axis)


def _add_along(w: Writer, node: Node) -> None:
    y, g, index = node.inputs
    start, text = w.ref(y), w.ref(g)
    out = w.out(node, (y,))
    if out != start:
        w.say(f"{out}[...] = {start}")
    _along(w, node, out, g, text, index, node.static["axis"])


def _along(w: Writer, node: Node, out: str, g: Node, text: str, index: Node, axis: int) -> None:
    key = _spread(w, node, index, axis) if index.name == "reshape" else None
    if key is not None:
        value = literal(g.static["value"]) if g.name == "full" else f"{text}.reshape(-1)"
        w.say(f"{out}[{key}] += {value}")
        return
    chosen = f"np.take_along_axis({{}}, {w.ref(index)}, {axis})"
    _add_at(w, node, out, chosen, w.ref(index), text)


def _tied(w: Writer, node: Node) -> None:
    ties, g = node.inputs
    mask, text = w.ref(ties), w.ref(g)
    out = w.out(node)
    places, owners = w.name("places"), w.name("owners")
    w.say(f"{places} = np.flatnonzero({mask})")
    w.say(f"{owners} = {places} // {ties.size // g.size}", "the row of each")
    w.say(f"{out}.fill(0.0)")
    shares = f"{text}.reshape(-1)[{owners}] / np.bincount({owners})[{owners}]"
    w.say(f"{w.flat(w.places[node.number], node)}[{places}] = {shares}")


INDEXING: dict[str, Callable[[Writer, Node], None]] = {
    "getitem": _getitem,
    "scatter_slices": _scatter_slices,
    "gather": _gather,
    "scatter_add": _scatter_add,
    "take": _take,
    "take_add": _scatter_add,
    "take_along_axis": _take_along_axis,
    "add_along_axis": _add_along_axis,
    "add_along": _add_along,
    "tied": _tied,
}
