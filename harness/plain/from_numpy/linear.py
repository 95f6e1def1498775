"""NumPy's and SciPy's linear algebra in the operations of a loss.

SciPy's functions are written in Python and bound by name in the user's code: `borrowed.py` puts
those of `SCIPY_LINALG` in their place while a loss is run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy import rules
from gradparity.harness.plain.from_numpy.array import RecordedArray
from gradparity.harness.plain.steps import determinants, matrices
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems.matrices import functions

Rule = Callable[..., Any]


def _norm(xp: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    two = rules.rank_of(x) == 2 if axis is None else isinstance(axis, tuple) and len(axis) == 2
    if two and ord is not None and ord != "fro":
        return xp.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    return rules.norm(xp, x, ord=ord, axis=axis, keepdims=keepdims)


def _trace(xp: Any, x: Any, offset: int = 0) -> Any:
    """np.linalg.trace, of the last two axes."""
    return xp.trace(x, offset=offset)


def solve_triangular(a: Any, b: Any, **options: Any) -> Any:
    """The value of SciPy's; see `matrices.triangular` for the options."""
    import scipy.linalg

    solve: Callable[..., Any] = scipy.linalg.solve_triangular
    transposed = int(options.pop("transposed", False))
    return solve(a, b, trans=transposed, **options)


RULES: dict[Any, Rule] = {
    np.linalg.solve: lambda xp, a, b: xp.solve(a, b),
    np.linalg.inv: lambda xp, x: xp.inv(x),
    matrices.determinant: lambda xp, x: xp.det(x),
    np.linalg.cholesky: lambda xp, x, upper=False: xp.cholesky(x, upper=upper),
    np.linalg.eigvalsh: lambda xp, x, UPLO="L": xp.eigvalsh(x),
    np.linalg.svdvals: lambda xp, x: xp.svdvals(x),
    np.linalg.pinv: lambda xp, x: xp.pinv(x),
    np.linalg.matrix_power: lambda xp, x, n: xp.matrix_power(x, n),
    np.linalg.norm: _norm,
    np.linalg.matrix_norm: lambda xp, x, **options: xp.matrix_norm(x, **options),
    np.linalg.trace: _trace,
    np.linalg.outer: rules.outer,
    np.linalg.tensordot: rules.tensordot,
    np.linalg.matmul: lambda xp, x, y: xp.matmul(x, y),
    np.linalg.matrix_transpose: lambda xp, x: xp.matrix_transpose(x),
    np.linalg.vecdot: lambda xp, x, y, axis=-1: xp.vecdot(x, y, axis=axis),
    np.vecdot: lambda xp, x, y: xp.vecdot(x, y),
    np.linalg.cross: lambda xp, x, y, axis=-1: xp.cross(x, y, axis=axis),
    np.kron: lambda xp, x, y: xp.kron(x, y),
    functions.expm: lambda xp, x: xp.expm(x),
    solve_triangular: matrices.triangular,
}
"""Functions with one result."""


def _cross(xp: Any, x: Any, y: Any, axis: int = -1) -> Any:
    if x.shape[axis] != 3 or y.shape[axis] != 3:
        raise Untranslatable("np.cross of vectors that have not three entries has no translation")
    return xp.cross(x, y, axis=axis)


RULES[np.cross] = _cross

SEVERAL: dict[Any, str] = {
    np.linalg.slogdet: "slogdet",
    np.linalg.eigh: "eigh",
    np.linalg.qr: "qr",
    np.linalg.svd: "svd",
}
"""Functions with several results: function -> the operation that has them all."""


def parts(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Rule]:
    """A rule of the matrix for each result of a function of `SEVERAL`.

    Raises: Untranslatable for a mode whose results have no derivative.
    """
    name = SEVERAL[function]
    given = {**dict(zip(_OPTIONS.get(name, ()), args[1:], strict=False)), **kwargs}
    shape = args[0].shape
    if name == "svd" and not given.get("compute_uv", True):
        return [lambda xp, x: xp.svdvals(x)]
    if name == "svd" and given.get("full_matrices", True) and shape[-1] != shape[-2]:
        raise Untranslatable("np.linalg.svd with full_matrices=True has no translation")
    if given.get("mode", "reduced") != "reduced":
        raise Untranslatable(f"np.linalg.qr with mode={given['mode']!r} has no translation")
    return [matrices.part(name, i) for i in range(3 if name == "svd" else 2)]


_OPTIONS = {"svd": ("full_matrices", "compute_uv"), "qr": ("mode",)}


def _noted(function: Any, *args: Any, **kwargs: Any) -> Any:
    """The result of a function of `RULES`, of arrays of which one is recorded."""
    recorded = next(x for x in args if isinstance(x, RecordedArray))
    return recorded.call(function, args, kwargs)


def _half(x: Any, lower: bool) -> Any:
    return np.tril(x) if lower else np.triu(x)


def _solve(a: Any, b: Any, **_: Any) -> Any:
    return np.linalg.solve(a, b)


def det(a: Any) -> Any:
    """The determinant, near a singular matrix of regular ones beside it."""
    beside = determinants.regular(a.value)
    if not beside:
        return _noted(matrices.determinant, a)
    first, *others = [w * _noted(matrices.determinant, a + shift) for w, shift in beside]
    return sum(others, start=first)


def _cholesky(a: Any, lower: bool = False, **_: Any) -> Any:
    factor = np.linalg.cholesky(a)
    return factor if lower else np.swapaxes(factor, -1, -2)


def _cho_factor(a: Any, lower: bool = False, **_: Any) -> Any:
    return _cholesky(a, lower=lower), lower


def _cho_solve(c_and_lower: Any, b: Any, **_: Any) -> Any:
    factor, lower = c_and_lower
    factor = _half(factor, lower)
    first = _noted(solve_triangular, factor, b, lower=lower, transposed=not lower)
    return _noted(solve_triangular, factor, first, lower=lower, transposed=lower)


def _solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **_: Any
) -> Any:
    transposed = trans not in (0, "N")
    options = {"lower": lower, "transposed": transposed, "unit_diagonal": unit_diagonal}
    return _noted(solve_triangular, a, b, **options)


def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, **_: Any) -> Any:
    decompose: Callable[..., Any] = np.linalg.svd
    return decompose(a, full_matrices=full_matrices, compute_uv=compute_uv)


def _eigh(a: Any, b: Any = None, *, eigvals_only: bool = False, **options: Any) -> Any:
    if b is not None or options.keys() - {"lower", "check_finite", "driver"}:
        raise Untranslatable("scipy.linalg.eigh of two matrices, or of a part, has no translation")
    return np.linalg.eigvalsh(a) if eigvals_only else np.linalg.eigh(a)


SCIPY_LINALG: dict[str, Callable[..., Any]] = {
    "solve": _solve,
    "solve_triangular": _solve_triangular,
    "cholesky": _cholesky,
    "cho_factor": _cho_factor,
    "cho_solve": _cho_solve,
    "inv": lambda a, **_: np.linalg.inv(a),
    "det": lambda a, **_: np.linalg.det(a),
    "norm": lambda a, ord=None, axis=None, keepdims=False, **_: np.linalg.norm(
        a, ord, axis, keepdims
    ),
    "eigh": _eigh,
    "eigvalsh": lambda a, **_: np.linalg.eigvalsh(a),
    "svd": _svd,
    "svdvals": lambda a, **_: np.linalg.svd(a, compute_uv=False),
    "pinv": lambda a, **_: np.linalg.pinv(a),
    "expm": lambda a: _noted(functions.expm, a),
}
"""SciPy's functions by name, over NumPy's and those above."""
