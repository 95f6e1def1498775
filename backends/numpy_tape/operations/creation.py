"""Arrays made of a shape alone, and arrays in another dtype.

What is created is an array of the loss: of the same interpreter as `like`, one of its parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.operations.arguments import array, shape_of
from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.operations.loss_operands import admit
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.problems import Array, InputError


def _like(value: int, x: Any, dtype: Any = None) -> Array:
    kind = np.dtype(array(x).dtype if dtype is None else dtype)
    return x.create(p.full, shape=x.shape, value=kind.type(value).item(), dtype=kind)


zeros_like, ones_like = partial(_like, 0), partial(_like, 1)


def astype(x: Any, dtype: Any) -> Array:
    """x in another dtype."""
    wanted = np.dtype(dtype)
    if wanted.kind == "c":
        raise InputError(f"{wanted} is complex; a loss computes with real numbers")
    return x if array(x).dtype == wanted else e.astype(x, dtype=wanted)


def arange(
    like: LossArray, start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None
) -> Array:
    """start, start + step, ... before stop; floats in `like.floating`."""
    first, last = (0, start) if stop is None else (start, stop)
    if any(isinstance(admit(x), LossArray) for x in (first, last, step)):
        raise InputError("xp.arange of an array: its length would depend on values")
    floats = any(isinstance(x, float) for x in (first, last, step))
    kind = np.dtype(dtype or (like.floating if floats else np.int64))
    count = math.ceil((last - first) / step)
    counted = like.create(p.arange, n=count if count > 0 else 0, dtype=kind)
    scaled = counted if step == 1 else counted * step
    return scaled if first == 0 else scaled + first


def full(like: LossArray, shape: Any, fill_value: Any, dtype: Any = None) -> Array:
    """An array of one Python number; floats in `like.floating`."""
    number = admit(fill_value)
    if isinstance(number, LossArray):
        raise InputError("xp.full is for Python numbers; write xp.broadcast_to(x, shape)")
    usual = np.bool_ if isinstance(number, bool) else np.int64
    kind = np.dtype(dtype or (like.floating if isinstance(number, float) else usual))
    return like.create(p.full, shape=shape_of(shape), value=kind.type(number).item(), dtype=kind)


OPERATIONS: dict[str, Callable[..., Array]] = {
    "zeros_like": zeros_like,
    "ones_like": ones_like,
    "astype": astype,
}
CREATING: dict[str, Callable[..., Array]] = {"arange": arange, "full": full}
"""Those that make an array of none: (like, arguments)."""
