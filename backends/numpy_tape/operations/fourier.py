"""The Fourier transform along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.operations.arguments import array, axes_of
from gradparity.backends.numpy_tape.operations.loss_operands import checked
from gradparity.backends.numpy_tape.primitives import transforms
from gradparity.problems import Array, InputError


def fourier(x: Any, axis: int = -2, inverse: bool = False) -> Array:
    """The transform of an array whose last axis holds the parts; see problems/operations."""
    along = axes_of(axis, array(x).ndim)[0]
    if x.shape[-1] != 2 or along == x.ndim - 1:
        raise InputError(f"xp.fourier along axis {axis} of shape {x.shape}: the last has the parts")
    return checked(transforms.fourier, x, axis=along - x.ndim, inverse=bool(inverse))


OPERATIONS: dict[str, Callable[..., Array]] = {"fourier": fourier}
