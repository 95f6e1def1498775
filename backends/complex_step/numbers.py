"""NumPy for the complex step: analytic operations only, everything else refused by name.

A loss that is analytic obeys f(x + ihv) = f(x) + ih f′(x)v + O(h²). An operation that is not, such
as |z|, drops or spoils the imaginary part without a word. So parameters are `Complex` arrays, which
refuse what is not analytic wherever they meet it, in an operation of xp, in Python's operators and
in NumPy's own functions. Data are ordinary real arrays, and may be compared and clipped.

`max` and `min` are analytic where they only shift, as in logsumexp: see `Shift`.

Sources: Squire and Trapp, SIAM Review 40 (1998); Martins, Sturdza and Alonso, The complex-step
derivative approximation, ACM Transactions on Mathematical Software 29 (2003).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Unsupported
from gradparity.backends.complex_step.functions import ANALYTIC, KINKED
from gradparity.problems import Namespace
from gradparity.problems.namespace import NUMPY
from gradparity.problems.operations import linear_algebra, numpy_functions

# NumPy's functions through which an imaginary part passes as a derivative does.
_ANALYTIC_FUNCTIONS = {
    *("sum", "mean", "prod", "cumulative_sum", "cumsum", "cumprod", "einsum", "where"),
    *("reshape", "expand_dims", "squeeze", "broadcast_to", "permute_dims", "transpose"),
    *("matrix_transpose", "concatenate", "concat", "stack", "flip", "roll", "take"),
    *("take_along_axis", "zeros_like", "ones_like", "copy", "shape", "ndim", "size", "dot"),
    *("swapaxes", "moveaxis", "ravel", "split", "result_type", "vecdot", "atleast_1d"),
}
_SHOWN = {"absolute": "abs", "arctan2": "atan2", "conjugate": "conj", "amax": "max", "amin": "min"}
_COMPARISONS = {
    **{"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<="},
    **{"equal": "==", "not_equal": "!="},
}


NO_LAPACK = "no factorisation of complex matrices in extended precision"


def refuse(name: str) -> Unsupported:
    """The error for an operation that the complex step cannot pass through."""
    what = _SHOWN.get(name, name)
    if name in _COMPARISONS:
        what = f"a comparison ({_COMPARISONS[name]})"
    return Unsupported(
        f"the complex step is silently wrong through {what} of a parameter, which is not analytic; "
        "the backend dual has the same derivatives"
    )


class Complex(np.ndarray[Any, Any]):
    """An array of complex numbers that refuses what is not analytic."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc.__name__
        if ufunc not in _ANALYTIC_UFUNCS:
            raise refuse(name)
        return wrapped(getattr(ufunc, method)(*map(bare, inputs), **kwargs))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func.__name__ not in _ANALYTIC_FUNCTIONS:
            raise refuse(func.__name__)
        return wrapped(func(*map(bare, args), **{k: bare(v) for k, v in kwargs.items()}))

    def __getitem__(self, key: Any) -> Any:
        return wrapped(bare(self)[key])

    @property  # type: ignore[misc]  # NumPy's can be assigned to
    def real(self) -> Any:
        """Refused."""
        raise refuse("real")

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """Refused."""
        raise refuse("imag")

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """The same array where `dtype` is complex; refused otherwise."""
        if np.dtype(dtype).kind != "c":
            raise refuse(f"astype({np.dtype(dtype)})")
        return self


def bare(x: Any) -> Any:
    """The plain NumPy array of a `Complex`, also within a list or a tuple."""
    if isinstance(x, Complex):
        return x.view(np.ndarray)
    return type(x)(map(bare, x)) if isinstance(x, list | tuple) else x


def wrapped(x: Any) -> Any:
    """`Complex` where x is complex, x itself otherwise."""
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "c":
        return np.asarray(x).view(Complex)
    return x


def _moving(*operands: Any) -> bool:
    return any(isinstance(x, Complex) for x in operands)


def _elementwise(real: Callable[..., Any], analytic: Callable[..., Any]) -> Callable[..., Any]:
    """`analytic` of complex arrays where a parameter takes part, else NumPy's `real`."""

    def operation(*operands: Any) -> Any:
        if not _moving(*operands):
            return real(*operands)
        with np.errstate(all="ignore"):
            return wrapped(analytic(*(np.asarray(bare(x)) + 0j for x in operands)))

    return operation


_ANALYTIC_UFUNCS = {
    *(np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.power, np.matmul),
    np.reciprocal,  # x**-1
    *(np.sqrt, np.log, np.log1p, *(f for f, *_ in ANALYTIC.values() if isinstance(f, np.ufunc))),
}
"""NumPy's ufuncs through which an imaginary part passes as a derivative does."""


def _refused(name: str, function: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """NumPy's function, or the one given, of data alone."""
    real = getattr(NUMPY, name) if function is None else function

    def operation(*operands: Any, **options: Any) -> Any:
        if _moving(*operands, *options.values()):
            raise refuse(name)
        return real(*operands, **options)

    operation.refuses = True  # type: ignore[attr-defined]
    return operation


class Shift:
    """`max` and `min` over axes, of the real parts, moved by a number.

    logsumexp takes the largest entry out and adds it again: there it is a shift, any number would
    do, and taking it for a constant is exact. `prepare` evaluates the loss with `offset` 0 and with
    another: the same loss means that every such use is a shift. used: whether there was one.
    """

    def __init__(self, offset: float) -> None:
        self.offset = np.longdouble(offset)
        self.used = ""

    def operation(self, name: str) -> Callable[..., Any]:
        """The replacement of np.max or np.min."""
        real = getattr(np, name)

        def reduced(x: Any, **options: Any) -> Any:
            if not _moving(x):
                return real(x, **options)
            self.used = name
            return real(bare(x).real, **options) + self.offset

        return reduced


def _operation(name: str, analytic: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(analytic, np.ufunc):
        return analytic
    return _elementwise(getattr(NUMPY, name), analytic)


def namespace(shift: Shift) -> Namespace:
    """The operations of a loss on `Complex` parameters and real data."""
    return Namespace(
        "NumPy in clongdouble",
        np,
        {
            **{name: _operation(name, function) for name, (function, *_) in ANALYTIC.items()},
            **{name: _refused(name) for name in (*KINKED, "clip")},
            **{name: shift.operation(name) for name in ("max", "min")},
            "argsort": _refused("argsort", numpy_functions.argsort),
            "astype": lambda x, dtype: x.astype(dtype),
        },
        dict.fromkeys(linear_algebra.FAMILY.primitives, NO_LAPACK),
        complex_pairs=True,
    )
