"""Shape and dtype of a primitive's result, from those of its operands: no array is computed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, ON_ARRAYS, RECORDS
from gradparity.problems.namespace import require

Shape = tuple[int, ...]


def result_type(
    name: str, inputs: tuple[Any, ...], static: dict[str, Any]
) -> tuple[Shape, np.dtype[Any]]:
    """(shape, dtype) of primitive `name`; operands have shape and dtype, or are Python numbers."""
    if name in ("input", "constant", "full"):
        return tuple(static["shape"]), np.dtype(static["dtype"])
    if name == "scan":
        return (static["size"],), np.dtype(static["dtype"])
    if name == "arange":
        return (static["n"],), np.dtype(static["dtype"])
    if name == "vdot":
        return (), inputs[0].dtype
    if name == "add_along":
        return inputs[0].shape, inputs[0].dtype
    if name == "tied":
        return inputs[0].shape, inputs[1].dtype
    if name == "astype":
        return inputs[0].shape, np.dtype(static["dtype"])
    if name in ELEMENTWISE:
        kinds = tuple([(x.shape, x.dtype) if hasattr(x, "dtype") else type(x) for x in inputs])
        return _elementwise(name, kinds)
    shapes = [getattr(x, "shape", ()) for x in inputs]
    shape, dtype = RESULTS[name]
    return tuple(shape(shapes, static)), dtype(inputs)


_NO_AXES: frozenset[Shape] = frozenset([()])


@functools.lru_cache(1 << 12)
def _elementwise(name: str, operands: tuple[Any, ...]) -> tuple[Shape, np.dtype[Any]]:
    """Of operands that are (shape, dtype), or the type of a Python number."""
    different = {x[0] for x in operands if isinstance(x, tuple)} - _NO_AXES
    shape = different.pop() if different else ()
    if different:
        shape = np.broadcast_shapes(shape, *different)
    kinds = tuple([x[1] if isinstance(x, tuple) else x for x in operands])
    return shape, _elementwise_dtype(name, kinds)


@functools.cache
def _elementwise_dtype(name: str, kinds: tuple[Any, ...]) -> np.dtype[Any]:
    operands = [np.ones((1,), kind) if isinstance(kind, np.dtype) else kind(1) for kind in kinds]
    with np.errstate(all="ignore"):
        result = ELEMENTWISE[name].numpy(*operands)
    dtype: np.dtype[Any] = np.asarray(result).dtype
    return dtype


def _first(inputs: tuple[Any, ...]) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(inputs[0].dtype)
    return dtype


def _common(inputs: tuple[Any, ...]) -> np.dtype[Any]:
    common: np.dtype[Any] = np.result_type(*(x.dtype for x in inputs))
    return common


def _of_a_sum(inputs: tuple[Any, ...]) -> np.dtype[Any]:
    """NumPy adds up small integers in large ones."""
    dtype = _first(inputs)
    if dtype.kind in "biu":
        return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)
    return dtype


def _reduced(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    axes = static["axis"]
    if static.get("keepdims", False):
        return tuple(1 if a in axes else n for a, n in enumerate(shapes[0]))
    return tuple(n for a, n in enumerate(shapes[0]) if a not in axes)


def _matmul(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    x, y = shapes
    if not x or not y:
        raise ValueError("a matrix product needs at least one axis on both sides")
    inner = y[0] if len(y) == 1 else y[-2]
    if x[-1] != inner:
        raise ValueError(f"a matrix product of shapes {x} and {y}: {x[-1]} is not {inner}")
    rows, columns = x[-2:-1], y[-1:] if len(y) > 1 else ()
    return (*np.broadcast_shapes(x[:-2], y[:-2]), *rows, *columns)


def _einsum(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    left, right = static["subscripts"].replace(" ", "").split("->")
    lengths: dict[str, int] = {}
    for letters, shape in zip(left.split(","), shapes, strict=True):
        for letter, n in zip(letters, shape, strict=True):
            lengths[letter] = max(n, lengths.get(letter, 1))
    return tuple(lengths[letter] for letter in right)


def _take(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    x, i = shapes
    axis = static["axis"]
    return (*x[:axis], *i, *x[axis + 1 :])


def _gather(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    x, indices, axis = shapes[0], shapes[1:], static["axis"]
    return (*x[:axis], *np.broadcast_shapes(*indices), *x[axis + len(indices) :])


def _along(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    x, i = shapes
    axis = static["axis"]
    return tuple(i[a] if a == axis else max(n, i[a]) for a, n in enumerate(x))


def _same(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    return shapes[0]


def _given(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    return tuple(static["shape"])


def _rearranged(name: str) -> Callable[[list[Shape], dict[str, Any]], Shape]:
    """NumPy's answer: it rearranges an array that has no storage."""

    def shape(shapes: list[Shape], static: dict[str, Any]) -> Shape:
        hollow = np.broadcast_to(np.zeros(()), shapes[0])
        return tuple(ON_ARRAYS[name].numpy(hollow, **static).shape)

    return shape


def _concat(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    axis = static["axis"]
    before, after = shapes[0][:axis], shapes[0][axis + 1 :]
    if any((shape[:axis], shape[axis + 1 :]) != (before, after) for shape in shapes):
        # They do not fit, and NumPy says which.
        np.concatenate([np.broadcast_to(np.zeros(()), shape) for shape in shapes], axis=axis)
    return (*before, sum(shape[axis] for shape in shapes), *after)


RESULTS: dict[str, tuple[Callable[..., Shape], Callable[..., np.dtype[Any]]]] = {
    **{name: (record.shape, record.dtype) for name, record in RECORDS.items()},
    **dict.fromkeys(("sum", "prod"), (_reduced, _of_a_sum)),
    **dict.fromkeys(("max", "min"), (_reduced, _first)),
    "cumulative_sum": (_same, _of_a_sum),
    **dict.fromkeys(("flip", "roll"), (_same, _first)),
    **{name: (_rearranged(name), _first) for name in ("reshape", "transpose", "getitem")},
    "concat": (_concat, _common),
    "scatter_slices": (_given, _common),
    **dict.fromkeys(
        ("scatter_add", "take_add", "add_along_axis", "broadcast_to"), (_given, _first)
    ),
    "matmul": (_matmul, _common),
    "einsum": (_einsum, _common),
    "take": (_take, _first),
    "gather": (_gather, _first),
    "take_along_axis": (_along, _first),
}
"""Of the result: (shapes of the operands, statics) -> its shape; (operands) -> its dtype."""
require("RESULTS in backends/numpy_tape/programs/shape_rules.py", RESULTS, ON_ARRAYS)
