"""Linear algebra where values repeat or a rank is missing."""

from __future__ import annotations

import math
from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, between, exactly

_case = partial(Case, "matrices")

_EYE = ((1.0, 0.0), (0.0, 1.0))
_ZERO = ((0.0, 0.0), (0.0, 0.0))
_RANK_1 = ((1.0, 2.0), (2.0, 4.0))
_ORTHANT = between(((0, -1), (-1, 0)), ((1, 1), (1, 1)))
"""Around a subgradient u uᵀ, |u| = 1: entries on the diagonal in [0, 1], off it in [-1, 1]."""

# fmt: off
CASES = (
    _case("det of rank 1", _RANK_1, "smooth: the adjugate, (4, -2), (-2, 1)",
        exactly(((4, -2), (-2, 1))),
        lambda torch, x: torch.linalg.det(x), lambda jnp, jax, x: jnp.linalg.det(x),
        lambda xp, x: x[0, 0] * x[1, 1] - x[0, 1] * x[1, 0]),
    _case("det of rank 0", _ZERO, "smooth: the adjugate, 0", exactly(0),
        lambda torch, x: torch.linalg.det(x), lambda jnp, jax, x: jnp.linalg.det(x),
        lambda xp, x: x[0, 0] * x[1, 1] - x[0, 1] * x[1, 0]),
    _case("det of rank 1, 3 by 3", ((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        "smooth: the adjugate, 0", exactly(0),
        lambda torch, x: torch.linalg.det(x), lambda jnp, jax, x: jnp.linalg.det(x)),
    _case("log |det| of rank 1, slogdet", _RANK_1, "a pole: the value is -inf", UNDEFINED,
        lambda torch, x: torch.linalg.slogdet(x)[1], lambda jnp, jax, x: jnp.linalg.slogdet(x)[1]),
    _case("inverse of rank 1, summed", _RANK_1, "a pole", UNDEFINED,
        lambda torch, x: torch.linalg.inv(x), lambda jnp, jax, x: jnp.linalg.inv(x)),
    _case("pseudo-inverse of rank 1, summed", ((1.0, 0.0), (0.0, 0.0)), "a jump: the rank changes",
        UNDEFINED,
        lambda torch, x: torch.linalg.pinv(x), lambda jnp, jax, x: jnp.linalg.pinv(x)),
    _case("largest eigenvalue, all equal (eigvalsh)", _EYE,
        "a kink: u uᵀ for every unit vector u, and their means", _ORTHANT,
        lambda torch, x: torch.linalg.eigvalsh(x)[1],
        lambda jnp, jax, x: jnp.linalg.eigvalsh(x)[1]),
    _case("sum of all eigenvalues, all equal (eigvalsh)", _EYE, "the trace: the identity",
        exactly(((1, 0), (0, 1))),
        lambda torch, x: torch.linalg.eigvalsh(x), lambda jnp, jax, x: jnp.linalg.eigvalsh(x),
        lambda xp, x: x[0, 0] + x[1, 1]),
    _case("first entry of the first eigenvector, squared, all equal (eigh)", _EYE,
        "the vectors are a choice", UNDEFINED,
        lambda torch, x: torch.linalg.eigh(x)[1][0, 0] ** 2,
        lambda jnp, jax, x: jnp.linalg.eigh(x)[1][0, 0] ** 2),
    _case("length of the first eigenvector, all equal (eigh)", _EYE, "1, whichever it is: 0",
        exactly(0),
        lambda torch, x: torch.sum(torch.linalg.eigh(x)[1][:, 0] ** 2),
        lambda jnp, jax, x: jnp.sum(jnp.linalg.eigh(x)[1][:, 0] ** 2)),
    _case("V diag(lambda) Vᵀ, all equal (eigh)", _EYE,
        "x itself, summed: 1 on the diagonal; off it 2 in all, by the triangle that is read",
        between(((1, 0), (0, 1)), ((1, 2), (2, 1)), total=4),
        lambda torch, x: (lambda e: e[1] @ torch.diag(e[0]) @ e[1].T)(torch.linalg.eigh(x)),
        lambda jnp, jax, x: (lambda e: e[1] @ jnp.diag(e[0]) @ e[1].T)(jnp.linalg.eigh(x)),
        lambda xp, x: x),
    _case("largest singular value, all equal", _EYE,
        "a kink: u vᵀ for every such pair, and their means", _ORTHANT,
        lambda torch, x: torch.linalg.svdvals(x)[0],
        lambda jnp, jax, x: jnp.linalg.svd(x, compute_uv=False)[0]),
    _case("nuclear norm of rank 1", ((1.0, 0.0), (0.0, 0.0)),
        "a kink: 1 at the first entry, from -1 to 1 at the last",
        between(((1, 0), (0, -1)), ((1, 0), (0, 1))),
        lambda torch, x: torch.linalg.matrix_norm(x, "nuc"),
        lambda jnp, jax, x: jnp.linalg.norm(x, "nuc")),
    _case("U S Vᵀ, all equal (svd)", _EYE, "x itself, summed: 1", exactly(1),
        lambda torch, x: (lambda f: f[0] @ torch.diag(f[1]) @ f[2])(torch.linalg.svd(x)),
        lambda jnp, jax, x: (lambda f: f[0] @ jnp.diag(f[1]) @ f[2])(jnp.linalg.svd(x)),
        lambda xp, x: x),
    _case("spectral norm of zero", _ZERO, "a cone: every matrix of nuclear norm up to 1",
        between(-1, 1),
        lambda torch, x: torch.linalg.matrix_norm(x, 2), lambda jnp, jax, x: jnp.linalg.norm(x, 2)),
    _case("Cholesky factor of zero, summed", _ZERO, "on the border of the domain: infinite slope",
        UNDEFINED,
        lambda torch, x: torch.linalg.cholesky(x), lambda jnp, jax, x: jnp.linalg.cholesky(x)),
    _case("Cholesky, log det from its diagonal", _EYE, "smooth: the inverse, the identity",
        exactly(((1, 0), (0, 1))),
        lambda torch, x: 2 * torch.log(torch.diagonal(torch.linalg.cholesky(x))),
        lambda jnp, jax, x: 2 * jnp.log(jnp.diagonal(jnp.linalg.cholesky(x))),
        lambda xp, x: xp.log(x[0, 0] * x[1, 1] - x[0, 1] * x[1, 0])),
    _case("solve with rank 1, summed", _RANK_1, "a pole", UNDEFINED,
        lambda torch, x: torch.linalg.solve(x, torch.ones(2, dtype=x.dtype)),
        lambda jnp, jax, x: jnp.linalg.solve(x, jnp.ones(2))),
    _case("R of QR, of rank 1, summed", ((1.0, 0.0), (0.0, 0.0)),
        "no derivative: the second column has no direction", UNDEFINED,
        lambda torch, x: torch.linalg.qr(x)[1], lambda jnp, jax, x: jnp.linalg.qr(x)[1]),
    _case("matrix exponential of zero, summed", _ZERO, "smooth: 1", exactly(1),
        lambda torch, x: torch.linalg.matrix_exp(x), lambda jnp, jax, x: jax.scipy.linalg.expm(x)),
    _case("smallest distance to an orthogonal matrix", _EYE,
        "a cone: every matrix of length up to 1", between(-1, 1),
        lambda torch, x: torch.linalg.matrix_norm(x.T @ x - torch.eye(2, dtype=x.dtype)) / 2,
        lambda jnp, jax, x: jnp.linalg.norm(x.T @ x - jnp.eye(2)) / 2,
        lambda xp, x: xp.sqrt(
            xp.square(x[0, 0] * x[0, 0] + x[1, 0] * x[1, 0] - 1)
            + 2 * xp.square(x[0, 0] * x[0, 1] + x[1, 0] * x[1, 1])
            + xp.square(x[0, 1] * x[0, 1] + x[1, 1] * x[1, 1] - 1)) / 2),
    _case("mean angle, arccos(trace / 2)", _EYE, "infinite slope: the border of the domain",
        UNDEFINED,
        lambda torch, x: torch.acos(torch.trace(x) / 2) / math.pi,
        lambda jnp, jax, x: jnp.arccos(jnp.trace(x) / 2) / math.pi),
)
# fmt: on
