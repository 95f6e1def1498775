"""Torch's linear algebra: the aten calls of torch.linalg in the operations of a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.steps import determinants, matrices
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _one(name: str, key: str = "A") -> TorchRule:
    """An operation of one array; what the call returns beside it (LU, pivots, info) stays."""

    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        first = r.step(lambda xp, x: getattr(xp, name)(x), a[key])
        return [first, *[None] * (len(outs) - 1)]

    return rule


def _several(name: str, count: int) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        found: list[Any] = [r.step(matrices.part(name, i), a["A"]) for i in range(count)]
        return found + [None] * (len(outs) - count)

    return rule


def _solve(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    matrix, right = a["A"], a["B"]
    left = a.get("left", True)
    vectors = right.ndim == 1 or (
        right.ndim == matrix.ndim - 1 and tuple(right.shape) == tuple(matrix.shape[:-1])
    )

    def solved(xp: Namespace, x: Array, y: Array) -> Array:
        columns = xp.expand_dims(y, axis=-1) if vectors else y
        if left:
            found = xp.solve(x, columns)
        else:
            turned = xp.solve(xp.matrix_transpose(x), xp.matrix_transpose(columns))
            found = xp.matrix_transpose(turned)
        return xp.squeeze(found, axis=-1) if vectors else found

    return [r.step(solved, matrix, right), *[None] * (len(outs) - 1)]


def _cholesky(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    upper = bool(a.get("upper", False))
    factor = r.step(lambda xp, x: xp.cholesky(x, upper=upper), a["self"])
    return [factor, *[None] * (len(outs) - 1)]


def _svd(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    shape = a["A"].shape
    if not a.get("compute_uv", True):
        return [None, r.step(lambda xp, x: xp.svdvals(x), a["A"]), None]
    if a.get("full_matrices") and shape[-1] != shape[-2]:
        return NotImplemented
    return _several("svd", 3)(r, a, outs)


def _eigh(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    if not a.get("compute_v", True):
        return [r.step(lambda xp, x: xp.eigvalsh(x), a["A"]), None]
    return _several("eigh", 2)(r, a, outs)


def _qr(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    if a.get("mode", "reduced") != "reduced":
        return NotImplemented
    return _several("qr", 2)(r, a, outs)


def _triangular(
    matrix: str, right: str, transpose: str | None, unit: str = "unitriangular"
) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        lower, transposed = not a.get("upper", True), bool(transpose and a.get(transpose))
        options = {"lower": lower, "transposed": transposed, "unit_diagonal": bool(a.get(unit))}
        left = a.get("left", True)

        def solved(xp: Namespace, x: Array, y: Array) -> Array:
            if left:
                return matrices.triangular(xp, x, y, **options)
            turned = {**options, "transposed": not transposed}
            return xp.matrix_transpose(matrices.triangular(xp, x, xp.matrix_transpose(y), **turned))

        return [r.step(solved, a[matrix], a[right]), *[None] * (len(outs) - 1)]

    return rule


def _by_factor(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    lower = not a.get("upper", False)
    return r.step(lambda xp, x, y: matrices.factored(xp, x, y, lower=lower), a["input2"], a["self"])


def _factor_inverted(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    lower = not a.get("upper", False)

    def inverse(xp: Namespace, x: Array) -> Array:
        i = xp.inv(x)
        turned = xp.matrix_transpose(i)
        return turned @ i if lower else i @ turned

    return r.step(inverse, a["self"])


def _det(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    beside = determinants.regular(a["A"].detach().numpy())
    found = determinants.recorded(r.recording, r.operand(a["A"]), beside)
    return [found, *[None] * (len(outs) - 1)]


def _cross(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    axis = a.get("dim", -1)
    return r.step(lambda xp, x, y: xp.cross(x, y, axis=axis), a["self"], a["other"])


def _lstsq(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """The least-squares solution of full rank, and its squared residuals; neither rank nor σ."""
    shape = tuple(a["self"].shape)
    if outs[1].numel() and shape[-2] <= shape[-1]:
        return NotImplemented
    x = r.step(matrices.least_squares, a["self"], a["b"])

    def residuals(xp: Namespace, x: Array, a: Array, b: Array) -> Array:
        return xp.sum(xp.square(a @ x - b), axis=-2)

    off = r.step(residuals, x, a["self"], a["b"]) if outs[1].numel() else None
    return [x, off, *[None] * (len(outs) - 2)]


_FIRST: dict[str, Callable[..., Any]] = {
    "linalg_inv_ex": _one("inv"),
    "linalg_matrix_exp": _one("expm", "self"),
    "linalg_pinv": _one("pinv", "self"),
    "trace": _one("trace", "self"),
}

MATRICES: dict[str, TorchRule] = {
    **_FIRST,
    "_linalg_det": _det,
    "_linalg_slogdet": _several("slogdet", 2),
    "_linalg_solve_ex": _solve,
    "linalg_cholesky_ex": _cholesky,
    "cholesky": _cholesky,
    "_linalg_eigh": _eigh,
    "_linalg_svd": _svd,
    "linalg_qr": _qr,
    "linalg_lstsq": _lstsq,
    "linalg_solve_triangular": _triangular("self", "B", None),
    "triangular_solve": _triangular("A", "self", "transpose"),
    "cholesky_solve": _by_factor,
    "cholesky_inverse": _factor_inverted,
    "linalg_cross": _cross,
}
"""The calls of linear algebra."""
