"""What people do wrongly in one step of the chain rule.

An alteration takes the adjoint g of a node's result and the contribution that the rule makes of it,
and returns a wrong contribution; one whose shapes do not fit raises, and is no hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.harness.judging.diagnosis.chain.altered_chain import Alter, Chain, Step
from gradparity.harness.judging.diagnosis.chain.mistaken_values import other_operands
from gradparity.harness.judging.diagnosis.chain.scatters import scatters
from gradparity.harness.judging.diagnosis.chain.wrong_derivatives import other_derivatives
from gradparity.problems import Array


def alterations(found: Chain, step: Step, own: bool = False) -> Iterator[tuple[str, str, Alter]]:
    """Yield (key, what is done wrongly, how) for one step of the chain rule.

    own: without those that put another value of the loss in the place of one.
    """
    k, j = step
    node = found.nodes[k]
    primitive, operands, _, static = node.call
    place, parent = node.parents[j]
    if primitive.name in ELEMENTWISE:
        yield from other_derivatives(found, step, own)
    if primitive.name in ("max", "min"):
        text = "every entry gets the adjoint, not the one alone that is chosen"
        yield "wrong-derivative", text, partial(_to_all, operands[0], static)
    if primitive.name == "cumulative_sum":
        text = "the sums of the adjoint are left out"
        yield "wrong-derivative", text, lambda g, part: g
        text = "the adjoint is summed from the front, not from the end"
        yield "wrong-derivative", text, lambda g, part: np.cumsum(g, axis=static.get("axis", 0))
    if primitive.name in ("take", "gather", "take_along_axis", "getitem"):
        yield from scatters(primitive.name, operands, static, parent.shape)
    yield from _other_sums(parent.shape)
    if not own:
        yield from other_operands(found, step)
    if primitive.name != "matmul":
        return
    x, y = operands
    if np.ndim(x) == np.ndim(y) == 2:
        yield (
            "transposed",
            "the product takes an operand without its transpose",
            (lambda g, part: g @ y) if place == 0 else (lambda g, part: x @ g),
        )
        yield "transposed", "the result of the product is transposed", lambda g, part: part.T
        yield (
            "transposed",
            "the incoming gradient is taken without its transpose",
            (lambda g, part: g.T @ y.T) if place == 0 else (lambda g, part: x.T @ g.T),
        )
        if place == 1:
            for key, text, left, right in (
                *(
                    ("off-by-one", f"the operand is one case {where} the gradient", left, right)
                    for where, left, right in (
                        ("behind", x[:-1], slice(1, None)),
                        ("ahead of", x[1:], slice(None, -1)),
                    )
                ),
                ("cases", "the first case is left out", x[1:], slice(1, None)),
                ("cases", "the last case is left out", x[:-1], slice(None, -1)),
            ):
                yield key, text, partial(_rows, left, right)
    elif np.ndim(x) + np.ndim(y) == 3:
        text = "the matrix is taken without its transpose"
        if place == 0 and np.ndim(y) == 2:
            yield "transposed", text, lambda g, part: g @ y
        if place == 1 and np.ndim(x) == 2:
            yield "transposed", text, lambda g, part: x @ g


def _other_sums(shape: tuple[int, ...]) -> Iterator[tuple[str, str, Alter]]:
    """What happens to the axes along which the operand was broadcast."""
    for text, how in (
        ("the first case alone is taken instead of the sum", lambda g: g[0]),
        ("the last case alone is taken instead of the sum", lambda g: g[-1]),
        ("the mean is taken instead of the sum", lambda g: g.mean(axis=0)),
    ):
        yield "broadcast-sum", text, partial(_reduced, shape, how)
    text = "one alone of the adjoints that are to be summed counts: if there is one, not how many"
    yield "broadcast-sum", text, partial(_largest, shape)
    text = "one adjoint counts for each entry, whether there are none to be summed or many"
    yield "broadcast-sum", text, partial(_one_each, shape)
    if len(shape) == 1:
        yield (
            "wrong-axis",
            "the sum runs over the last axis instead of the first",
            (lambda g, part: _square(part).sum(axis=-1)),
        )


def _rows(left: Array, right: slice, g: Array, part: Array) -> Array:
    return left.T @ g[right]


def _times(factor: Callable[[], Array], g: Array, part: Array) -> Array:
    return g * factor()


def _reduced(shape: tuple[int, ...], how: Callable[[Array], Array], g: Array, part: Array) -> Array:
    if part.ndim <= len(shape):
        raise ValueError("not broadcast along a leading axis")
    while part.ndim > len(shape):
        part = how(part)
    return part


def _largest(shape: tuple[int, ...], g: Array, part: Array) -> Array:
    """The largest of what broadcasting sums, in the place of the sum."""
    lead = part.ndim - len(shape)
    kept = [i for i in range(lead, part.ndim) if part.shape[i] == shape[i - lead]]
    axes = [i for i in range(part.ndim) if i not in kept]
    if not axes:
        raise ValueError("not broadcast")
    flat = np.transpose(part, (*kept, *axes)).reshape(*(part.shape[i] for i in kept), -1)
    at = np.argmax(np.abs(flat), axis=-1)[..., None]
    return np.take_along_axis(flat, at, axis=-1)[..., 0].reshape(shape)


def _one_each(shape: tuple[int, ...], g: Array, part: Array) -> Array:
    """The one adjoint that there is, wherever it is not 0, for each entry."""
    some = part[part != 0]
    if part.ndim < 1 or part.size == np.prod(shape) or not some.size or np.ptp(some):
        raise ValueError("not broadcast, or several adjoints")
    return np.full(shape, some[0])


def _to_all(x: Array, static: dict[str, Any], g: Array, part: Array) -> Array:
    axis = static.get("axis")
    if axis is not None and not static.get("keepdims"):
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, np.shape(x)) + np.zeros_like(x)


def _square(x: Array) -> Array:
    if x.ndim != 2:
        raise ValueError("not a matrix")
    return x
