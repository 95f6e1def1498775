"""NumPy's calls, counted: an array that notices what is done to it.

NumPy offers no hook under which a call could be counted (Python's profiler does not see ufuncs),
but it asks a subclass of ndarray before it computes. So a `CountedArray` counts, takes its costume
off, lets NumPy compute on the plain array, and dresses the result. Arrays that a program allocates
itself must be counted too: within `allocated`, NumPy's constructors make counted ones.

A call is a ufunc (`x + y`, `np.exp(x)`, `np.add.reduce(x)`), a function (`np.dot(x, y)`), a method
that computes (`x.sum()`) or an assignment to entries (`x[1:] = y`); what a function calls inside is
NumPy's own affair. Views (`x[1:]`, `x.T`, `x.reshape(-1)`) are not calls, and arithmetic between
NumPy's scalars or Python's floats is not seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

CONSTRUCTORS = (
    *("empty", "zeros", "ones", "full", "empty_like", "zeros_like", "ones_like", "full_like"),
    *("array", "asarray", "ascontiguousarray", "arange", "linspace", "eye", "identity"),
)
METHODS = (
    *("all", "any", "argmax", "argmin", "argsort", "astype", "choose", "clip", "compress", "copy"),
    *("cumprod", "cumsum", "dot", "fill", "max", "mean", "min", "nonzero", "prod", "put"),
    *("repeat", "round", "searchsorted", "sort", "std", "sum", "take", "trace", "var"),
)
"""The methods that read or write entries."""

VIEWS = frozenset(
    getattr(np, name)
    for name in (
        *("reshape", "transpose", "permute_dims", "matrix_transpose", "swapaxes", "moveaxis"),
        *("squeeze", "expand_dims", "broadcast_to", "broadcast_arrays", "flip", "shape", "ndim"),
        *("size", "result_type", "shares_memory", "may_share_memory"),
    )
)
"""The functions that look at no entry."""


class Tally:
    """What was counted so far: calls, and the bytes of the arrays that they read and wrote."""

    def __init__(self) -> None:
        self.calls = 0
        self.bytes = 0

    def add(self, arrays: Any) -> None:
        """One call; arrays: its operands and results, nested as they are, each counted once."""
        found: dict[Any, int] = {}
        _collect(arrays, found)
        self.calls += 1
        self.bytes += sum(found.values())


class CountedArray(np.ndarray[Any, Any]):
    """An array whose calls are counted in `tally`, which its views and results share."""

    tally: Tally | None

    def __array_finalize__(self, parent: Any) -> None:
        self.tally = getattr(parent, "tally", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        given = {key: plain(x) for key, x in keywords.items()}
        return self._counted(getattr(ufunc, method), plain(inputs), given, keywords.get("out"))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        given = {key: plain(x) for key, x in kwargs.items()}
        if function in VIEWS:
            return counted(function(*plain(args), **given), self.tally)
        return self._counted(function, plain(args), given, kwargs.get("out"))

    def __setitem__(self, key: Any, value: Any) -> None:
        target, source, at = plain(self), plain(value), plain(key)
        # `x[1:] += y` adds in place, and then assigns the view to itself: nothing is moved.
        if self.tally is not None and not _same(target[at], source):
            self.tally.add((target[at], source))
        target[at] = source

    def _counted(self, function: Any, args: Any, kwargs: Any, out: Any) -> Any:
        found = function(*args, **kwargs)
        if self.tally is not None:
            self.tally.add((args, kwargs, found))
        given = out if isinstance(out, tuple) else (out,)
        if any(x is None for x in given):
            return counted(found, self.tally)
        return given[0] if len(given) == 1 else given


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np.ndarray, name)

    def method(self: CountedArray, *args: Any, **kwargs: Any) -> Any:
        given = {key: plain(x) for key, x in kwargs.items()}
        return self._counted(function, (plain(self), *plain(args)), given, kwargs.get("out"))

    return method


for _name in METHODS:
    setattr(CountedArray, _name, _method(_name))


def counted(x: Any, tally: Tally | None) -> Any:
    """The same with every array in it, in tuples, lists and dicts, as a counted one."""
    if isinstance(x, np.ndarray):
        dressed = x.view(CountedArray)
        dressed.tally = tally
        return dressed
    return _mapped(lambda entry: counted(entry, tally), x)


def plain(x: Any) -> Any:
    """The same with every counted array in it as a plain one, of the same memory."""
    if isinstance(x, CountedArray):
        return x.view(np.ndarray)
    return _mapped(plain, x)


def _mapped(function: Callable[[Any], Any], x: Any) -> Any:
    if type(x) in (tuple, list):
        return type(x)(function(entry) for entry in x)
    if type(x) is dict:
        return {key: function(entry) for key, entry in x.items()}
    return x


def _collect(x: Any, found: dict[Any, int]) -> None:
    """Put the bytes of every array in x under what tells it from the others."""
    if isinstance(x, np.ndarray):
        found[x.ctypes.data, x.shape, x.strides, x.dtype.str] = x.nbytes
    elif isinstance(x, tuple | list):
        for entry in x:
            _collect(entry, found)
    elif isinstance(x, dict):
        _collect(list(x.values()), found)


def _same(x: Any, y: Any) -> bool:
    return (
        isinstance(x, np.ndarray)
        and isinstance(y, np.ndarray)
        and x.ctypes.data == y.ctypes.data
        and (x.shape, x.strides, x.dtype) == (y.shape, y.strides, y.dtype)
    )


@contextmanager
def allocated(tally: Tally) -> Iterator[None]:
    """Within this, NumPy's constructors make counted arrays; not for use beside other threads.

    They are exchanged in `numpy` itself, and wherever `from numpy import empty` has put them.
    """
    replaced: list[tuple[dict[str, Any], str, Any]] = []
    modules = [m for name, m in sys.modules.items() if not name.startswith("numpy.")]
    for name in CONSTRUCTORS:
        original = getattr(np, name)
        counting = _constructor(original, tally, writes=not name.startswith("empty"))
        for names in [vars(m) for m in modules if hasattr(m, "__dict__")]:
            if names.get(name) is original and names is not globals():
                replaced.append((names, name, original))
                names[name] = counting
    try:
        yield
    finally:
        for names, name, original in replaced:
            names[name] = original


def _constructor(original: Any, tally: Tally, writes: bool) -> Callable[..., Any]:
    def make(*args: Any, **kwargs: Any) -> Any:
        found = original(*plain(args), **{key: plain(x) for key, x in kwargs.items()})
        tally.add(found if writes else ())
        return counted(found, tally)

    return make


def calls(prepare: Callable[[], Callable[[Any], Any]], arguments: Any) -> dict[str, int]:
    """What one call of `prepare()` on `arguments` does: `numpy_calls` and `numpy_bytes`.

    prepare: allocates and returns the function; called twice. arguments: arrays, nested.
    """
    # A rehearsal, so that no module is first imported while the constructors are exchanged.
    prepare()(arguments)
    tally = Tally()
    with allocated(tally):
        run = prepare()
        tally.calls = tally.bytes = 0
        run(counted(arguments, tally))
        return {"numpy_calls": tally.calls, "numpy_bytes": tally.bytes}
