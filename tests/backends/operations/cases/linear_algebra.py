"""Matrices are kept well conditioned: a multiple of the identity and a few numbers beside it."""

from tests.backends.operations.cases.case import Case

NO_RULE = {
    **dict.fromkeys(("complex-step", "arb"), "no factorisation of such numbers"),
    "autograd": "the library has no forward derivative of a factorisation, or none at all",
}
LOOSE = dict.fromkeys(("tape", "tape-eager", "jax-eager", "torch", "autograd"), 8.0)
SQUARE = {"shapes": ((2, 3, 3),), "off": NO_RULE, "loose": LOOSE, "domains": ((-1.0, 1.0),)}
TWO = {"domains": ((-1.0, 1.0), (-1.0, 1.0)), "off": NO_RULE, "loose": LOOSE}


def _spread(xp, x):
    """x with distinct numbers added on its diagonal, from 3 to 6.5."""
    n = x.shape[-1]
    i = xp.arange(n)
    return x + xp.where(i == xp.expand_dims(i, axis=1), 3.0 + 1.5 * xp.astype(i, x.dtype), 0.0)


def _gram(xp, x):
    """A symmetric, positive definite matrix with distinct eigenvalues."""
    x = _spread(xp, x)
    return xp.matmul(x, xp.matrix_transpose(x))


def _qr(xp, x):
    q, r = xp.qr(_spread(xp, x))
    return q * q + xp.square(r)


def _vectors(xp, x):
    """What does not depend on signs."""
    values, vectors = xp.eigh(_gram(xp, x))
    return xp.square(vectors) * xp.expand_dims(values, axis=-2)


def _svd(xp, x):
    u, s, v = xp.svd(x[..., :2] + _spread(xp, x)[..., :2], full_matrices=False)
    return xp.matmul(u * xp.expand_dims(xp.sin(s), axis=-2), v)


CASES = {
    "solve": Case(lambda xp, a, b: xp.solve(_spread(xp, a), b), shapes=((3, 3), (2, 3, 2)), **TWO),
    "solve for a vector": Case(
        lambda xp, a, b: xp.linalg.solve(_spread(xp, a), b), shapes=((3, 3), (3,)), **TWO
    ),
    "slogdet": Case(lambda xp, x: xp.slogdet(_spread(xp, x))[1], **SQUARE, standard=False),
    "cholesky": Case(lambda xp, x: xp.cholesky(_gram(xp, x)), **SQUARE),
    "cholesky, upper": Case(lambda xp, x: xp.cholesky(_gram(xp, x), upper=True), **SQUARE),
    "eigh": Case(_vectors, **SQUARE),
    "qr": Case(_qr, **SQUARE),
    "qr of a wide matrix": Case(lambda xp, x: xp.qr(_spread(xp, x)[..., :2, :])[1] ** 2, **SQUARE),
    "expm": Case(lambda xp, x: xp.expm(x), **SQUARE),
    "inv": Case(lambda xp, x: xp.inv(_spread(xp, x)), **SQUARE),
    "det": Case(lambda xp, x: xp.det(_spread(xp, x)), **SQUARE),
    "solve_triangular": Case(
        lambda xp, a, b: xp.solve_triangular(_spread(xp, a), b, lower=True),
        shapes=((3, 3), (3,)),
        **TWO,
    ),
    "solve_triangular, upper": Case(
        lambda xp, a, b: xp.solve_triangular(_spread(xp, a), b, unit_diagonal=True),
        shapes=((2, 3, 3), (3, 2)),
        **TWO,
    ),
    "eigvalsh": Case(lambda xp, x: xp.eigvalsh(_gram(xp, x)), **SQUARE),
    "svd": Case(_svd, **SQUARE, standard=False),
    "svdvals": Case(lambda xp, x: xp.svdvals(_spread(xp, x)[..., :2, :]), **SQUARE),
    "pinv": Case(lambda xp, x: xp.pinv(_spread(xp, x)[..., :2, :]), **SQUARE),
    "matrix_power": Case(lambda xp, x: xp.matrix_power(_spread(xp, x), -3), **SQUARE),
    "norm": Case(lambda xp, x: xp.norm(x, axis=-1, ord=3), shapes=((3, 4),), apart=(0.0,)),
    "vector_norm": Case(lambda xp, x: xp.vector_norm(x, axis=0, keepdims=True), shapes=((3, 4),)),
    "matrix_norm": Case(lambda xp, x: xp.matrix_norm(_spread(xp, x), ord="nuc"), **SQUARE),
    "matrix_norm, 2": Case(lambda xp, x: xp.matrix_norm(_spread(xp, x), ord=2), **SQUARE),
    "trace": Case(lambda xp, x: xp.trace(x, offset=1), shapes=((2, 3, 4),)),
    "outer": Case(lambda xp, x, y: xp.outer(x, y), shapes=((3,), (2,)), domains=TWO["domains"]),
    "tensordot": Case(
        lambda xp, x, y: xp.tensordot(x, y, axes=((1, 2), (2, 0))),
        shapes=((2, 3, 4), (4, 2, 3)),
        domains=TWO["domains"],
    ),
    "vecdot": Case(lambda xp, x, y: xp.vecdot(x, y), shapes=((3, 4), (4,)), domains=TWO["domains"]),
    "cross": Case(
        lambda xp, x, y: xp.cross(x, y, axis=0), shapes=((3, 2), (3, 2)), domains=TWO["domains"]
    ),
    "kron": Case(lambda xp, x, y: xp.kron(x, y), shapes=((2, 3), (3, 2)), domains=TWO["domains"]),
}
