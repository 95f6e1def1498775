"""Right kernels: torch eager, fused, compiled, in low precision with and without float32 inside.

Each is a function whose backward is its library's, or one by hand that is right. `jax_kernels` in
`right_kernels_jax.py` has those of JAX.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch.nn import functional as F

Shapes = list[tuple[int, ...]]
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class RightKernel:
    """A right kernel, at shapes. reference: what its formula is read off from, where not from it."""

    function: Function
    shapes: Shapes
    library: str = "torch"
    reference: Function | None = None


def in_float32(f: Function) -> Function:
    """f in float32 inside."""
    return lambda *xs: f(*(x.float() for x in xs)).to(xs[0].dtype)


def _softmax(x: Any) -> Any:
    e = torch.exp(x - x.amax(-1, keepdim=True))
    return e / e.sum(-1, keepdim=True)


def _norm(x: Any) -> Any:
    mean = x.mean(-1, keepdim=True)
    return (x - mean) * torch.rsqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)


def _rms(x: Any, w: Any) -> Any:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * w


def attention(q: Any, k: Any, v: Any) -> Any:
    """Attention written out."""
    return F.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v


def causal(q: Any, k: Any, v: Any) -> Any:
    """The same, of what stands before."""
    seen = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf)
    return F.softmax(scores, -1) @ v


def _biased(q: Any, k: Any, v: Any) -> Any:
    bias = -torch.arange(k.shape[-2], dtype=q.dtype) / 8
    return F.softmax(q @ k.mT / q.shape[-1] ** 0.5 + bias, -1) @ v


def _grouped(q: Any, k: Any, v: Any) -> Any:
    k, v = (x.repeat_interleave(2, 1) for x in (k, v))
    return F.scaled_dot_product_attention(q, k, v)


def _rotary(x: Any) -> Any:
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[-2])[:, None] / 100 ** (torch.arange(half) / half)
    c, s = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * c - b * s, a * s + b * c], -1)


def labels(x: Any) -> Any:
    """A label for every row."""
    return torch.arange(len(x)) % x.shape[1]


def _flash(block: int = 16) -> Function:
    """Attention block by block of keys, in float32, with the backward that recomputes P by hand."""

    class Blockwise(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, q: Any, k: Any, v: Any) -> Any:
            wide = [x.float() for x in (q, k, v)]
            o = F.scaled_dot_product_attention(*wide).to(q.dtype)
            scores = wide[0] @ wide[1].mT / q.shape[-1] ** 0.5
            ctx.save_for_backward(q, k, v, o, scores.logsumexp(-1, keepdim=True))
            return o

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            q, k, v, o, total = (x.float() for x in ctx.saved_tensors)
            wide, scale = g.float(), q.shape[-1] ** -0.5
            d = (wide * o).sum(-1, keepdim=True)
            dq, dks, dvs = torch.zeros_like(q), [], []
            for i in range(0, k.shape[-2], block):
                own, values = k[..., i : i + block, :], v[..., i : i + block, :]
                p = torch.exp(q @ own.mT * scale - total)
                ds = (p * (wide @ values.mT - d) * scale).to(g.dtype).float()
                dq += ds @ own
                dks.append(ds.mT @ q)
                dvs.append(p.to(g.dtype).float().mT @ wide)
            found = dq, torch.cat(dks, -2), torch.cat(dvs, -2)
            return tuple(x.to(g.dtype) for x in found)

    return Blockwise.apply


class _NormByHand(torch.autograd.Function):
    """A layer norm that keeps its mean and its root in float32."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        wide = x.float()
        mean = wide.mean(-1, keepdim=True)
        root = torch.rsqrt(wide.var(-1, keepdim=True, unbiased=False) + 1e-5)
        ctx.save_for_backward(x, mean, root)
        return ((wide - mean) * root).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, mean, root = ctx.saved_tensors
        y, wide = (x.float() - mean) * root, g.float()
        own = wide - wide.mean(-1, keepdim=True) - y * (wide * y).mean(-1, keepdim=True)
        return (root * own).to(g.dtype)


HEADS: Shapes = [(1, 2, 33, 8)] * 3

RIGHT: dict[str, RightKernel] = {
    name: RightKernel(f, shapes)
    for name, f, shapes in [
        ("softmax", lambda x: F.softmax(x, -1), [(64, 64)]),
        ("softmax written out", _softmax, [(40, 33)]),
        ("softmax in float32", in_float32(lambda x: F.softmax(x, -1)), [(40, 33)]),
        ("softmax down the columns", lambda x: F.softmax(x, 0), [(33, 40)]),
        ("log-softmax", lambda x: F.log_softmax(x, -1), [(40, 33)]),
        ("log-softmax in float32", in_float32(lambda x: F.log_softmax(x, -1)), [(40, 33)]),
        ("log of a sum of exponentials", lambda x: torch.logsumexp(x, -1), [(40, 33)]),
        ("layer norm", lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), [(64, 64), (64,), (64,)]),
        ("layer norm written out", _norm, [(40, 48)]),
        ("layer norm in float32", in_float32(_norm), [(40, 48)]),
        ("layer norm by hand", _NormByHand.apply, [(40, 48)]),
        ("RMS norm", lambda x, w: F.rms_norm(x, x.shape[-1:], w, 1e-6), [(40, 48), (48,)]),
        ("RMS norm written out", _rms, [(40, 48), (48,)]),
        ("RMS norm in float32", in_float32(_rms), [(40, 48), (48,)]),
        ("group norm", lambda x: F.group_norm(x, 4), [(6, 16, 10)]),
        ("instance norm", lambda x: F.instance_norm(x), [(4, 6, 40)]),
        ("batch norm", lambda x: F.batch_norm(x, None, None, training=True), [(40, 24)]),
        ("unit rows", lambda x: F.normalize(x, dim=-1), [(40, 24)]),
        ("GELU", lambda x: F.gelu(x), [(40, 33)]),
        ("GELU by tanh", lambda x: F.gelu(x, approximate="tanh"), [(40, 33)]),
        ("GELU in float32", in_float32(F.gelu), [(40, 33)]),
        ("SiLU", lambda x: F.silu(x), [(40, 33)]),
        ("SiLU written out", lambda x: x * torch.sigmoid(x), [(40, 33)]),
        ("tanh", torch.tanh, [(64, 64)]),
        ("tanh in float32", in_float32(torch.tanh), [(40, 33)]),
        ("sigmoid", torch.sigmoid, [(40, 33)]),
        ("log-sigmoid", F.logsigmoid, [(40, 33)]),
        ("ELU", F.elu, [(40, 33)]),
        ("SwiGLU", lambda x, v, w: F.silu(x @ v) * (x @ w), [(24, 20), (20, 24), (20, 24)]),
        ("gated halves", F.glu, [(40, 32)]),
        ("attention", F.scaled_dot_product_attention, [(1, 4, 64, 16)] * 3),
        ("attention written out", attention, HEADS),
        ("attention in float32", in_float32(attention), HEADS),
        ("attention by blocks", _flash(), HEADS),
        ("causal attention", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), [(2, 2, 33, 8)] * 3),
        ("causal attention written out", causal, HEADS),
        ("causal attention in float32", in_float32(causal), HEADS),
        ("attention with a bias", _biased, HEADS),
        ("grouped attention", _grouped, [(1, 4, 33, 8), (1, 2, 33, 8), (1, 2, 33, 8)]),
        ("rotary embedding", _rotary, [(2, 33, 16)]),
        ("cross-entropy", lambda x: F.cross_entropy(x, labels(x), reduction="none"), [(40, 12)]),
        ("mean of cross-entropies", lambda x: F.cross_entropy(x, labels(x)), [(40, 12)]),
        ("smoothed cross-entropy", lambda x: F.cross_entropy(x, labels(x), reduction="none", label_smoothing=0.1), [(40, 12)]),
        ("cross-entropy in float32", in_float32(lambda x: F.cross_entropy(x, labels(x), reduction="none")), [(40, 12)]),
        ("divergence from uniform", lambda x: -F.log_softmax(x, -1).mean(-1), [(40, 33)]),
        ("squared error", lambda x, y: F.mse_loss(x, y, reduction="none"), [(40, 12), (40, 12)]),
        ("binary cross-entropy", lambda x: F.binary_cross_entropy_with_logits(x, torch.full_like(x, 0.25), reduction="none"), [(40, 12)]),
        ("cosines", lambda x, y: F.cosine_similarity(x, y, -1), [(40, 24), (40, 24)]),
        ("linear", lambda x, w, b: F.linear(x, w, b), [(40, 24), (20, 24), (20,)]),
        ("linear in float32", in_float32(F.linear), [(40, 24), (20, 24)]),
        ("matmul", lambda x, w: x @ w, [(40, 24), (24, 20)]),
        ("matmul by batches", lambda x, w: x @ w, [(4, 20, 24), (4, 24, 10)]),
        ("convolution", lambda x, w: F.conv2d(x, w), [(2, 3, 9, 9), (4, 3, 3, 3)]),
        ("convolution of signals", lambda x, w: F.conv1d(x, w), [(2, 3, 40), (4, 3, 5)]),
        ("mean of windows", lambda x: F.avg_pool2d(x, 2), [(2, 3, 16, 16)]),
        ("two layers", lambda x, v, w: F.gelu(x @ v) @ w, [(20, 16), (16, 24), (24, 10)]),
        ("a residual block", lambda x, v, w: x + F.gelu(F.layer_norm(x, x.shape[-1:]) @ v) @ w, [(20, 16), (16, 24), (24, 16)]),
        ("embedding", lambda w: F.embedding(torch.arange(60) % 13, w), [(13, 20)]),
    ]
}  # fmt: skip
"""What autograd, or a right backward by hand, makes of them."""


def compiled_kernels() -> dict[str, RightKernel]:
    """Kernels that torch compiles; {} where there is no compiler of C++."""
    if shutil.which("g++") is None:
        return {}

    def made(f: Function) -> Function:
        once = cache(lambda: torch.compile(f, dynamic=False))  # not before somebody calls it
        return lambda *xs: once()(*xs)

    def gated(x: Any, w: Any) -> Any:
        return F.silu(x) * w

    return {
        f"{name}, compiled": RightKernel(made(f), shapes, reference=f)
        for name, f, shapes in [
            ("softmax", _softmax, [(40, 33)]),
            ("layer norm", _norm, [(40, 48)]),
            ("gated SiLU", gated, [(40, 48), (40, 48)]),
        ]
    }
