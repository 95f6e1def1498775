"""Every operation that has a shape, in a small expression of x (3, 4), over any namespace."""

import numpy as np


def _square(xp, x):
    return xp.matmul(xp.matrix_transpose(x), x) + 0.5 * np.diag([1.0, 2.0, 3.0, 4.0])


X = np.random.default_rng(31337).normal(size=(3, 4))
CASES = {
    "clip": lambda xp, x: xp.clip(x, -0.5, 0.75),
    "where": lambda xp, x: xp.where(x > 0, x * x, 3.0 * x),
    "sum": lambda xp, x: xp.sum(x * x, axis=1, keepdims=True) * xp.sum(x),
    "mean": lambda xp, x: xp.mean(x * x, axis=(0, -1)) + xp.mean(x, axis=0) ** 3,
    "prod": lambda xp, x: xp.prod(x, axis=1) * xp.prod(x),
    "max": lambda xp, x: xp.max(x, axis=0) * xp.max(x),
    "min": lambda xp, x: xp.min(x, axis=1, keepdims=True) * xp.min(x, axis=(0, 1)) * x,
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x * x, axis=1),
    "matmul": lambda xp, x: xp.matmul(x, xp.matrix_transpose(x)) @ x[:, 0],
    "einsum": lambda xp, x: xp.einsum("ij,kj,k->i", x, x, x[:, 1]) + xp.einsum("ij,kj->ik", x, x),
    "reshape": lambda xp, x: xp.reshape(x, (2, -1)) ** 2,
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=1) * xp.expand_dims(x, axis=-1),
    "squeeze": lambda xp, x: xp.squeeze(x[:1, None, :], axis=(0, 1)) ** 3,
    "broadcast_to": lambda xp, x: xp.broadcast_to(x[:, 0] * x[:, 1], (5, 3)),
    "permute_dims": lambda xp, x: xp.permute_dims(x[:, :, None] * x[0], (2, 0, 1)),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x) @ x + x.T @ x,
    "concat": lambda xp, x: xp.concat([x, x * x, xp.ones_like(x)], axis=1),
    "stack": lambda xp, x: xp.stack([x, xp.zeros_like(x), x**3], axis=1),
    "flip": lambda xp, x: xp.flip(x, axis=1) * x + xp.flip(x),
    "roll": lambda xp, x: xp.roll(x, 1, axis=0) * x + xp.roll(x, 5) * xp.roll(x, (1, 2), (0, 1)),
    "take": lambda xp, x: xp.take(x * x, np.array([2, 0, 2]), axis=0),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x * x, np.array([[3], [0], [1]]), axis=1),
    "zeros_like": lambda xp, x: xp.zeros_like(x) * x,
    "ones_like": lambda xp, x: xp.ones_like(x) * x,
    "arange": lambda xp, x: x * xp.astype(xp.arange(4), x.dtype) + xp.arange(0.5, 4.0),
    "astype": lambda xp, x: xp.astype(x > 0, x.dtype) * x + xp.astype(x, x.dtype) ** 2,
    "solve": lambda xp, x: xp.solve(_square(xp, x), xp.matrix_transpose(x * x)),
    "slogdet": lambda xp, x: xp.slogdet(_square(xp, x))[1],
    "cholesky": lambda xp, x: xp.cholesky(_square(xp, x)),
    "eigh": lambda xp, x: xp.eigh(_square(xp, x))[0] * xp.eigh(_square(xp, x))[1] ** 2,
    "qr": lambda xp, x: xp.qr(x)[0][:, :1] ** 2 * xp.qr(x)[1] ** 2,
    "expm": lambda xp, x: xp.expm(x[:, :3]),
    "indexing": lambda xp, x: x[1:, ::2] * x[..., :1][1:] + x[None, 2, 1:3][0],
    "integer arrays": lambda xp, x: x[np.array([0, 2, 2]), np.array([1, 1, 3])] ** 2,
    "integers apart": lambda xp, x: (x[:, None, :] * x[:, :3, None])[np.array([0, 1]), :, 2],
    "one integer array, Ellipsis": lambda xp, x: x[..., np.array([3, 3, 0])] ** 2,
    "boolean mask": lambda xp, x: x[np.eye(3, 4, dtype=bool)] ** 3,
    "operators": lambda xp, x: (2.0 - x) / (1.5 + x * x) - (-x) ** 3 + 2.0**x + abs(x) + (+x),
    "constants on the left": lambda xp, x: (
        np.eye(3) @ x - np.ones(4) / (2 + x * x) + np.ones(4) * x
    ),
    "unpacking": lambda xp, x: x[0] * [row * row for row in x][2] * len(x),
}
