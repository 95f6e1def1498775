"""The operations of a loss on JAX's arrays: those of jax.numpy, and what JAX has elsewhere.

A composite that JAX's users call by a function of JAX's is that function.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from gradparity.problems import Namespace


@cache
def library() -> tuple[Any, Namespace]:
    """JAX, with float64 switched on, and its namespace."""
    import jax
    import jax.numpy
    import jax.scipy.linalg

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    return jax, Namespace("jax", jax.numpy, _replacements(jax))


def _replacements(jax: Any) -> dict[str, Callable[..., Any]]:
    nn = jax.nn
    linalg = jax.numpy.linalg
    return {
        "solve": linalg.solve,
        "slogdet": linalg.slogdet,
        "cholesky": linalg.cholesky,
        "eigh": linalg.eigh,
        "qr": linalg.qr,
        "expm": jax.scipy.linalg.expm,
        "inv": linalg.inv,
        "det": linalg.det,
        "svd": lambda x, full_matrices=False: linalg.svd(x, full_matrices=full_matrices),
        "svdvals": linalg.svdvals,
        "pinv": linalg.pinv,
        "matrix_power": linalg.matrix_power,
        "softplus": nn.softplus,
        "sigmoid": nn.sigmoid,
        "relu": nn.relu,
        "logsumexp": nn.logsumexp,
        "softmax": nn.softmax,
        "log_softmax": nn.log_softmax,
    }
