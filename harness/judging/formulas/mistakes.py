"""What the backward of a kernel recomputes wrongly, read off from the steps of the function.

A mask one off, missing, or of whole blocks; a factor such as 1/√d missing or taken twice; a mean
that is not subtracted, or through which no gradient passes; eps outside a root instead of inside;
the maximum of another block. Each is (key, words, changes, whether row sums are as saved).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from gradparity.harness.judging.biases.hypotheses import BLOCKS
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.harness.judging.formulas.masks import mistaken_masks
from gradparity.harness.judging.formulas.recomputed import REDUCED, ChangedStep, Changes, put
from gradparity.problems import Array

_DIVISOR = "what a row is divided by"

_SMALL = 0.1
"""Up to here a number that is added before a root is taken for eps."""

FormulaMistake = tuple[str, str, Changes, bool]


def formula_mistakes(found: Chain) -> Iterator[FormulaMistake]:
    """Every mistake that the function leaves room for."""
    for key, text, changes in (
        *mistaken_masks(found),
        *_factors(found),
        *_roots(found),
        *_means(found),
    ):
        for saved in (True, False):
            yield key, text, changes, saved
    for text, changes in _maxima(found):
        yield "stale", text, changes, True
    for text, changes in _ways(found):
        yield "row-term", text, changes, False


def _factors(found: Chain) -> Iterator[tuple[str, str, Changes]]:
    """Numbers by which arrays are multiplied or divided, one by one, and all of one value."""
    alike: dict[float, list[tuple[int, int, bool]]] = defaultdict(list)
    lengths = {n for node in found.nodes for x in node.call[1] for n in np.shape(x) if n > 1}
    for k, node in enumerate(found.nodes):
        primitive, operands, z, _ = node.call
        if primitive.name not in ("multiply", "divide") or len(node.parents) != 1:
            continue
        place = 1 - node.parents[0][0]
        c = np.asarray(operands[place])
        if c.size != 1 or np.size(z) == 1 or (primitive.name == "divide" and place == 0):
            continue
        value = float(c.flat[0])
        if value not in (0.0, 1.0, -1.0) and math.isfinite(value):
            alike[value].append((k, place, primitive.name == "divide"))
    for value, places in _alone_and_together(alike):
        whole = math.prod(1 / value if divided else value for _, _, divided in places)
        named = next((f"1/√{n}" for n in sorted(lengths) if abs(whole * n**0.5 - 1) < 0.02), "")
        named = named or next((f"1/{n}" for n in sorted(lengths) if abs(whole * n - 1) < 0.02), "")
        text = f"the factor {named or f'{whole:.4g}'}"
        for what, other in (("is missing", 1.0), ("is taken twice", value * value)):
            # On the way back as well, or not; two alike are those of a product's operands.
            for back in (1.0, (value / other) ** len(places)):
                changes = {
                    k: _factor(place, other, 1 / back if divided else back)
                    for k, place, divided in places
                }
                yield "factor", f"{text} {what}", changes


def _factor(place: int, other: float, back: float) -> ChangedStep:
    return ChangedStep(partial(put, place, other), weights={1 - place: back})


def _alone_and_together(
    alike: dict[float, list[tuple[int, int, bool]]],
) -> Iterator[tuple[float, list[tuple[int, int, bool]]]]:
    for value, places in alike.items():
        yield value, places
        if len(places) > 1:
            yield from ((value, [one]) for one in places)


def _roots(found: Chain) -> Iterator[tuple[str, str, Changes]]:
    """eps inside a root, outside, or not at all."""
    for k, node in enumerate(found.nodes):
        eps = _small(node.call)
        if eps is None:
            continue
        root = next((i for i in _after(found, k) if found.nodes[i].call[0].name == "sqrt"), None)
        inside = [
            i
            for _, parent in node.parents
            if (i := found.number.get(id(parent))) is not None
            and found.nodes[i].call[0].name == "sqrt"
        ]
        none = ChangedStep(operands=partial(put, eps[0], 0.0))
        if root is not None:
            outside = {k: none, root: ChangedStep(result=partial(_more, eps[1]))}
            yield "factor", f"eps, {eps[1]:.3g}, stands outside of the root", outside
            yield "factor", f"eps, {eps[1]:.3g}, is missing under the root", {k: none}
        if inside:
            under = ChangedStep(operands=lambda xs, e=eps[1]: [xs[0] + e])  # type: ignore[misc]
            text = f"eps, {eps[1]:.3g}, stands inside of the root"
            yield "factor", text, {k: none, inside[0]: under}
            yield "factor", f"eps, {eps[1]:.3g}, beside the root is missing", {k: none}


def _small(call: Any) -> tuple[int, float] | None:
    """(place, value) of a small positive number that a node adds."""
    primitive, operands, _, _ = call
    if primitive.name == "add":
        for place in (0, 1):
            x = np.asarray(operands[place])
            if x.size == 1 and 0 < float(x.flat[0]) <= _SMALL and np.size(operands[1 - place]) > 1:
                return place, float(x.flat[0])
    return None


def _more(eps: float, x: Array) -> Array:
    return x + eps


def _after(found: Chain, k: int) -> Iterator[int]:
    """The nodes that use the result of node k, through those that only move numbers."""
    for i in range(k + 1, len(found.nodes)):
        if any(found.number.get(id(parent)) == k for _, parent in found.nodes[i].parents):
            if found.nodes[i].call[0].name in ("reshape", "broadcast_to", "transpose"):
                yield from _after(found, i)
            else:
                yield i


def _row_places(found: Chain, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """(node, place) where a number per row, made of a sum or a maximum, meets the row."""
    for k, node in enumerate(found.nodes):
        primitive, _, z, _ = node.call
        if primitive.name in names:
            for place, parent in node.parents:
                small = len(parent.shape) == np.ndim(z) and np.prod(parent.shape) < np.size(z)
                if small and _is_reduced(found, parent):
                    yield k, place


def _is_reduced(found: Chain, parent: Any) -> bool:
    at = found.number.get(id(parent))
    while at is not None:
        node = found.nodes[at]
        if node.call[0].name in REDUCED:
            return True
        if node.call[0].name not in ("reshape", "divide", "multiply", "broadcast_to"):
            return False
        at = found.number.get(id(node.parents[0][1]))
    return False


def _is_softmax(found: Chain, k: int) -> bool:
    return any(found.nodes[i].call[0].name == "exp" for i in _after(found, k))


def _shifts(found: Chain) -> list[int]:
    """The nodes that subtract a maximum before exp."""
    some = [k for k, node in enumerate(found.nodes) if node.call[0].name == "subtract"]
    return [k for k in some if _is_softmax(found, k)]


def _means(found: Chain) -> Iterator[tuple[str, str, Changes]]:
    means = [(k, at) for k, at in _row_places(found, ("subtract",)) if not _is_softmax(found, k)]
    change = {k: ChangedStep(partial(put, at, 0.0), weights={at: 0.0}) for k, at in means}
    for some in [list(change), *([k] for k in change if len(change) > 1)]:
        if some:
            yield "row-term", "the mean is not subtracted", {k: change[k] for k in some}


def _ways(found: Chain) -> Iterator[tuple[str, Changes]]:
    """The way back through a number per row, left out or taken twice."""
    means = [x for x in _row_places(found, ("subtract",)) if not _is_softmax(found, x[0])]
    roots = [(k, 0) for k, node in enumerate(found.nodes) if node.call[0].name == "sqrt"]
    kinds = (
        ("the mean", means),
        (_DIVISOR, list(_row_places(found, ("divide",)))),
        ("the root of a row's squares", roots),
    )
    for name, places in kinds:
        groups = [places, *([x] for x in places if len(places) > 1)]
        for some in filter(None, groups):
            for what, weight in (("is left out", 0.0), ("counts twice", 2.0)):
                changes = {k: ChangedStep(weights={at: weight}) for k, at in some}
                if name == _DIVISOR:  # where the sum counts once, the maximum cancels
                    changes |= {k: ChangedStep(weights={1: 0.0}) for k in _shifts(found)}
                yield f"the way back through {name} {what}", changes


def _maxima(found: Chain) -> Iterator[tuple[str, Changes]]:
    """A maximum that is subtracted before exp, of other numbers than the row's."""
    for k, node in enumerate(found.nodes):
        primitive, operands, _, _ = node.call
        if primitive.name != "subtract" or not _is_softmax(found, k):
            continue
        x, top = np.asarray(operands[0]), np.asarray(operands[1])
        axes = [i for i in range(top.ndim) if top.ndim == x.ndim and top.shape[i] < x.shape[i]]
        if len(axes) != 1 or not _near(x.max(axes[0], keepdims=True), top):
            continue
        (axis,) = axes
        for text, other in _tops(x, top, axis):
            yield text, {k: ChangedStep(operands=partial(put, 1, other))}


def _near(x: Array, y: Array) -> bool:
    """Whether a maximum is that of these numbers; a held one is of rounded numbers."""
    return bool(np.allclose(x, y, rtol=0.05, atol=0.05))


def _tops(x: Array, top: Array, axis: int) -> Iterator[tuple[str, Array]]:
    length = x.shape[axis]
    for b in BLOCKS:
        if b < length:
            first = np.take(x, range(b), axis).max(axis, keepdims=True)
            yield f"the maximum is that of the first block of {b}", _finite(first, top)
            last = np.take(x, range((length - 1) // b * b, length), axis).max(axis, keepdims=True)
            yield f"the maximum is that of the last block of {b}", _finite(last, top)
    if top.size > 1:
        rows = max(i for i in range(top.ndim) if top.shape[i] > 1)
        yield "the maximum is that of the row before", np.roll(top, 1, rows)
        yield "the maximum is that of the row behind", np.roll(top, -1, rows)


def _finite(x: Array, otherwise: Array) -> Array:
    return np.where(np.isfinite(x), x, otherwise)
