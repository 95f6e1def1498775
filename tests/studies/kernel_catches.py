"""Bugs of kernels that were real, rebuilt small on the CPU, and right kernels that were accused.

Each is our own code, from the public description. A source is a thread; "described" where we know the
description alone. `kernelcheck` has to catch the first kind, and to let the second pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn import functional as F

from gradparity.harness.kernels.kernelcheck import kernelcheck
from gradparity.harness.kernels.report import KernelError


@dataclass(frozen=True)
class Catch:
    """A kernel, the eager version that tests compare it with, and what it is.

    options: of `kernelcheck`. right: whether it is.
    """

    name: str
    source: str
    kernel: Callable[..., Any]
    eager: Callable[..., Any]
    shapes: list[tuple[int | str, ...]]
    right: bool = False
    options: dict[str, Any] = field(default_factory=dict)


def by_hand(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel: forward(*inputs), and backward(cotangent, *inputs) -> gradients."""

    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            ctx.save_for_backward(*xs)
            return forward(*xs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return backward(g, *ctx.saved_tensors)

    return ByHand.apply


def pulled(f: Callable[..., Any], g: Any, *xs: Any) -> tuple[Any, ...]:
    """The right gradients of f, in the dtype of the inputs."""
    with torch.enable_grad():
        own = [x.detach().requires_grad_(True) for x in xs]
        return torch.autograd.grad(f(*own), own, g)


def losses(x: Any) -> Any:
    return F.cross_entropy(x.float(), torch.arange(len(x)) % x.shape[1], reduction="none").to(
        x.dtype
    )


def softmax_less_label(x: Any) -> Any:
    return F.softmax(x.float(), -1) - F.one_hot(torch.arange(len(x)) % x.shape[1], x.shape[1])


def contiguous_reads(g: Any, x: Any) -> Any:
    """Reads the cotangent row by row from memory, where an expanded one has a single number."""
    held = torch.zeros_like(g)
    flat = g.as_strided((g.untyped_storage().nbytes() // g.element_size(),), (1,))[: g.numel()]
    held.view(-1)[: flat.numel()] = flat
    return (softmax_less_label(x) * held.float()[:, None]).to(x.dtype)


def first_cotangent(g: Any, x: Any) -> Any:
    return (softmax_less_label(x) * g.float()[0]).to(x.dtype)


def rounded_softmax(g: Any, x: Any) -> Any:
    labels = F.one_hot(torch.arange(len(x)) % x.shape[1], x.shape[1])
    return ((F.softmax(x.float(), -1).to(x.dtype) - labels) * g[:, None]).to(x.dtype)


def attention(q: Any, k: Any, v: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v)


def causal(q: Any, k: Any, v: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def second_sequence(g: Any, *xs: Any) -> Any:
    dq, dk, dv = pulled(attention, g, *xs)
    return torch.cat([dq[:1], 5 * dq[1:]]), dk, dv


def key_block(g: Any, *xs: Any) -> Any:
    dq, dk, dv = pulled(attention, g, *xs)
    return dq, torch.cat([dk[..., :64, :], 0.538 * dk[..., 64:, :]], -2), dv


def stale_block(g: Any, *xs: Any) -> Any:
    dq, dk, dv = pulled(attention, g, *xs)
    return torch.cat([dq[..., 16:32, :], dq[..., 16:, :]], -2), dk, dv


def norm(x: Any, w: Any) -> Any:
    return F.layer_norm(x, x.shape[-1:], w)


def mean_twice(g: Any, x: Any, w: Any) -> Any:
    dx, dw = pulled(norm, g, x, w)
    spread = x.float().std(-1, keepdim=True, unbiased=False)
    return (dx.float() - (g.float() * w.float()).mean(-1, keepdim=True) / spread).to(x.dtype), dw


def rms(x: Any) -> Any:
    return F.rms_norm(x.float(), x.shape[-1:], eps=1e-6).to(x.dtype)


def half_squares(g: Any, x: Any) -> Any:
    """Σ x² in the dtype of the input: in float16 infinite beyond 65,504."""
    r = torch.rsqrt(x.square().sum(-1, keepdim=True) / x.shape[-1] + 1e-6).float()
    wide, u = x.float(), g.float()
    return (r * u - wide * r**3 * (u * wide).mean(-1, keepdim=True)).to(x.dtype)


def divergence(x: Any) -> Any:
    """KL from a uniform target, in float32."""
    return -F.log_softmax(x.float(), -1).mean(-1).to(x.dtype)


def low_divergence(g: Any, x: Any) -> Any:
    """p - q in the dtype of the input."""
    return (F.softmax(x, -1) - torch.full_like(x, 1 / x.shape[-1])) * g[:, None]


def cut(g: Any, x: Any) -> Any:
    """Float32 numbers cut to bfloat16 instead of rounded."""
    found = g.float() * (1 - torch.tanh(x.float()) ** 2)
    return (found.view(torch.int32) & -65536).view(torch.float32).bfloat16()


def large(q: Any, k: Any, v: Any) -> Any:
    return 30 * attention(q, k, v)


ATTENTION: list[tuple[int | str, ...]] = [("b", "h", 72, 16)] * 3
CATCHES = [
    Catch("an expanded cotangent is read as if it were contiguous", "ROCm/TransformerEngine#623", by_hand(losses, contiguous_reads), losses, [("n", 12)], options={"deck": ["ordinary", "expanded cotangent"]}),
    Catch("dQ times 5 from the second sequence on", "NVIDIA/TransformerEngine#3216", by_hand(attention, second_sequence), attention, ATTENTION, options={"deck": ["b = 1", "ordinary"]}),
    Catch("the causal mask is missing in the backward", "triton-lang/triton#7216, a comment", by_hand(causal, lambda g, *xs: pulled(attention, g, *xs)), causal, ATTENTION, options={"deck": ["ordinary"]}),
    Catch("p - q of two near distributions in bfloat16", "vllm-project/speculators#788", by_hand(divergence, low_divergence), divergence, [("n", 33)], options={"deck": ["ordinary", "nearly equal"], "reference": divergence}),
    Catch("Σx² in float16", "microsoft/onnxruntime#28442", by_hand(rms, half_squares), rms, [("n", 48)], options={"deck": ["ordinary", "an outlier row", "scale 2^5"], "dtype": "float16"}),
    Catch("everything times the first number of the cotangent", "described", by_hand(losses, first_cotangent), losses, [("n", 12)], options={"deck": ["ordinary"]}),
    Catch("the softmax is rounded before 1 is subtracted", "described", by_hand(losses, rounded_softmax), losses, [("n", 12)], options={"deck": ["ordinary", "p = 0.999"], "reference": losses}),
    Catch("a key gradient times 0.538 from block 64 on", "described", by_hand(attention, key_block), attention, ATTENTION, options={"deck": ["ordinary"]}),
    Catch("the first block has another's numbers", "described", by_hand(attention, stale_block), attention, ATTENTION, options={"deck": ["ordinary"]}),
    Catch("a layer norm subtracts a mean twice", "described", by_hand(norm, mean_twice), norm, [("n", 48), (48,)], options={"deck": ["ordinary"]}),
    Catch("truncation instead of rounding", "described", by_hand(torch.tanh, cut), torch.tanh, [("n", 64)], options={"deck": ["ordinary"]}),
    Catch("large gradients, off by one last digit", "intel/intel-xpu-backend-for-triton#5887", large, lambda *xs: large(*(x.float() for x in xs)).to(xs[0].dtype), ATTENTION, right=True, options={"deck": ["ordinary"]}),
    Catch("a product of 256 terms that cancel", "unslothai/unsloth#9795", lambda x, w: x @ w, lambda x, w: (x.float() @ w.float()).to(x.dtype), [("n", 256), (256, 24)], right=True, options={"deck": ["ordinary"]}),
    Catch("a weight's gradient that is better than eager's", "described", lambda x, w: F.linear(x.float(), w.float()).to(x.dtype), F.linear, [("n", 64), (24, 64)], right=True, options={"deck": ["ordinary"]}),
]  # fmt: skip


def said(one: Catch) -> tuple[bool, str]:
    """(whether it is let pass, the verdict)."""
    try:
        report = kernelcheck(one.kernel, shapes=one.shapes, library="torch", **one.options)
    except KernelError as error:
        found = error.report
        return (
            False,
            f"{found.status}, at {found.first.card.name}" if found.wrong else found.broken[0].law,
        )
    return report.right, "right"


def accepted(one: Catch, tolerance: float | None) -> bool:
    """Whether `assert_close` takes the gradients for those of the eager version.

    tolerance: of rtol and atol; None for the defaults. Inputs and cotangents are normal.
    """
    generator = torch.Generator().manual_seed(0)
    sizes = {"n": 40, "b": 2, "h": 3}
    dtype = getattr(torch, one.options.get("dtype", "bfloat16"))
    xs = [
        torch.randn([sizes.get(n, n) for n in s], generator=generator).to(dtype) for s in one.shapes
    ]  # type: ignore[call-overload, arg-type]
    found = []
    cotangent = None
    for f in (one.kernel, one.eager):
        own = [x.clone().requires_grad_(True) for x in xs]
        y = f(*own)
        cotangent = (
            torch.randn(y.shape, generator=generator).to(dtype) if cotangent is None else cotangent
        )
        found.append(torch.autograd.grad(y, own, cotangent))
    options = {} if tolerance is None else {"rtol": tolerance, "atol": tolerance}
    try:
        torch.testing.assert_close(*found, **options)
    except AssertionError:
        return False
    return True
