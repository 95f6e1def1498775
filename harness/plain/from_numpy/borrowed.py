"""SciPy's functions that are written in Python, where the user's code has them by name.

`from scipy.special import softmax` binds the function itself: there is no namespace in which ours
could stand for it but the user's own modules. So while a loss is run, theirs hold ours, which
compute with NumPy's functions what recorded arrays are given to, and ask SciPy's for all else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import RecordedArray
from gradparity.harness.plain.steps.users_code import users_modules


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    top = np.max(a, axis=axis, keepdims=True)
    terms = np.exp(a - top) if b is None else b * np.exp(a - top)
    found = np.log(np.sum(terms, axis=axis, keepdims=True)) + top
    return found if keepdims else np.sum(found, axis=axis)


def _softmax(x: Any, axis: Any = None) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


_OURS: dict[str, Callable[..., Any]] = {
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}


@contextmanager
def borrowed() -> Iterator[None]:
    """Ours in the place of SciPy's functions, in SciPy's namespace and the user's modules."""
    special = sys.modules.get("scipy.special")
    if special is None:
        yield
        return
    theirs = {id(getattr(special, name)): name for name in _OURS}
    changed: list[tuple[dict[str, Any], str, Any]] = []
    for module in (special, *users_modules()):
        names = module.__dict__
        for name, x in list(names.items()):
            if id(x) in theirs:
                changed.append((names, name, x))
                names[name] = _either(x, _OURS[theirs[id(x)]])
    try:
        yield
    finally:
        for names, name, x in changed:
            names[name] = x


def _either(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(theirs)
    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        return (ours if isinstance(x, RecordedArray) else theirs)(x, *args, **kwargs)

    return function
