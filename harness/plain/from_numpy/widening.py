"""Where a NumPy function that is given float32 arrays goes over to float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.users_code import users_line, users_name
from gradparity.harness.plain.steps.widening import Widened


class SingleArray(np.ndarray):
    """A float32 array that depends on the parameters; what makes it float64 raises Widened."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """What NumPy does, as such an array."""
        return _called(getattr(ufunc, method), f"np.{ufunc.__name__}", inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """The same, of NumPy's other functions."""
        return _called(function, f"np.{function.__name__}", args, kwargs)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """The array in another dtype, unless that is float64."""
        if np.dtype(dtype) == np.float64:
            raise Widened(f"`.astype` makes it so in {users_line()}")
        return super().astype(dtype, *args, **kwargs)


def single(x: Any, dtype: str) -> Any:
    """A NumPy array of this dtype, watched."""
    return np.array(x, dtype).view(SingleArray)


def _called(call: Callable[..., Any], name: str, args: Any, kwargs: Any) -> Any:
    met: list[Any] = []
    found = call(*_plain(args, met), **_plain(kwargs, met))
    single = all(x.dtype != np.float64 for x in met if isinstance(x, SingleArray))
    if single and getattr(found, "dtype", None) == np.float64:
        wide = next((x for x in met if not isinstance(x, SingleArray) and _widens(x)), None)
        told = name if wide is None else _told(wide)
        raise Widened(f"{told} makes it so in {users_line()}")
    return _watched(found)


def _plain(x: Any, met: list[Any]) -> Any:
    """The arguments with NumPy's own arrays; `met`: what is in them."""
    if isinstance(x, tuple | list):
        parts = [_plain(part, met) for part in x]
        return tuple(parts) if isinstance(x, tuple) else parts
    if isinstance(x, dict):
        return {key: _plain(part, met) for key, part in x.items()}
    met.append(x)
    return x.view(np.ndarray) if isinstance(x, SingleArray) else x


def _watched(found: Any) -> Any:
    if isinstance(found, tuple | list):
        parts = [_watched(part) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    if not isinstance(found, np.ndarray | np.generic) or found.dtype.kind != "f":
        return found
    return np.asarray(found).view(SingleArray)


def _widens(x: Any) -> bool:
    """Whether it makes float64 of float32; integers of an array do, a Python number does not."""
    if isinstance(x, np.generic):
        return x.dtype == np.float64
    return isinstance(x, np.ndarray) and x.dtype not in (np.float32, np.float16, np.bool)


def _told(x: Any) -> str:
    name, kind = users_name(x), str(x.dtype)
    if isinstance(x, np.generic):
        return f"the NumPy number {name or f'np.{x.dtype}({x})'}"
    return f"the {kind} array {name}".rstrip() + ("" if name else f" of shape {x.shape}")
