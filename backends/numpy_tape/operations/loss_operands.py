"""What a loss may compute with: its own arrays and Python's numbers, and dtypes that stay.

Rules mix arrays of all kinds freely; a loss may not. An array from outside would be a constant that
no backend sees as an argument, and that a traced program would hold for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives.box import Box, Primitive, apply
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.problems import InputError


def checked(primitive: Primitive, *operands: Any, **static: Any) -> Any:
    """`apply`, for a loss: every array must be a box, and integers take the floats' dtype.

    NumPy would make float64 of int64 times float32, and of int64 / int64; here a result keeps the
    dtype of its floats, or takes that of the parameters.
    Raises: InputError that says what to wrap, or that an operand is not a number.
    """
    admitted = [admit(operand) for operand in operands]
    kinds = {x.dtype.kind for x in admitted if isinstance(x, Box)}
    if not kinds:
        raise InputError(f"{primitive.name} got Python numbers only; use the module math for them")
    if "f" in kinds and ("i" in kinds or "u" in kinds) and primitive.name in _MIXING:
        floating = max((x.dtype for x in admitted if _kind(x) == "f"), key=lambda d: d.itemsize)
        admitted = [apply(e.astype, x, dtype=floating) if _kind(x) in "iu" else x for x in admitted]
    try:
        result = apply(primitive, *admitted, **static)
    except (ValueError, IndexError, TypeError) as error:
        shapes = " and ".join(str(x.shape) for x in admitted if isinstance(x, Box))
        raise InputError(f"{primitive.name} of shapes {shapes}: {error}") from error
    if "f" not in kinds and result.dtype.kind == "f" and result.dtype != result.floating:
        return apply(e.astype, result, dtype=result.floating)
    return result


def admitting(primitive: Primitive) -> Callable[..., Any]:
    """The primitive as a function of what a loss has; see `checked`."""
    return lambda *operands: checked(primitive, *operands)


_MIXING = {*ELEMENTWISE, "matmul", "einsum", "concat"}


def _kind(x: Any) -> str:
    return str(x.dtype.kind) if isinstance(x, Box) else "-"


def admit(operand: Any) -> Any:
    """The operand if a loss may use it: a box, or a Python number; NumPy's scalars become those."""
    if isinstance(operand, Box | bool | int | float):
        return operand.item() if isinstance(operand, np.float64) else operand
    if isinstance(operand, np.generic) and operand.dtype.kind in "biuf":
        return _number(operand)
    if isinstance(operand, np.ndarray):
        raise InputError(
            f"a plain NumPy array of shape {operand.shape}, dtype {operand.dtype}, meets an array "
            "of the loss; pass it as data: draw returns it in Instance(params, data), and the loss "
            'reads data["name"]'
        )
    if isinstance(operand, complex):
        raise InputError(f"{operand} is complex, and its array is real: write xp.complex(re, im)")
    raise InputError(
        f"a loss computes with its arrays and with Python numbers, not with {_named(operand)}"
    )


def _number(scalar: np.generic) -> Any:
    number = scalar.item()
    if isinstance(number, np.generic):  # longdouble has no Python number that holds all of it
        if float(number) != number:
            raise InputError(f"{scalar!r} is no Python float; pass it as data")
        number = float(number)
    return number


def _named(operand: Any) -> str:
    return "None" if operand is None else f"a {type(operand).__name__}"
