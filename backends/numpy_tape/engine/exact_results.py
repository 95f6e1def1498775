"""A primitive's result without rounding, or with that of another dtype: for `perturbed.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.longdouble import products as extended_product
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.backends.numpy_tape.primitives.table import PICKING
from gradparity.problems import Array

PLAIN_PRODUCT = 1 << 30
"""Multiplications up to which a product is NumPy's, right entry by entry: seconds. The fast one
beyond is right relative to the largest entries of a row and a column."""


def is_rounded(number: Any) -> bool:
    """Whether a Python number changes when it becomes a float32."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(number) and float(np.float32(number)) != number)


def rounded_entries(x: Array) -> Array:
    """Where entries change when they become float32."""
    with np.errstate(over="ignore"):
        return x.astype(np.float32) != x


def in_range(x: Array, dtype: np.dtype[Any], above: bool) -> Array:
    """x with all its digits, but subnormal or 0 where it is so in dtype; if above, infinite too."""
    with np.errstate(all="ignore"):
        rounded = x.astype(dtype)
    normal = (np.isfinite(rounded) | (not above)) & (np.abs(x) >= np.finfo(dtype).smallest_normal)
    return np.where(normal, x, rounded.astype(x.dtype))


def squared(x: Array, dtype: np.dtype[Any]) -> Array:
    """x² as that dtype has it, infinite where it overflows."""
    with np.errstate(all="ignore"):
        return np.square(np.asarray(x, dtype))


def is_floating(x: Any) -> bool:
    """Whether it is an array, or an array's number, of floating point."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"


def widened(x: Any) -> Any:
    """In longdouble, if it is floating."""
    return np.asarray(x, np.longdouble) if is_floating(x) else x


def in_double(x: Any) -> Any:
    """In float64, if it is floating."""
    return x.astype(np.float64, copy=False) if is_floating(x) else x


def computed(
    primitive: Primitive, exact: list[Any], static: dict[str, Any], double: bool = False
) -> Any:
    """The primitive's result in longdouble, products with more digits; in float64 if double."""
    name = primitive.name
    if double:
        return primitive.numpy(*exact, **static)
    if name == "matmul":
        x, y = map(np.asarray, exact)
        by = _product(x.size * (y.shape[-1] if y.ndim > 1 else 1))
        return extended_product.of_any_rank(by, x, y)
    if name == "einsum" and len(exact) == 2:
        x, y = map(np.asarray, exact)
        by = _product(x.size * y.size)
        return extended_product.contract(static["subscripts"], x, y, product=by)
    if name not in PICKING:
        exact = [widened(x) for x in exact]
    return primitive.numpy(*exact, **static)


def _product(multiplications: int) -> extended_product.Product:
    small = multiplications <= PLAIN_PRODUCT
    return extended_product.plain if small else extended_product.matmul
