"""Another derivative in the place of the right one, of an operation or of a composite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.harness.judging.diagnosis.chain.altered_chain import Alter, Chain, Step
from gradparity.harness.judging.diagnosis.chain.composites import Composite, sigmoid
from gradparity.harness.judging.diagnosis.chain.mistaken_values import values_of
from gradparity.problems import Array

LEFT_OUT = "its derivative is left out"

_KINKED = ("maximum", "minimum", "where", "abs", "multiply")
"""Operations of which an activation with a kink is made."""

SLOPES: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("y(1 - y)", lambda y: y * (1 - y)),
    ("1 - y²", lambda y: 1 - y * y),
    ("the step y > 0", lambda y: 1.0 * (y > 0)),
)
"""What people take for the slope of an activation with the result y."""


def other_derivatives(
    found: Chain, step: Step, own: bool = False
) -> Iterator[tuple[str, str, Alter]]:
    """Yield (key, what is done wrongly, how) for a step of an elementwise operation."""
    k, j = step
    primitive, operands, z, static = found.nodes[k].call
    place = found.nodes[k].parents[j][0]
    x = operands[place]
    key = "wrong-derivative"
    yield key, LEFT_OUT, lambda g, part: g
    if primitive.name in _KINKED or len(operands) == 1:
        text = "the sign of the incoming gradient is taken for its mask"
        yield key, text, lambda g, part: g * (g > 0)
    if primitive.name == "power":
        yield from _of_power(operands, z, place)
    if len(operands) == 2 and primitive.name in ("multiply", "divide"):
        other = operands[1 - place]
        yield key, f"{LEFT_OUT}, but for a sign that is wrong", lambda g, part: -g
        if primitive.name == "multiply":
            yield key, "it divides by the other operand", lambda g, part: g / other
        else:
            yield key, "it multiplies by the other operand", lambda g, part: g * other
        yield key, "the square of the other operand is taken", lambda g, part: g * other * other
        if primitive.name == "divide" and place == 1:
            text = "the square in the derivative of a quotient is forgotten"
            yield key, text, lambda g, part: part * x
    if np.shape(x) != np.shape(z):
        return
    if len(operands) == 1:
        rule = adjoint_of(primitive)
        yield (
            key,
            "the derivative is taken at the result instead of the operand",
            (lambda g, part: rule(place, g, primitive(z, **static), (z,), static)),
        )
    for text, factor in _factors(x, z):
        yield key, text, partial(_times, factor)
    if len(operands) == 1 and not own:
        for what, y in values_of(found):
            if y is not z and _fits(y, z):
                for text, function in SLOPES:
                    words = f"{text}, y {what}, is taken for the derivative"
                    yield key, words, partial(_times, partial(function, y))


def _of_power(operands: Any, z: Array, place: int) -> Iterator[tuple[str, str, Alter]]:
    """What is done wrongly with x to the power of y: y x^(y-1), and x^y log x."""
    key, x, y = "wrong-derivative", operands[0], operands[1]
    if place == 0:
        text = "the exponent is not lowered by one power"
        yield key, "the exponent as a factor is left out", lambda g, part: part / y
    else:
        text = "the exponent is raised by one power"
        yield key, "the logarithm of the base is left out", lambda g, part: g * z
        yield key, "the logarithm of the base stands alone", lambda g, part: g * np.log(x)
    yield key, text, lambda g, part: part * x
    yield key, "the exponent is lowered by one power too many", lambda g, part: part / x


def of_composite(
    found: Chain, one: Composite, own: bool = False
) -> Iterator[tuple[str, str, Callable[[Array], Array]]]:
    """Yield (key, what is done wrongly, what becomes of the adjoint) for a composite.

    own: without those that put another value of the loss in the place of one.
    """
    key = "wrong-derivative"
    yield key, LEFT_OUT, lambda g: g
    if one.name.startswith("softmax"):
        yield from _of_softmax(one)
    for text, factor in _factors(one.x, one.y):
        yield key, text, partial(_times, factor, part=None)
    if own:
        return
    for what, other in values_of(found):
        if other is not one.y and other is not one.x and _fits(other, one.y):
            for text, function in SLOPES:
                words = f"{text}, y {what}, is taken for the derivative"
                yield key, words, partial(_times, partial(function, other), part=None)


def _of_softmax(one: Composite) -> Iterator[tuple[str, str, Callable[[Array], Array]]]:
    """What is done wrongly with its Jacobian, diag(y) - y yᵀ for each row."""
    key, y = "wrong-derivative", one.y
    text = "the diagonal of its Jacobian alone is taken, y(1 - y)"
    yield key, text, lambda g: g * y * (1 - y)
    others = [axis for axis in range(y.ndim) if axis != one.axis]
    for axis in (*others, None) if others else ():
        over = "all axes" if axis is None else f"axis {axis}"
        text = f"its sum runs over {over} instead of axis {one.axis}"
        yield "wrong-axis", text, partial(_softmax_back, y, axis)
    yield key, "the sum in its derivative is left out", lambda g: g * y
    text = "the entry itself is left out of its derivative, as where p - y is taken for p"
    yield key, text, lambda g: _softmax_back(y, one.axis, g) - g * y


def _softmax_back(y: Array, axis: int | None, g: Array) -> Array:
    return np.asarray(y * (g - np.sum(g * y, axis=axis, keepdims=True)))


def _factors(x: Array, z: Array) -> Iterator[tuple[str, Callable[[], Array]]]:
    """What is taken for the derivative of a function of the same shape: words, and the array."""
    for name, value in (("result", z), ("operand", x)):
        for text, function in (
            ("1 - y², y", lambda y: 1 - y * y),
            ("y(1 - y), y", lambda y: y * (1 - y)),
            ("1 - y, y", lambda y: 1 - y),
            ("1 - tanh(y)², y", lambda y: 1 - np.tanh(y) ** 2),
            ("s(1 - s), s the sigmoid of", lambda y: sigmoid(y) * sigmoid(-y)),
            ("the sigmoid of", sigmoid),
            ("2 sign(y), y", lambda y: 2 * np.sign(y)),
            ("y², y", lambda y: y * y),
            ("y,", lambda y: y),
            ("1/y, y", lambda y: 1 / y),
            ("1/y², y", lambda y: 1 / (y * y)),
            ("1/√(1 - y²), y", lambda y: 1 / np.sqrt(1 - y * y)),
            ("exp(y), y", np.exp),
            ("sin(y), y", np.sin),
            ("cos(y), y", np.cos),
            ("-cos(y), y", lambda y: -np.cos(y)),
            ("the step y > 0, y", lambda y: 1.0 * (y > 0)),
            ("the step y ≤ 0, y", lambda y: 1.0 * (y <= 0)),
        ):
            yield f"{text} its {name}, is taken for the derivative", partial(function, value)


def _fits(x: Array, y: Array) -> bool:
    """Whether x times y has y's shape."""
    pairs = zip(reversed(x.shape), reversed(y.shape), strict=False)
    return 0 < x.ndim <= y.ndim and all(m in (1, n) for m, n in pairs)


def _times(factor: Callable[[], Array], g: Array, part: Any) -> Array:
    return g * factor()
