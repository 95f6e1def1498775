"""Functions of SciPy written in Python, and of `math`, where the user's code has them by name.

`from scipy.special import softmax` binds the function itself: there is no namespace in which ours
could stand for it but the user's own modules. So while a loss is run, theirs hold ours, which
compute with NumPy's functions what recorded arrays are given to, and ask theirs for all else.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import RecordedArray
from gradparity.harness.plain.from_numpy.linear import SCIPY_LINALG
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


def _polygamma(n: Any, x: Any) -> Any:
    special = sys.modules["scipy.special"]
    if n == 0:
        return special.psi(x)
    return (-1) ** (n + 1) * math.factorial(n) * special.zeta(n + 1, x)


def _log(x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of single numbers, as `math` has them, of recorded arrays that hold one."""
    return lambda *args: function(
        *(np.reshape(x, ()) if isinstance(x, RecordedArray) else x for x in args)
    )


_SAME = ("sqrt", "exp", "expm1", "log1p", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh")
_MATH = {
    **{name: getattr(np, name) for name in (*_SAME, "tanh", "hypot", "isnan", "isfinite", "isinf")},
    **{"fabs": np.abs, "pow": np.power, "log": _log, "atan": np.arctan, "atan2": np.arctan2},
    **{"asin": np.arcsin, "acos": np.arccos, "asinh": np.arcsinh},
}

_OURS: dict[str, dict[str, Callable[..., Any]]] = {
    "scipy.special": {
        **{"logsumexp": _logsumexp, "softmax": _softmax, "log_softmax": _log_softmax},
        "polygamma": _polygamma,
    },
    "scipy.linalg": SCIPY_LINALG,
    "math": {name: _of_numbers(function) for name, function in _MATH.items()},
}


@contextmanager
def borrowed() -> Iterator[None]:
    """Ours in the place of their functions, in their namespaces and the user's modules."""
    loaded = [(sys.modules[name], ours) for name, ours in _OURS.items() if name in sys.modules]
    theirs = {id(getattr(m, name)): f for m, ours in loaded for name, f in ours.items()}
    changed: list[tuple[dict[str, Any], str, Any]] = []
    for module in (*(m for m, _ in loaded), *(users_modules() if loaded else ())):
        names = module.__dict__
        for name, x in list(names.items()):
            if id(x) in theirs:
                changed.append((names, name, x))
                names[name] = _either(x, theirs[id(x)])
    try:
        yield
    finally:
        for names, name, x in changed:
            names[name] = x


def _recorded(args: tuple[Any, ...]) -> bool:
    """Whether one of the arguments, or of what a tuple among them holds, is recorded."""
    return any(
        isinstance(x, RecordedArray) or (isinstance(x, tuple) and _recorded(x)) for x in args
    )


def _either(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        return (ours if _recorded(args) else theirs)(*args, **kwargs)

    return function
