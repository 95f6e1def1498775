"""What people do wrongly in one step of the chain rule.

An alteration takes the adjoint g of a node's result and the contribution that the rule makes of it,
and returns a wrong contribution; one whose shapes do not fit raises, and is no hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from gradparity.backends.numpy_tape.engine.elementwise import ELEMENTWISE
from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.harness.judging.diagnosis.altered_chain import Chain, Step
from gradparity.problems import Array

Alter = Callable[[Array, Array], Array]


def alterations(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    """Yield (key, what is done wrongly, how) for one step of the chain rule."""
    k, j = step
    node = found.nodes[k]
    primitive, operands, _, _ = node.call
    place, parent = node.parents[j]
    if primitive.name in ELEMENTWISE:
        yield from _other_derivatives(found, step)
    yield from _other_sums(parent.shape)
    yield from _other_operands(found, step)
    if primitive.name == "matmul" and np.ndim(operands[0]) == np.ndim(operands[1]) == 2:
        yield (
            "transposed",
            "the product takes an operand without its transpose",
            (
                (lambda g, part: g @ operands[1])
                if place == 0
                else (lambda g, part: operands[0] @ g)
            ),
        )
        yield "transposed", "the result of the product is transposed", lambda g, part: part.T
        if place == 1:
            x = operands[0]
            for key, text, left, right in (
                (
                    "off-by-one",
                    "the operand is one case behind the gradient",
                    x[:-1],
                    slice(1, None),
                ),
                (
                    "off-by-one",
                    "the operand is one case ahead of the gradient",
                    x[1:],
                    slice(None, -1),
                ),
                ("cases", "the first case is left out", x[1:], slice(1, None)),
                ("cases", "the last case is left out", x[:-1], slice(None, -1)),
            ):
                yield key, text, partial(_rows, left, right)


def _other_derivatives(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    k, j = step
    primitive, operands, z, static = found.nodes[k].call
    place = found.nodes[k].parents[j][0]
    x = operands[place]
    key = "wrong-derivative"
    yield key, "its derivative is left out", lambda g, part: g
    yield (
        key,
        "the sign of the incoming gradient is taken for its mask",
        lambda g, part: g * (g > 0),
    )
    if np.shape(x) != np.shape(z):
        return
    if len(operands) == 1:
        rule = adjoint_of(primitive)
        yield (
            key,
            "the derivative is taken at the result instead of the operand",
            (lambda g, part: rule(place, g, primitive(z, **static), (z,), static)),
        )
    for name, value in (("result", z), ("operand", x)):
        for text, factor in (
            (f"1 - y², y its {name}, is taken for the derivative", lambda y=value: 1 - y * y),
            (f"y(1 - y), y its {name}, is taken for the derivative", lambda y=value: y * (1 - y)),
            (f"1 - y, y its {name}, is taken for the derivative", lambda y=value: 1 - y),
            (
                f"1 - tanh(y)², y its {name}, is taken for the derivative",
                lambda y=value: 1 - np.tanh(y) ** 2,
            ),
            (
                f"2 sign(y), y its {name}, is taken for the derivative",
                lambda y=value: 2 * np.sign(y),
            ),
            (f"y², y its {name}, is taken for the derivative", lambda y=value: y * y),
            (f"y, its {name}, is taken for the derivative", lambda y=value: y),
            (f"1/y, y its {name}, is taken for the derivative", lambda y=value: 1 / y),
            (
                f"the step y > 0, y its {name}, is taken for the derivative",
                lambda y=value: 1.0 * (y > 0),
            ),
            (
                f"the step y ≤ 0, y its {name}, is taken for the derivative",
                lambda y=value: 1.0 * (y <= 0),
            ),
        ):
            yield key, text, partial(_times, factor)


def _other_sums(shape: tuple[int, ...]) -> Iterator[tuple[str, str, Alter]]:
    """What happens to the axes along which the operand was broadcast."""
    for text, how in (
        ("the first case alone is taken instead of the sum", lambda g: g[0]),
        ("the last case alone is taken instead of the sum", lambda g: g[-1]),
        ("the mean is taken instead of the sum", lambda g: g.mean(axis=0)),
    ):
        yield "broadcast-sum", text, partial(_reduced, shape, how)
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


def _square(x: Array) -> Array:
    if x.ndim != 2:
        raise ValueError("not a matrix")
    return x


def _other_operands(found: Chain, step: Step) -> Iterator[tuple[str, str, Alter]]:
    """Another value of the same shape in the place of one that the rule uses."""
    k, j = step
    primitive, operands, z, static = found.nodes[k].call
    place = found.nodes[k].parents[j][0]
    if primitive.name not in ("matmul", "multiply", "divide", "square", "tanh", "exp", "where"):
        return
    values = _values(found)
    for i, x in enumerate((*operands, z)):
        if np.ndim(x) == 0 and not isinstance(x, np.ndarray):
            continue
        for what, other in values:
            if other is x or other.shape != np.shape(x) or other.ndim == 0:
                continue

            def alter(g: Array, part: Array, i: int = i, other: Array = other) -> Array:
                changed = [other if n == i else y for n, y in enumerate((*operands, z))]
                return adjoint_of(primitive)(place, g, changed[-1], tuple(changed[:-1]), static)

            mistaken = "result" if i == len(operands) else f"operand {i + 1}"
            yield "stale", f"its {mistaken} is mistaken for {what}", alter


def _values(found: Chain) -> list[tuple[str, Array]]:
    """Each array that the loss computed or was given, once, with words for it."""
    seen: dict[int, tuple[str, Array]] = {}
    for k, node in enumerate(found.nodes):
        primitive, operands, z, _ = node.call
        for x in operands:
            if isinstance(x, np.ndarray) and x.ndim and x.dtype.kind == "f":
                seen.setdefault(id(x), (f"an operand of {primitive.name} (operation {k + 1})", x))
        seen[id(z)] = (f"the result of {primitive.name} (operation {k + 1})", z)
    return list(seen.values())
