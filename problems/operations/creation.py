"""Arrays made of nothing but a shape, and of another dtype.

Floats that are made of Python numbers have the dtype of the loss, unless `dtype` says another.

Source: Python array API standard 2024.12, "Creation functions" and "Data type functions".
"""

from __future__ import annotations

from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name


def full(xp: Any, shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of one Python number; integers and truth values stay what they are."""
    if not isinstance(fill_value, bool | int | float):
        raise InputError("xp.full is for Python numbers; write xp.broadcast_to(x, shape)")
    zero = xp.reshape(xp.arange(1), ())
    if isinstance(fill_value, bool):
        number = (zero == 0) if fill_value else (zero != 0)
    else:
        number = zero + fill_value if isinstance(fill_value, int) else zero * 0.0 + fill_value
    made = number if dtype is None else xp.astype(number, dtype)
    return xp.broadcast_to(made, (shape,) if isinstance(shape, int) else tuple(shape))


def zeros(xp: Any, shape: Any, dtype: Any = None) -> Any:
    """Zeros, floats unless `dtype` says otherwise."""
    return xp.full(shape, 0.0, dtype=dtype)


def ones(xp: Any, shape: Any, dtype: Any = None) -> Any:
    """Ones, floats unless `dtype` says otherwise."""
    return xp.full(shape, 1.0, dtype=dtype)


def eye(xp: Any, n_rows: int, n_cols: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """A matrix of ones on the k-th diagonal, and zeros."""
    shape = (n_rows, n_rows if n_cols is None else n_cols)
    on = diagonals(xp, shape) == k
    return xp.where(on, xp.ones(shape, dtype=dtype), xp.zeros(shape, dtype=dtype))


def diagonals(xp: Any, shape: Any) -> Any:
    """On which diagonal each entry of a matrix lies: its column less its row."""
    rows, columns = shape
    return xp.arange(columns) - xp.expand_dims(xp.arange(rows), axis=1)


def linspace(
    xp: Any, start: Any, stop: Any, num: int, dtype: Any = None, endpoint: bool = True
) -> Any:
    """`num` floats from start to stop at equal distances; both ends are exact.

    Without `endpoint` the last is one distance before stop. start and stop: numbers, or arrays
    without axes.
    """
    part = (xp.arange(num) * 1.0) / float(max(num - 1 if endpoint else num, 1))
    found = start * (1.0 - part) + stop * part
    return found if dtype is None else xp.astype(found, dtype)


def meshgrid(xp: Any, *arrays: Any, indexing: str = "xy") -> list[Any]:
    """For each vector the coordinates on the grid that they span.

    indexing: "ij" has the axes in the vectors' order, "xy" has the first two exchanged.
    """
    if indexing not in ("xy", "ij"):
        raise InputError(f"xp.meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = 1, 0
    shape = tuple(arrays[i].shape[0] for i in order)
    lying = [
        tuple(n if order[a] == i else 1 for a, n in enumerate(shape)) for i in range(len(order))
    ]
    return [
        xp.broadcast_to(xp.reshape(x, own), shape) for x, own in zip(arrays, lying, strict=True)
    ]


FAMILY = Family(
    "creation",
    ("zeros_like", "ones_like", "arange", "astype"),
    by_name(full, zeros, ones, eye, linspace, meshgrid),
)
