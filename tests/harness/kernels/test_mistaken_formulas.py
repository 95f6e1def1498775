"""Backward passes that recompute another function than the forward did: what, and in which head.

The wrong gradients are by hand, in float32, from the formulas of the backward: a second method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradparity.harness.kernels.card_verdict import CardFinding, judged_card
from gradparity.harness.kernels.deck import CARDS
from gradparity.harness.kernels.kernel import Kernel

ORDINARY = CARDS[0]
SMALL = next(card for card in CARDS if card.name == "scale 2^-8")
HEADS = [(1, 3, 24, 16)] * 3


def by_hand(forward: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            ctx.save_for_backward(*xs)
            return forward(*xs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            wide = [x.float() for x in (g, *ctx.saved_tensors)]
            return tuple(x.to(g.dtype) for x in backward(*wide))

    return ByHand.apply


def causal(q: Any, k: Any, v: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def seen(t: int, diagonal: int = 0) -> Any:
    return torch.ones(t, t, dtype=torch.bool).tril(diagonal)


def tiles(t: int) -> Any:
    i = torch.arange(t) // 16
    return i[:, None] >= i[None]


def attention(
    mask: Callable[[int], Any] = seen,
    scale: Callable[[int], float] = lambda d: d**-0.5,
    top: Callable[[Any, Any], Any] = lambda s, m: m,
    delta: float = 1.0,
    head: int | None = None,
) -> Any:
    """Attention whose backward recomputes P from its scores, the saved maximum, and the saved sum."""

    def backward(g: Any, q: Any, k: Any, v: Any) -> Any:
        t, d = q.shape[-2:]
        true = (q @ k.mT / d**0.5).masked_fill(~seen(t), -torch.inf)
        m = true.amax(-1, keepdim=True)
        total = torch.exp(true - m).sum(-1, keepdim=True)
        right = torch.exp(true - m) / total
        scores = (q @ k.mT * scale(d)).masked_fill(~mask(t), -torch.inf)
        p = torch.exp(scores - top(scores, m)) / total
        if head is not None:
            p = torch.where((torch.arange(q.shape[1]) == head)[:, None, None], p, right)
        dp = g @ v.mT
        ds = p * (dp - delta * (right * dp).sum(-1, keepdim=True)) / d**0.5
        return ds @ k, ds.mT @ q, p.mT @ g

    return by_hand(causal, backward)


def first_block(scores: Any, m: Any) -> Any:
    found = scores[..., :16].amax(-1, keepdim=True)
    return torch.where(torch.isfinite(found), found, m)


def norm(dy: float = 1.0, term: float = 1.0, root: Callable[[Any], Any] | None = None) -> Any:
    """Layer norm whose backward weighs its two means otherwise, or takes another root."""

    def backward(g: Any, x: Any) -> Any:
        variance = x.var(-1, keepdim=True, unbiased=False)
        r = torch.rsqrt(variance + 1e-5) if root is None else 1 / root(variance)
        y = (x - x.mean(-1, keepdim=True)) * r
        own = g - dy * g.mean(-1, keepdim=True) - term * y * (g * y).mean(-1, keepdim=True)
        return [r * own]

    return by_hand(lambda x: F.layer_norm(x, x.shape[-1:], eps=1e-5), backward)


MISTAKES: dict[str, tuple[Any, list[tuple[int, ...]], str]] = {
    "one more": (attention(lambda t: seen(t, 1)), HEADS, "All of input 0 is what comes out if the mask is one off: a row sees one column more"),
    "one less": (attention(lambda t: seen(t, -1)), HEADS, "All of input 1 is what comes out if the mask is one off: a row sees one column less"),
    "in a head": (attention(lambda t: seen(t, 1), head=2), HEADS, "input 1, index 2 of axis 1, is what comes out if the mask is one off: a row sees one column more"),
    "no mask": (attention(lambda t: seen(t, t)), HEADS, "is what comes out if the mask is missing"),
    "tiles": (attention(tiles), HEADS, "the mask is that of whole blocks of 16"),
    "no scale": (attention(scale=lambda d: 1.0, head=1), HEADS, "input 0, index 1 of axis 1, is what comes out if the factor 1/√16 is missing"),
    "scale twice": (attention(scale=lambda d: 1 / d), HEADS, "the factor 1/√16 is taken twice"),
    "stale maximum": (attention(top=first_block), HEADS, "the maximum is that of the first block of 16"),
    "row before": (attention(top=lambda s, m: m.roll(1, -2)), HEADS, "the maximum is that of the row before"),
    "no delta": (attention(delta=0.0), HEADS, "the way back through what a row is divided by is left out"),
    "no mean": (norm(dy=0.0), [(24, 33)], "the mean is not subtracted"),
    "mean twice": (norm(dy=2.0), [(24, 33)], "the way back through the mean counts twice"),
    "no term": (norm(term=0.0), [(24, 33)], "the way back through the root of a row's squares is left out"),
    "eps outside": (norm(root=lambda v: v.sqrt() + 1e-5), [(24, 33)], "stands outside of the root"),
    "no eps": (norm(root=torch.sqrt), [(24, 33)], "is missing under the root"),
}  # fmt: skip


def found_of(f: Any, shapes: list[tuple[int, ...]], dtype: str, name: str = "") -> CardFinding:
    kernel = Kernel.of(f, "torch", dtype, "cpu")
    return judged_card(kernel, None, SMALL if "eps" in name else ORDINARY, shapes, 0, True)


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_backward_recomputes_is_named(name: str) -> None:
    dtype = "float16" if len(name) % 2 and "eps" not in name else "bfloat16"
    f, shapes, told = MISTAKES[name]
    found = found_of(f, shapes, dtype, name).finding
    assert found.status in ("formula", "low-precision")
    assert found.diagnosis is not None
    sentences = [cause.sentence for cause in found.diagnosis.causes]
    assert any(told in x for x in sentences), sentences


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize(("f", "shapes"), [(attention(), HEADS), (norm(), [(24, 33)])])
def test_the_same_backward_without_a_mistake_is_right(
    f: Any, shapes: list[tuple[int, ...]], dtype: str
) -> None:
    assert found_of(f, shapes, dtype).finding.status == "ok"


def test_a_mask_one_off_in_a_head_of_jax_is_named() -> None:
    def scores(q: Any, k: Any, diagonal: Any) -> Any:
        s = q @ jnp.swapaxes(k, -1, -2) * q.shape[-1] ** -0.5
        t = s.shape[-1]
        at = jnp.arange(t)[None] - jnp.arange(t)[:, None]
        return jax.nn.softmax(jnp.where(at <= diagonal, s, -jnp.inf), -1)

    @jax.custom_vjp
    def own(q: Any, k: Any, v: Any) -> Any:
        return scores(q, k, 0) @ v

    def back(saved: Any, g: Any) -> Any:
        heads = jnp.asarray(np.array([0, 1, 0]).reshape(1, 3, 1, 1))
        return jax.vjp(lambda q, k, v: scores(q, k, heads) @ v, *saved)[1](g)

    own.defvjp(lambda *xs: (own(*xs), xs), back)
    kernel = Kernel.of(own, "jax", "bfloat16", "cpu")
    found = judged_card(kernel, None, ORDINARY, [(1, 3, 20, 8)] * 3, 0, True).finding
    assert found.status == "formula"
    assert found.diagnosis is not None
    told = " ".join(cause.sentence for cause in found.diagnosis.causes)
    assert "index 1 of axis 1, is what comes out if the mask is one off" in told
