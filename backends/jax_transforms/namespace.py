"""The operations of a loss on JAX's arrays: those of jax.numpy, and what JAX has elsewhere.

A composite that JAX's users call by a function of JAX's is that function.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from gradparity.problems import Namespace
from gradparity.problems.operations import control, numpy_functions, windows


@cache
def library() -> tuple[Any, Namespace]:
    """JAX, with float64 switched on, and its namespace."""
    import jax
    import jax.numpy
    import jax.scipy.linalg
    import jax.scipy.special

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    return jax, Namespace("jax", jax.numpy, _replacements(jax))


_OF_NN = ("relu", "relu6", "leaky_relu", "elu", "celu", "selu", "silu", "mish")
"""What jax.nn has under our names."""
_OF_SCIPY = (
    *("erf", "erfc", "erfinv", "log_ndtr", "digamma", "polygamma", "gammainc", "gammaincc"),
    *("i0e", "i1e", "betaln", "beta", "logit", "xlogy", "xlog1py", "ndtr"),
)
"""What jax.scipy.special has under our names."""


def _replacements(jax: Any) -> dict[str, Callable[..., Any]]:
    nn, jnp, special = jax.nn, jax.numpy, jax.scipy.special
    linalg = jnp.linalg

    def convolution(rank: int) -> Callable[..., Any]:
        def operation(
            x: Any,
            weight: Any,
            bias: Any = None,
            stride: Any = 1,
            padding: Any = 0,
            dilation: Any = 1,
            groups: int = 1,
        ) -> Any:
            spread = windows.each(dilation, rank)
            found = jax.lax.conv_general_dilated(
                x,
                weight,
                windows.each(stride, rank),
                windows.margins(padding, weight.shape[2:], spread),
                rhs_dilation=spread,
                feature_group_count=groups,
                precision="highest",
            )
            return found if bias is None else found + bias.reshape((-1, *(1,) * rank))

        operation.stands_for = "jax.lax.conv_general_dilated"  # type: ignore[attr-defined]
        return operation

    def scan(
        f: Any, init: Any, xs: Any = None, length: int | None = None, checkpoint: int | None = None
    ) -> Any:
        count = control.steps_of(xs, length)
        if checkpoint is None or not 0 < checkpoint < count:
            return jax.lax.scan(f, init, xs, length)
        return control.segmented(jnp, jax.lax.scan, jax.checkpoint, f, init, xs, count, checkpoint)

    scan.stands_for = "jax.lax.scan"  # type: ignore[attr-defined]

    def fourier(x: Any, axis: int = -2, inverse: bool = False) -> Any:
        z, along = jax.lax.complex(x[..., 0], x[..., 1]), axis % x.ndim
        found = (
            jnp.fft.ifft(z, axis=along, norm="forward") if inverse else jnp.fft.fft(z, axis=along)
        )
        return jnp.stack([jnp.real(found), jnp.imag(found)], axis=-1)

    named = (
        *("var", "cumulative_prod", "any", "all", "count_nonzero", "argmax", "argmin", "sort"),
        *("tril", "triu", "tile", "moveaxis", "swapaxes", "unstack", "meshgrid"),
    )
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
        **{name: getattr(jnp, name) for name in named},
        "conv1d": convolution(1),
        "conv2d": convolution(2),
        "segment_sum": jax.ops.segment_sum,
        **{name: getattr(special, name) for name in _OF_SCIPY},
        "lgamma": special.gammaln,
        "remainder": jnp.remainder,
        "softplus": nn.softplus,
        "sigmoid": nn.sigmoid,
        **{name: getattr(nn, name) for name in _OF_NN},
        "log_sigmoid": nn.log_sigmoid,
        "softsign": nn.soft_sign,
        "hardsigmoid": nn.hard_sigmoid,
        "hardswish": nn.hard_silu,
        "gelu": lambda x, approximate="none": nn.gelu(x, approximate=approximate == "tanh"),
        "logsumexp": nn.logsumexp,
        "softmax": nn.softmax,
        "log_softmax": nn.log_softmax,
        "complex": jax.lax.complex,
        **{name: getattr(jnp, name) for name in ("real", "imag", "conj", "angle")},
        **{f"fft.{name}": getattr(jnp.fft, name) for name in numpy_functions.TRANSFORMS},
        "fourier": fourier,
        "scan": scan,
        "fori_loop": jax.lax.fori_loop,
        "cond": jax.lax.cond,
    }
