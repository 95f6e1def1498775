"""Operations on constants that NumPy computes bitwise as JAX does, without compiling anything.

JAX compiles an operation for each shape that it meets, which takes some 25 ms: of a solver's loop,
a second for numbers that no parameter has a part in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradparity.problems import Array

_ON_NUMBERS: dict[str, Callable[..., Array]] = {
    **{"add": np.add, "add_any": np.add, "sub": np.subtract, "mul": np.multiply},
    **{"neg": np.negative, "abs": np.abs, "max": np.maximum, "min": np.minimum},
    **{"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal},
    **{"eq": np.equal, "ne": np.not_equal},
    **{"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert},
}


def _counted(params: Any) -> Array:
    shape, axis = params["shape"], params["dimension"]
    lengths = [n if a == axis else 1 for a, n in enumerate(shape)]
    count = np.arange(shape[axis]).astype(params["dtype"]).reshape(lengths)
    return np.broadcast_to(count, shape)


def _window(params: Any, x: Array, *starts: Array) -> Array:
    """What JAX cuts out: a start too far on is taken back."""
    sizes = params["slice_sizes"]
    places = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, x.shape, sizes, strict=True)]
    return x[tuple(slice(s, s + k) for s, k in zip(places, sizes, strict=True))]


def _sliced(params: Any, x: Array) -> Array:
    starts, ends = params["start_indices"], params["limit_indices"]
    steps = params["strides"] or (1,) * x.ndim
    return x[tuple(map(slice, starts, ends, steps))]


_MOVED: dict[str, Callable[..., Array]] = {
    "iota": _counted,
    "slice": _sliced,
    "dynamic_slice": _window,
    "transpose": lambda params, x: np.transpose(x, params["permutation"]),
    "rev": lambda params, x: np.flip(x, params["dimensions"]),
    "concatenate": lambda params, *arrays: np.concatenate(arrays, params["dimension"]),
    "reduce_or": lambda params, x: np.bitwise_or.reduce(x, tuple(params["axes"])),
    "reduce_and": lambda params, x: np.bitwise_and.reduce(x, tuple(params["axes"])),
}
"""What moves entries about, and counts: (the equation's parameters, arrays) -> the result."""


def exactly(eqn: Any, inputs: Sequence[Any]) -> Array | None:
    """The result of an equation of constants; None where NumPy may differ from JAX."""
    dtypes = [getattr(x, "dtype", None) for x in inputs]
    if not all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes):
        return None
    arrays = [np.asarray(x) for x in inputs]
    found = _computed(eqn, arrays)
    if found is None:
        return None
    variable = eqn.outvars[0].aval
    matches = found.shape == variable.shape and found.dtype == variable.dtype
    return found if matches else None


def _computed(eqn: Any, arrays: list[Array]) -> Array | None:
    name, params = eqn.primitive.name, eqn.params
    if name in _MOVED:
        return np.asarray(_MOVED[name](params, *arrays))
    x = arrays[0] if arrays else None
    with np.errstate(all="ignore"):
        if name in _ON_NUMBERS:
            return np.asarray(_ON_NUMBERS[name](*arrays))
        if x is None:
            return None
        if name == "div" and x.dtype.kind == "f":
            return np.asarray(x / arrays[1])
        if name == "select_n" and x.dtype.kind == "b":
            return np.where(x, arrays[2], arrays[1])
        if name == "convert_element_type" and (x.dtype.kind in "biu" or _floats(params)):
            return x.astype(params["new_dtype"])
    if name == "broadcast_in_dim" and len(arrays) == 1:
        kept = params["broadcast_dimensions"]
        sizes = [x.shape[kept.index(i)] if i in kept else 1 for i in range(len(params["shape"]))]
        return np.broadcast_to(x.reshape(sizes), params["shape"])
    squeezed = name == "squeeze" or (name == "reshape" and params["dimensions"] is None)
    return x.reshape(eqn.outvars[0].aval.shape) if squeezed and len(arrays) == 1 else None


def _floats(params: Any) -> bool:
    return bool(np.issubdtype(params["new_dtype"], np.floating))
