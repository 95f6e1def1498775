"""Linear algebra: each primitive a record, with its derivatives.

Results that belong together lie in one array (`problems/matrices/functions.py`): the eigenvalues
above the eigenvectors, Q above R, sign and logarithm of a determinant side by side.

Sources: Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008); Higham, Functions of Matrices (2008), ch. 3, for expm; Murray,
Differentiation of the Cholesky decomposition (2016).
"""

# mypy: disable-error-code="has-type"

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.array_record import ArrayRecord, Shape
from gradparity.backends.numpy_tape.primitives.box import create
from gradparity.backends.numpy_tape.primitives.keys import WHOLE
from gradparity.backends.numpy_tape.primitives.shapes import transposed as T
from gradparity.problems import Array
from gradparity.problems.matrices import elimination, functions


def _diagonals(like: Array, n: int) -> Array:
    """Column less row of each entry, (n, n)."""
    i = create(like, p.arange, n=n, dtype=np.dtype(np.int64))
    return e.subtract(p.reshape(i, shape=(1, n)), p.reshape(i, shape=(n, 1)))


def _identity(like: Array) -> Array:
    n = like.shape[-1]
    return e.astype(e.equal(_diagonals(like, n), 0), dtype=like.dtype)


def _on_diagonal(x: Array) -> Array:
    """(..., n) -> (..., n, n), zero elsewhere."""
    n = x.shape[-1]
    wide = p.reshape(x, shape=(*x.shape[:-1], 1, n))
    return e.where(e.equal(_diagonals(x, n), 0), wide, 0.0)


def _diagonal(x: Array) -> Array:
    """(..., n, n) -> (..., n)."""
    kept = e.where(e.equal(_diagonals(x, x.shape[-1]), 0), x, 0.0)
    return p.sum(kept, axis=(len(x.shape) - 2,), keepdims=False)


def _rows(x: Array, start: int, stop: int | None) -> Array:
    """Rows of a matrix; whole is None."""
    key = ("slice", start or None, stop, None)
    return p.getitem(x, key=(*(WHOLE,) * (len(x.shape) - 2), key))


def _below(x: Array, on: float) -> Array:
    """The lower half of x, the diagonal by a factor; zero above."""
    diagonal = _diagonals(x, x.shape[-1])
    half = e.where(e.less(diagonal, 0), x, 0.0)
    return e.add(half, e.where(e.equal(diagonal, 0), e.multiply(x, on), 0.0)) if on else half


# X = A⁻¹ B:  Ẋ = A⁻¹ (Ḃ − Ȧ X), hence  B̄ = A⁻ᵀ X̄  and  Ā = −B̄ Xᵀ.


def _stacks(shapes: list[Shape], static: dict[str, Any]) -> Shape:
    a, b = shapes
    return (*np.broadcast_shapes(a[:-2], b[:-2]), *b[-2:])


def _cubic(shapes: list[Shape], result: Shape, static: dict[str, Any]) -> int:
    """Multiplications and additions, about: the stack times n³."""
    return int(np.prod(shapes[0], dtype=np.int64)) * shapes[0][-1]


def _side(xs: list[Any], z: Array, **static: Any) -> int:
    return int(xs[0].shape[-1])


def _eliminated(xs: list[Any]) -> tuple[Array | None, ...]:
    """The backward error of elimination: √(L² U²) entry by entry, in the order of A's rows."""
    a = np.asarray(xs[0], np.float64)
    n = a.shape[-1]
    factors, order, _ = elimination.lu(a.reshape(-1, n, n))
    lower = np.tril(factors, -1) + np.eye(n)
    size = np.sqrt(np.square(lower) @ np.square(np.triu(factors)))
    places = np.argsort(order, axis=-1)[..., np.newaxis]
    return (np.take_along_axis(size, places, axis=-2).reshape(a.shape), *(None for _ in xs[1:]))


def _by_norm(xs: list[Any]) -> tuple[Array | None, ...]:
    """A backward error of the size of the matrix: its longest row."""
    rows = np.sqrt(np.sum(np.square(np.asarray(xs[0], np.float64)), axis=-1, keepdims=True))
    return (np.max(rows, axis=-2, keepdims=True, initial=0.0),)


def _by_columns(xs: list[Any]) -> tuple[Array | None, ...]:
    """A backward error of the size of each column."""
    return (np.sqrt(np.sum(np.square(np.asarray(xs[0], np.float64)), axis=-2, keepdims=True)),)


def _by_diagonal(xs: list[Any]) -> tuple[Array | None, ...]:
    """Cholesky's backward error: √(a_ii a_jj)."""
    scale = np.sqrt(np.abs(np.diagonal(np.asarray(xs[0], np.float64), axis1=-2, axis2=-1)))
    return (scale[..., :, np.newaxis] * scale[..., np.newaxis, :],)


def _solve_matrix(g: Array, z: Array, a: Array, b: Array) -> Array:
    return e.negative(p.matmul(solve(T(a), g), T(z)))


solve: ArrayRecord = ArrayRecord(
    "solve",
    functions.solve,
    written="matrices.solve",
    shape=_stacks,
    reverse=(_solve_matrix, lambda g, z, a, b: solve(T(a), g)),
    forward=(
        lambda t, z, a, b: e.negative(solve(a, p.matmul(t, z))),
        lambda t, z, a, b: solve(a, t),
    ),
    stacked=True,
    terms=_side,
    backward=_eliminated,
    operations=_cubic,
)

# l = ln |det A|:  l̇ = tr(A⁻¹ Ȧ),  Ā = l̄ A⁻ᵀ. The sign stands still.


def _slogdet_adjoint(g: Array, z: Array, a: Array) -> Array:
    last = p.getitem(g, key=(*(WHOLE,) * (len(g.shape) - 1), ("slice", 1, None, None)))
    wide = p.reshape(last, shape=(*last.shape, 1))
    return e.multiply(wide, T(solve(a, _identity(a))))


def _slogdet_tangent(t: Array, z: Array, a: Array) -> Array:
    last = (len(t.shape) - 2,)
    slope = p.sum(_diagonal(solve(a, t)), axis=last, keepdims=True)
    zero = create(slope, p.full, shape=slope.shape, value=0.0, dtype=slope.dtype)
    return p.concat(zero, slope, axis=len(t.shape) - 2)


slogdet: ArrayRecord = ArrayRecord(
    "slogdet",
    functions.slogdet,
    written="matrices.slogdet",
    shape=lambda shapes, static: (*shapes[0][:-2], 2),
    reverse=(_slogdet_adjoint,),
    forward=(_slogdet_tangent,),
    stacked=True,
    terms=_side,
    backward=_eliminated,
    rounding=lambda xs, z: z * np.array([0.0, 1.0]),
    operations=_cubic,
)

# A = L Lᵀ:  L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ), Φ the lower half with half the diagonal, its own transpose;
# hence  Ā = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, of which the symmetric part counts.


def _symmetric(x: Array) -> Array:
    return e.multiply(e.add(x, T(x)), 0.5)


def _cholesky_adjoint(g: Array, z: Array, a: Array) -> Array:
    inner = solve(T(z), _below(p.matmul(T(z), g), 0.5))
    return _symmetric(T(solve(T(z), T(inner))))


def _cholesky_tangent(t: Array, z: Array, a: Array) -> Array:
    inner = solve(z, T(solve(z, _symmetric(t))))
    return p.matmul(z, _below(inner, 0.5))


cholesky: ArrayRecord = ArrayRecord(
    "cholesky",
    functions.cholesky,
    written="matrices.cholesky",
    shape=lambda shapes, static: shapes[0],
    reverse=(_cholesky_adjoint,),
    forward=(_cholesky_tangent,),
    stacked=True,
    terms=_side,
    backward=_by_diagonal,
    operations=_cubic,
)

# A V = V diag(w), P = Vᵀ Ȧ V:  ẇ = diag P,  V̇ = V (F ∘ P),  F_ij = 1 / (w_j − w_i), 0 where they
# are equal;  Ā = V (diag w̄ + F ∘ (Vᵀ V̄)) Vᵀ, of which the symmetric part counts.


def _parts(z: Array) -> tuple[Array, Array, Array]:
    """w as a row (..., 1, n), V, and F."""
    n = z.shape[-1]
    w, v = _rows(z, 0, 1), _rows(z, 1, None)
    gaps = e.subtract(w, T(w))
    same = e.equal(gaps, 0)
    return w, v, e.where(same, 0.0, e.divide(1.0, e.where(same, 1.0, gaps))) if n else gaps


def _eigh_adjoint(g: Array, z: Array, a: Array) -> Array:
    _, v, f = _parts(z)
    gw, gv = _rows(g, 0, 1), _rows(g, 1, None)
    on = _on_diagonal(p.reshape(gw, shape=(*gw.shape[:-2], gw.shape[-1])))
    inner = e.add(on, e.multiply(f, p.matmul(T(v), gv)))
    return _symmetric(p.matmul(p.matmul(v, inner), T(v)))


def _eigh_tangent(t: Array, z: Array, a: Array) -> Array:
    _, v, f = _parts(z)
    inner = p.matmul(T(v), p.matmul(_symmetric(t), v))
    values = _diagonal(inner)
    row = p.reshape(values, shape=(*values.shape[:-1], 1, values.shape[-1]))
    return p.concat(row, p.matmul(v, e.multiply(f, inner)), axis=len(t.shape) - 2)


eigh: ArrayRecord = ArrayRecord(
    "eigh",
    functions.eigh,
    written="matrices.eigh",
    shape=lambda shapes, static: (*shapes[0][:-2], shapes[0][-1] + 1, shapes[0][-1]),
    reverse=(_eigh_adjoint,),
    forward=(_eigh_tangent,),
    stacked=True,
    terms=_side,
    backward=_by_norm,
    operations=_cubic,
)

# A = Q R, C = Qᵀ Ȧ R⁻¹, Ω its strict lower half less that half's transpose:
#     Q̇ = Q Ω + Ȧ R⁻¹ − Q C,   Ṙ = (C − Ω) R;
# M = R R̄ᵀ − Q̄ᵀ Q, its lower half mirrored upwards:  Ā = (Q̄ + Q M) R⁻ᵀ.


def _qr_parts(x: Array) -> tuple[Array, Array]:
    n = x.shape[-1]
    m = x.shape[-2] - n
    return _rows(x, 0, m), _rows(x, m, None)


def _qr_adjoint(g: Array, z: Array, a: Array) -> Array:
    q, r = _qr_parts(z)
    gq, gr = _qr_parts(g)
    upper = T(_below(T(gr), 1.0))
    inner = e.subtract(p.matmul(r, T(upper)), p.matmul(T(gq), q))
    mirrored = e.add(_below(inner, 1.0), T(_below(inner, 0.0)))
    return T(solve(r, T(e.add(gq, p.matmul(q, mirrored)))))


def _qr_tangent(t: Array, z: Array, a: Array) -> Array:
    q, r = _qr_parts(z)
    scaled = T(solve(T(r), T(t)))
    inner = p.matmul(T(q), scaled)
    low = _below(inner, 0.0)
    turn = e.subtract(low, T(low))
    rest = e.subtract(inner, turn)
    moved = e.subtract(scaled, p.matmul(q, rest))
    return p.concat(moved, p.matmul(rest, r), axis=len(t.shape) - 2)


qr: ArrayRecord = ArrayRecord(
    "qr",
    functions.qr,
    written="matrices.qr",
    shape=lambda shapes, static: (*shapes[0][:-2], shapes[0][-2] + shapes[0][-1], shapes[0][-1]),
    reverse=(_qr_adjoint,),
    forward=(_qr_tangent,),
    stacked=True,
    terms=lambda xs, z: int(xs[0].shape[-2]),
    backward=_by_columns,
    operations=_cubic,
)

# exp [[A, E], [0, A]] = [[exp A, L], [0, exp A]], L the derivative of exp at A along E; the
# transpose of that map is the derivative at Aᵀ.


def _expm_along(a: Array, t: Array) -> Array:
    n, rank = a.shape[-1], len(a.shape)
    zero = create(a, p.full, shape=a.shape, value=0.0, dtype=a.dtype)
    above = p.concat(a, t, axis=rank - 1)
    whole = p.concat(above, p.concat(zero, a, axis=rank - 1), axis=rank - 2)
    key = (("slice", None, n, None), ("slice", n, None, None))
    return p.getitem(expm(whole), key=(*(WHOLE,) * (rank - 2), *key))


expm: ArrayRecord = ArrayRecord(
    "expm",
    functions.expm,
    written="matrices.expm",
    shape=lambda shapes, static: shapes[0],
    reverse=(lambda g, z, a: _expm_along(T(a), g),),
    forward=(lambda t, z, a: _expm_along(a, t),),
    stacked=True,
    terms=_side,
    backward=_by_norm,
    operations=lambda shapes, result, static: 20 * _cubic(shapes, result, static),
)
