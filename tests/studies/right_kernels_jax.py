"""Right kernels of JAX: written out, compiled, in float32 inside, with a rule by hand."""

from __future__ import annotations

from typing import Any

from tests.studies.right_kernels import Function, RightKernel


def jax_kernels() -> dict[str, RightKernel]:
    """The kernels by name; JAX is imported here."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    def wide(f: Function) -> Function:
        return lambda *xs: f(*(x.astype(jnp.float32) for x in xs)).astype(xs[0].dtype)

    def norm(x: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) * lax.rsqrt(jnp.var(x, -1, keepdims=True) + 1e-5)

    def rms(x: Any, w: Any) -> Any:
        return x * lax.rsqrt(jnp.mean(jnp.square(x), -1, keepdims=True) + 1e-6) * w

    def attention(q: Any, k: Any, v: Any) -> Any:
        return jax.nn.softmax(q @ jnp.swapaxes(k, -1, -2) * q.shape[-1] ** -0.5, -1) @ v

    def causal(q: Any, k: Any, v: Any) -> Any:
        scores = q @ jnp.swapaxes(k, -1, -2) * q.shape[-1] ** -0.5
        seen = jnp.tril(jnp.ones(scores.shape[-2:], bool))
        return jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), -1) @ v

    def entropy(x: Any) -> Any:
        at = jnp.arange(len(x)) % x.shape[1]
        return -jnp.take_along_axis(jax.nn.log_softmax(x, -1), at[:, None], -1)[:, 0]

    def layers(x: Any, v: Any, w: Any) -> Any:
        return jax.nn.gelu(x @ v) @ w

    @jax.custom_vjp
    def by_hand(x: Any) -> Any:
        return jax.nn.softmax(x, -1)

    def back(p: Any, g: Any) -> Any:
        p32, g32 = p.astype(jnp.float32), g.astype(jnp.float32)
        return ((p32 * (g32 - (p32 * g32).sum(-1, keepdims=True))).astype(g.dtype),)

    by_hand.defvjp(lambda x: (by_hand(x), by_hand(x)), back)

    heads, rows = [(1, 2, 33, 8)] * 3, [(40, 33)]
    found: list[tuple[str, Function, list[tuple[int, ...]]]] = [
        ("softmax", lambda x: jax.nn.softmax(x, -1), rows),
        ("softmax in float32", wide(lambda x: jax.nn.softmax(x, -1)), rows),
        ("softmax compiled", jax.jit(lambda x: jax.nn.softmax(x, -1)), rows),
        ("softmax by hand", by_hand, rows),
        ("log-softmax", lambda x: jax.nn.log_softmax(x, -1), rows),
        ("log of a sum of exponentials", lambda x: jax.nn.logsumexp(x, -1), rows),
        ("layer norm", norm, [(40, 48)]),
        ("layer norm in float32", wide(norm), [(40, 48)]),
        ("layer norm compiled", jax.jit(norm), [(40, 48)]),
        ("RMS norm", rms, [(40, 48), (48,)]),
        ("RMS norm in float32", wide(rms), [(40, 48), (48,)]),
        ("attention", attention, [(33, 8)] * 3),
        ("attention in float32", wide(attention), heads),
        ("attention compiled", jax.jit(attention), heads),
        ("causal attention", causal, heads),
        ("causal attention compiled", jax.jit(causal), heads),
        ("GELU", jax.nn.gelu, rows),
        ("SiLU", jax.nn.silu, rows),
        ("SiLU in float32", wide(jax.nn.silu), rows),
        ("tanh", jnp.tanh, rows),
        ("sigmoid", jax.nn.sigmoid, rows),
        ("cross-entropy", entropy, [(40, 12)]),
        ("matmul", lambda x, w: x @ w, [(40, 24), (24, 20)]),
        ("two layers", layers, [(20, 16), (16, 24), (24, 10)]),
        ("two layers compiled", jax.jit(layers), [(20, 16), (16, 24), (24, 10)]),
        ("einsum", lambda x, y: jnp.einsum("bij,bkj->bik", x, y), [(2, 20, 16), (2, 24, 16)]),
        ("embedding", lambda w: jnp.take(w, jnp.arange(60) % 13, 0), [(13, 20)]),
    ]
    return {f"{name} (JAX)": RightKernel(f, shapes, "jax") for name, f, shapes in found}
