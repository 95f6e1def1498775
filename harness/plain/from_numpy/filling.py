"""Arrays that a loss fills: `out = np.zeros(n); out[i] = ...`, and lists of results made arrays.

NumPy does not ask our arrays when one of its own is made, and a number written into that is lost
for us. So while the loss is run, the makers in NumPy's namespace are ours: what they make notes its
steps like a result. Code of NumPy, SciPy and the like, and ours, gets NumPy's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import RecordedArray

_MAKERS = ("zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like")
_REDUCING = ("sum", "mean", "prod", "max", "min", "var", "std")
_LIBRARIES = ("numpy", "scipy", "sklearn", "pandas", "gradparity")


@contextmanager
def filled(constant: Callable[[Any], RecordedArray]) -> Iterator[None]:
    """NumPy's makers of arrays, for the loss that runs inside, make recorded ones.

    constant: makes a recorded array of one that does not depend on the parameters.
    """
    own: dict[str, Any] = {
        **{name: _made(getattr(np, name), constant) for name in _MAKERS},
        **{name: _joining(getattr(np, name)) for name in ("array", "asarray")},
        **{name: _of_list(getattr(np, name)) for name in _REDUCING},
    }
    before = {name: getattr(np, name) for name in own}
    try:
        for name, function in own.items():
            setattr(np, name, function)
        yield
    finally:
        for name, function in before.items():
            setattr(np, name, function)


def _for_a_library() -> bool:
    """Whether the caller of the function that asks is a library's own code."""
    name = sys._getframe(2).f_globals.get("__name__") or ""
    return name.partition(".")[0] in _LIBRARIES


def _made(
    original: Callable[..., Any], constant: Callable[[Any], RecordedArray]
) -> Callable[..., Any]:
    def make(*args: Any, **kwargs: Any) -> Any:
        if _for_a_library():
            return original(*args, **kwargs)
        made = original(*(x.value if isinstance(x, RecordedArray) else x for x in args), **kwargs)
        if "empty" in original.__name__ and made.dtype == np.float64:
            made[...] = 0
        return constant(made) if made.dtype == np.float64 else made

    return make


def _joining(original: Callable[..., Any]) -> Callable[..., Any]:
    def array(given: Any, *args: Any, **kwargs: Any) -> Any:
        if _for_a_library():
            return original(given, *args, **kwargs)
        if isinstance(given, RecordedArray):
            return given.copy() if original.__name__ == "array" else given
        return _joined(given) if _holds(given) else original(given, *args, **kwargs)

    return array


def _of_list(original: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(given: Any, *args: Any, **kwargs: Any) -> Any:
        in_list = isinstance(given, list | tuple) and _holds(given)
        return original(_joined(given) if in_list else given, *args, **kwargs)

    return reduce


def _holds(given: Any) -> bool:
    if isinstance(given, list | tuple):
        return any(_holds(x) for x in given)
    return isinstance(given, RecordedArray)


def _joined(given: Any) -> Any:
    """Nested lists of results and numbers as one recorded array."""
    parts = [_joined(x) if isinstance(x, list | tuple) else x for x in given]
    return np.stack([x if isinstance(x, RecordedArray) else np.float64(x) for x in parts])
