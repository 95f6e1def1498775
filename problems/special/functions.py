"""Special functions of NumPy's arrays: of each dtype the best that there is.

In float32 and float64 they are SciPy's where it is installed, in longdouble, which SciPy does not
know, ours: right to 4 eps of longdouble. Without SciPy ours serve all dtypes, rounded; so the core
needs no SciPy, and has the same digits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gradparity.problems.special import bessel, error_functions, gamma_functions, incomplete_gamma

__all__ = [
    *("digamma", "erf", "erfc", "erfinv", "gammainc", "gammaincc", "i0e", "i1e", "lgamma"),
    *("log_ndtr", "polygamma"),
]


@cache
def scipy_special() -> Any:
    """scipy.special, or None where SciPy is not installed."""
    try:
        import scipy.special
    except ModuleNotFoundError:
        return None
    return scipy.special


def _function(name: str, ours: Callable[..., Any], of_scipy: str) -> Callable[..., Any]:
    """The function of arrays and Python numbers; the result has the dtype of its floats."""

    def function(*operands: Any) -> Any:
        dtype = np.result_type(*operands)
        if dtype.kind != "f":
            dtype = np.dtype(np.float64)
        library = scipy_special()
        if library is not None and dtype.itemsize <= 8:
            found = getattr(library, of_scipy)(*operands)
        else:
            wide = [
                x if name == "polygamma" and i == 0 else np.asarray(x, np.longdouble)
                for i, x in enumerate(operands)
            ]
            found = ours(*wide)
        return np.asarray(found).astype(dtype, copy=False)[()]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = ours.__doc__
    function.stands_for = f"scipy.special.{of_scipy}"  # type: ignore[attr-defined]
    return function


def _polygamma(n: Any, x: Any) -> Any:
    return gamma_functions.polygamma(int(n), x)


erf = _function("erf", error_functions.erf, "erf")
erfc = _function("erfc", error_functions.erfc, "erfc")
erfinv = _function("erfinv", error_functions.erfinv, "erfinv")
log_ndtr = _function("log_ndtr", error_functions.log_ndtr, "log_ndtr")
lgamma = _function("lgamma", gamma_functions.lgamma, "gammaln")
digamma = _function("digamma", gamma_functions.digamma, "psi")
polygamma = _function("polygamma", _polygamma, "polygamma")
gammainc = _function("gammainc", incomplete_gamma.gammainc, "gammainc")
gammaincc = _function("gammaincc", incomplete_gamma.gammaincc, "gammaincc")
i0e = _function("i0e", bessel.i0e, "i0e")
i1e = _function("i1e", bessel.i1e, "i1e")
