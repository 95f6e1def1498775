"""Right kernels, mistakes that are planted in gradients, and bugs that were real, rebuilt small.

A planted mistake changes the gradients that a right kernel answers. Each says what a verdict should
name: words of which one is in the sentence, none where the hypotheses have no name for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from gradparity.harness.judging.low_precision import rounded
from gradparity.problems import Array

Shapes = list[tuple[int, ...]]


def _norm(x: Any) -> Any:
    mean = x.mean(-1, keepdim=True)
    return (x - mean) * torch.rsqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)


def _plain_attention(q: Any, k: Any, v: Any) -> Any:
    return F.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v


def _labels(x: Any) -> Any:
    return torch.arange(len(x)) % x.shape[1]


def _wide(f: Callable[..., Any]) -> Callable[..., Any]:
    """f in float32 inside."""
    return lambda *xs: f(*(x.float() for x in xs)).to(xs[0].dtype)


TORCH: dict[str, tuple[Callable[..., Any], Shapes]] = {
    "softmax": (lambda x: F.softmax(x, -1), [(64, 64)]),
    "log-softmax": (lambda x: F.log_softmax(x, -1), [(40, 33)]),
    "layer norm": (lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), [(64, 64), (64,), (64,)]),
    "layer norm written out": (_norm, [(40, 48)]),
    "layer norm in float32": (_wide(_norm), [(40, 48)]),
    "RMS norm": (lambda x, w: F.rms_norm(x, x.shape[-1:], w, 1e-6), [(40, 48), (48,)]),
    "group norm": (lambda x: F.group_norm(x, 4), [(6, 16, 10)]),
    "GELU": (lambda x: F.gelu(x), [(40, 33)]),
    "SiLU": (lambda x: F.silu(x), [(40, 33)]),
    "tanh": (torch.tanh, [(64, 64)]),
    "attention": (F.scaled_dot_product_attention, [(1, 4, 64, 16)] * 3),
    "attention written out": (_plain_attention, [(1, 2, 33, 8)] * 3),
    "attention in float32": (_wide(_plain_attention), [(1, 2, 33, 8)] * 3),
    "causal attention": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        [(2, 2, 33, 8)] * 3,
    ),
    "cross-entropy": (lambda x: F.cross_entropy(x, _labels(x), reduction="none"), [(40, 12)]),
    "mean of cross-entropies": (lambda x: F.cross_entropy(x, _labels(x)), [(40, 12)]),
    "linear": (lambda x, w, b: F.linear(x, w, b), [(40, 24), (20, 24), (20,)]),
    "matmul": (lambda x, w: x @ w, [(40, 24), (24, 20)]),
    "convolution": (lambda x, w: F.conv2d(x, w), [(2, 3, 9, 9), (4, 3, 3, 3)]),
    "two layers": (lambda x, v, w: F.gelu(x @ v) @ w, [(20, 16), (16, 24), (24, 10)]),
    "embedding": (lambda w: F.embedding(torch.arange(60) % 13, w), [(13, 20)]),
}
"""Right kernels of torch: what autograd makes of them."""

PLANTED_IN = ("softmax", "layer norm", "tanh", "attention")
"""The kernels in whose gradients mistakes are planted: 4,096 numbers in an input."""


def jax_kernels() -> dict[str, tuple[Callable[..., Any], Shapes]]:
    """Right kernels of JAX."""
    import jax
    import jax.numpy as jnp

    def norm(x: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) * jax.lax.rsqrt(jnp.var(x, -1, keepdims=True) + 1e-5)

    def attention(q: Any, k: Any, v: Any) -> Any:
        return jax.nn.softmax(q @ k.T * q.shape[-1] ** -0.5, -1) @ v

    return {
        "softmax (JAX)": (lambda x: jax.nn.softmax(x, -1), [(40, 33)]),
        "layer norm (JAX)": (norm, [(40, 48)]),
        "attention (JAX)": (attention, [(33, 8)] * 3),
        "GELU (JAX)": (jax.nn.gelu, [(40, 33)]),
    }


Mistake = Callable[[list[Array], list[Array], np.random.Generator], list[Array]]
"""(gradients, inputs, generator) -> the gradients with the mistake in them."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A kind of mistake. named: words of which one is to be told; () where there is no name."""

    kind: str
    mistake: Mistake
    named: tuple[str, ...]


def _first(change: Callable[[Array, Array, np.random.Generator], Array]) -> Mistake:
    """A mistake in the gradient of the first input."""
    return lambda gs, xs, rng: [change(gs[0].copy(), xs[0], rng), *gs[1:]]


def _at(where: Any, factor: float) -> Mistake:
    def change(g: Array, x: Array, rng: np.random.Generator) -> Array:
        g[where] *= factor
        return g

    return _first(change)


def _stale(g: Array, x: Array, rng: np.random.Generator) -> Array:
    g[..., 16:32, :] = g[..., :16, :]
    return g


def _one(g: Array, x: Array, rng: np.random.Generator) -> Array:
    g.flat[int(np.argmax(np.abs(g)))] *= -1
    return g


def _row(x: Array, rng: np.random.Generator) -> Array:
    return rng.normal(size=(*x.shape[:-1], 1))


_rows = np.s_[..., :, :]
PLANTED = [
    *(
        Planted(f"times {k}", lambda gs, xs, rng, k=k: [k * g for g in gs], ("All of",))  # type: ignore[misc]
        for k in (1.01, 1.02, 1.05, 0.97)
    ),
    Planted("√d forgotten", lambda gs, xs, rng: [g * 4 for g in gs], ("times what it should be",)),
    Planted("sign", lambda gs, xs, rng: [-g for g in gs], ("All of", "-1 times")),
    Planted("zero", _at(np.s_[...], 0.0), ("is zero",)),
    Planted("a row", _at(np.s_[..., 3, :], 1.3), ("index 3",)),
    Planted("a column", _at(np.s_[..., 5], 1.3), ("index 5",)),
    Planted("a row's sign", _at(np.s_[..., 7, :], -1.0), ("index 7",)),
    Planted("the first row", _at(np.s_[..., 0, :], 0.0), ("index 0",)),
    Planted("the last row", _at(np.s_[..., -1, :], 0.0), ("index 63",)),
    Planted("the last column", _at(np.s_[..., -1], 2.0), ("index 63", "index 15")),
    Planted("all but the first row", _at(np.s_[..., 1:, :], 5.0), ("all but the first",)),
    Planted("last of blocks", _at(np.s_[..., 15::16, :], 0.0), ("last of each block of 16",)),
    Planted("first of blocks", _at(np.s_[..., ::32, :], 1.5), ("first of each block of 32",)),
    Planted("from 32 on", _at(np.s_[..., 32:, :], 0.538), ("all from 32", "block 1 of 32")),
    Planted("a block", _at(np.s_[..., 16:32, :], 1.2), ("block 1 of 16",)),
    Planted("a stale block", _first(_stale), ("16 places before", "block 1 of 16")),
    Planted("shifted", _first(lambda g, x, rng: np.roll(g, 1, -2)), ("1 places before",)),
    Planted(
        "a constant a row",
        _first(lambda g, x, rng: g + 0.3 * np.std(g) * _row(x, rng)),
        ("a constant of its own",),
    ),
    Planted(
        "a multiple of x a row",
        _first(lambda g, x, rng: g + 0.3 * np.std(g) * _row(x, rng) * x / np.std(x)),
        ("own row",),
    ),
    Planted("one number", _first(_one), ()),
    Planted("absolute value", _first(lambda g, x, rng: np.abs(g)), ()),
    Planted("clipped", _first(lambda g, x, rng: np.clip(g, -np.std(g), np.std(g))), ()),
    Planted("3 bits", _first(lambda g, x, rng: _short(g)), ()),
    Planted("another point", _first(lambda g, x, rng: rng.permutation(g.ravel()).reshape(g.shape)), ()),
]  # fmt: skip


def _short(g: Array) -> Array:
    """Numbers of three bits."""
    fraction, power = np.frexp(g)
    return np.ldexp(np.round(fraction * 8) / 8, power)


def planted(
    one: Planted, gradients: list[Array], inputs: list[Array], dtype: str, seed: int
) -> list[Array]:
    """The gradients with a mistake, rounded to the dtype as a kernel would."""
    rng = np.random.default_rng((seed, 15))
    found = one.mistake([g.astype(np.float64) for g in gradients], inputs, rng)
    return [rounded(g, dtype) for g in found]
