"""Linear algebra on dual numbers and on jets: how a result moves with its operands.

A slope is written in operations of `xp` on (operands, results, tangents), None for a tangent that
rests: NumPy's in longdouble for dual numbers, those of dual numbers for jets (`slope.py`). The
tape's own are adjoints first, by other formulas (`numpy_tape/primitives/matrices.py`).

    X = A⁻¹ B       Ẋ = A⁻¹ (Ḃ − Ȧ X)
    l = ln |det A|  l̇ = tr(A⁻¹ Ȧ)
    A = L Lᵀ        L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ), Φ the lower half with half the diagonal
    A V = V W       ẇ = diag P, V̇ = V (F ∘ P), P = Vᵀ Ȧ V, F_ij = 1 / (w_j − w_i), 0 where equal
    A = Q R         Q̇ = Q Ω + Ȧ R⁻¹ − Q C, Ṙ = (C − Ω) R, C = Qᵀ Ȧ R⁻¹, Ω = low C − (low C)ᵀ
    E = exp A       Ė, the upper right of exp [[A, Ȧ], [0, A]]

Source: Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008); Higham, Functions of Matrices (2008), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers.array import Dual, floating, primal, tangent_of
from gradparity.backends.dual_numbers.linear import lifted
from gradparity.backends.dual_numbers.rules import LONGDOUBLE
from gradparity.problems import InputError

Slope = Callable[..., tuple[Any, ...]]


def _symmetric(xp: Any, x: Any) -> Any:
    return (x + xp.matrix_transpose(x)) * 0.5


def _half(x: Any, on: float) -> Any:
    """Weights of the lower half, with a weight on the diagonal, (n, n)."""
    n = x.shape[-1]
    return np.tril(np.ones((n, n), np.longdouble), -1) + on * np.eye(n, dtype=np.longdouble)


def _solve(xp: Any, given: Any, made: Any, moves: Any) -> tuple[Any, ...]:
    (a, _), (x,), (da, db) = given, made, moves
    right = db if da is None else -xp.matmul(da, x) if db is None else db - xp.matmul(da, x)
    return (xp.solve(a, right),)


def _slogdet(xp: Any, given: Any, made: Any, moves: Any) -> tuple[Any, ...]:
    (a,), (da,) = given, moves
    return None, xp.trace(xp.solve(a, da))


def _cholesky(xp: Any, given: Any, made: Any, moves: Any) -> tuple[Any, ...]:
    (factor,), (da,) = made, moves
    left = xp.solve(factor, _symmetric(xp, da))
    inner = xp.solve(factor, xp.matrix_transpose(left))
    return (xp.matmul(factor, inner * _half(inner, 0.5)),)


def _eigh(xp: Any, given: Any, made: Any, moves: Any) -> tuple[Any, ...]:
    (w, v), (da,) = made, moves
    inner = xp.matmul(xp.matmul(xp.matrix_transpose(v), _symmetric(xp, da)), v)
    gaps = xp.expand_dims(w, axis=-2) - xp.expand_dims(w, axis=-1)
    same = gaps == 0
    factor = xp.where(same, 0.0, 1.0 / xp.where(same, 1.0, gaps))
    values = xp.sum(inner * np.eye(w.shape[-1], dtype=np.longdouble), axis=-1)
    return values, xp.matmul(v, factor * inner)


def _qr(xp: Any, given: Any, made: Any, moves: Any) -> tuple[Any, ...]:
    (q, r), (da,) = made, moves
    turned = xp.matrix_transpose
    scaled = turned(xp.solve(turned(r), turned(da)))
    inner = xp.matmul(turned(q), scaled)
    low = inner * _half(inner, 0.0)
    rest = inner - (low - turned(low))
    return scaled - xp.matmul(q, rest), xp.matmul(rest, r)


def _expm(xp: Any, given: Any, made: Any, moves: Any) -> tuple[Any, ...]:
    (a,), (da,) = given, moves
    a = a + da * 0.0  # of the shape of all directions
    above = xp.concat([a, da], axis=-1)
    below = xp.concat([da * 0.0, a], axis=-1)
    n = a.shape[-1]
    return (xp.expm(xp.concat([above, below], axis=-2))[..., :n, n:],)


SLOPES: dict[str, Slope] = {
    "solve": _solve,
    "slogdet": _slogdet,
    "cholesky": _cholesky,
    "eigh": _eigh,
    "qr": _qr,
    "expm": _expm,
}


def _of_duals(name: str) -> Callable[..., Any]:
    """The operation on square matrices of dual numbers (solve: and on matrices of right sides)."""

    def operation(*operands: Any) -> Any:
        values = [floating(primal(x)) for x in operands]
        found = getattr(LONGDOUBLE, name)(*values)
        results = found if isinstance(found, tuple) else (found,)
        tangents = [tangent_of(x) for x in operands]
        if all(t is None for t in tangents):
            duals = tuple(Dual(x) for x in results)
        else:
            rank = max(x.ndim for x in values)
            moves = [None if t is None else lifted(t, rank) for t in tangents]
            slopes = SLOPES[name](LONGDOUBLE, values, results, moves)
            duals = tuple(Dual(x, t) for x, t in zip(results, slopes, strict=True))
        return duals if isinstance(found, tuple) else duals[0]

    return operation


def operations(xp: Callable[[], Any], of: Callable[[str], Callable[..., Any]]) -> dict[str, Any]:
    """The operations as a loss calls them; of: name -> the operation on matrices."""

    def solve(a: Any, b: Any) -> Any:
        if len(a.shape) < 2 or a.shape[-1] != a.shape[-2] or not b.shape:
            raise InputError(f"xp.solve: matrices of shape {a.shape}, right sides {b.shape}")
        if len(b.shape) > 1:
            return of("solve")(a, b)
        found = of("solve")(a, xp().expand_dims(b, axis=-1))
        return xp().squeeze(found, axis=-1)

    def cholesky(x: Any, upper: bool = False) -> Any:
        factor = of("cholesky")(x)
        return xp().matrix_transpose(factor) if upper else factor

    def qr(x: Any, mode: str = "reduced") -> Any:
        if mode != "reduced":
            raise InputError("xp.qr is of matrices, with mode='reduced'")
        m, n = x.shape[-2:]
        q, r = of("qr")(x if m >= n else x[..., :m])
        if m >= n:
            return q, r
        beside = xp().matmul(xp().matrix_transpose(q), x[..., m:])
        return q, xp().concat([r, beside], axis=-1)

    return {
        "solve": solve,
        "slogdet": of("slogdet"),
        "cholesky": cholesky,
        "eigh": of("eigh"),
        "qr": qr,
        "expm": of("expm"),
    }


def on_duals(xp: Callable[[], Any]) -> dict[str, Any]:
    """The operations on dual numbers, whose namespace is xp()."""
    return operations(xp, _of_duals)
