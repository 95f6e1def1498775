"""A loss, called on boxes: what goes in, and what may come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse import ReverseBox, Tape, TapeNode
from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.operations.namespace import namespace
from gradparity.backends.numpy_tape.primitives.box import Box, level_of
from gradparity.problems import Array, Arrays, InputError, Loss
from gradparity.problems.operations.values.complex_array import ComplexArray


def taped(loss: Loss, params: Arrays, data: Arrays) -> tuple[ReverseBox, dict[str, ReverseBox]]:
    """The result of a loss on reverse boxes, and the boxes of its parameters."""
    tape = Tape(above(params, data), dtype(params))
    boxes: dict[str, ReverseBox] = {}

    def boxed(name: str | None, x: Array) -> ReverseBox:
        box = ReverseBox(x, tape, None if name is None else TapeNode(x))
        if name is not None:
            boxes[name] = box
        return box

    return call(loss, params, data, boxed), boxes


def above(*groups: Mapping[str, Any]) -> int:
    """A level above all of these arrays."""
    return 1 + max((level_of(x) for group in groups for x in group.values()), default=0)


def call(
    loss: Loss, params: Arrays, data: Arrays, boxed: Callable[[str | None, Array], Any]
) -> Any:
    """The loss on boxes: boxed(name, x) for a parameter, boxed(None, x) for data."""
    inner = {name: boxed(name, parameter(name, x)) for name, x in params.items()}
    outer = {name: boxed(None, _plain(name, x)) for name, x in data.items()}
    like = next(iter(inner.values()))
    result = loss(namespace(like), inner, outer)
    if isinstance(result, ComplexArray):
        raise InputError("the loss is complex; a loss is one real number: write xp.abs or xp.real")
    if not isinstance(result, LossArray):
        kind = type(result).__name__
        raise InputError(f"the loss returned a {kind}, not an array computed from its arguments")
    return result


def dtype(params: Arrays) -> Any:
    """The dtype of the first parameter; InputError if there is none."""
    if not params:
        raise InputError("the loss has no parameters to differentiate by")
    name, x = next(iter(params.items()))
    return parameter(name, x).dtype


def _plain(name: str, x: Any) -> Array:
    """The array, real or integer; InputError otherwise."""
    x = x if isinstance(x, Box) else np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise InputError(f"{name!r} is an array of {x.dtype}; a loss computes with real numbers")
    return x


def parameter(name: str, x: Any) -> Array:
    """The parameter; InputError unless it is an array of floats."""
    x = _plain(name, x)
    if x.dtype.kind != "f":
        raise InputError(
            f"parameter {name!r} is an array of {x.dtype}, which has no derivative; "
            "make it floating, or pass it as data"
        )
    return x


def check_direction(params: Arrays, direction: Arrays) -> None:
    """InputError unless each entry of a direction belongs to a parameter of its shape."""
    for name, tangent in direction.items():
        if name not in params:
            raise InputError(f"direction {name!r} is no parameter; known: {', '.join(params)}")
        if tangent.shape != params[name].shape:
            raise InputError(
                f"the direction of {name!r} has shape {tangent.shape}, "
                f"the parameter {params[name].shape}"
            )


def scalar(result: Any) -> Any:
    """The result of a loss; InputError unless it is one floating number."""
    if result.shape != ():
        raise InputError(
            f"the loss returned an array of shape {result.shape}, not a scalar; write xp.sum(...)"
        )
    if result.dtype.kind != "f":
        raise InputError(f"the loss returned {result.dtype}, which has no derivative")
    return result
