"""A fused RMS norm in bfloat16 whose backward forgets a factor 1/n, and who notices.

    python examples/fused_rms_norm.py

y = x r γ with r = (mean(x²) + ε)^(-½). With ḡ = γ dy, and n numbers in a row,

    dx = r ḡ - x r³ mean(ḡ x),   mean(ḡ x) = Σ ḡ x / n.

`forgetful` has the sum for the mean, a large error on rows of n = 64. In `slack` all of dx is 1.01
times what it should be: each number is within the tolerances that kernels are tested with.
"""

from __future__ import annotations

from typing import Any

import torch

import gradparity as gp


def rms_norm(term: float = 1.0, whole: float = 1.0) -> Any:
    """The fused norm of (x, γ); `term` times the last term of dx, and `whole` times all of it."""

    class FusedRMSNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, gamma: Any) -> Any:
            if x.dtype not in (torch.bfloat16, torch.float16):
                raise RuntimeError("the kernel takes bfloat16 and float16 alone")
            wide = x.float()
            r = torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)
            ctx.save_for_backward(x, gamma, r)
            return (wide * r * gamma.float()).to(x.dtype)

        @staticmethod
        def backward(ctx: Any, dy: Any) -> Any:
            x, gamma, r = ctx.saved_tensors
            wide, scaled = x.float(), dy.float() * gamma.float()
            mean = (scaled * wide).mean(-1, keepdim=True)
            dx = whole * (r * scaled - wide * r**3 * mean * term)
            rows = tuple(range(dy.ndim - 1))
            return dx.to(x.dtype), (dy.float() * wide * r).sum(rows).to(gamma.dtype)

    return FusedRMSNorm.apply


right, forgetful, slack = rms_norm(), rms_norm(term=64.0), rms_norm(whole=1.01)

SHAPES = [("n", 64), (64,)]


def eager(x: Any, gamma: Any) -> Any:
    """The same by torch, to compare with as kernels' tests do."""
    return torch.nn.functional.rms_norm(x, (x.shape[-1],), gamma, eps=1e-6)


def accepted(kernel: Any, tolerance: float | None) -> bool:
    """Whether `assert_close` takes a kernel's gradient for that of eager torch.

    tolerance: of rtol and atol; None for its defaults.
    """
    generator = torch.Generator().manual_seed(0)
    x, dy = (torch.randn(40, 64, generator=generator).bfloat16() for _ in range(2))
    gamma = torch.randn(64, generator=generator).bfloat16()
    found = []
    for function in (kernel, eager):
        inputs = [t.clone().requires_grad_(True) for t in (x, gamma)]
        found.append(torch.autograd.grad(function(*inputs), inputs, dy))
    options = {} if tolerance is None else {"rtol": tolerance, "atol": tolerance}
    try:
        torch.testing.assert_close(*found, **options)
    except AssertionError:
        return False
    return True


def main() -> None:
    """Print what both say of the three."""
    for name, kernel in (("right", right), ("forgetful", forgetful), ("slack", slack)):
        taken = [f"{t or 'defaults'}" for t in (None, 1e-2, 2e-2, 5e-2) if accepted(kernel, t)]
        print(f"## {name}\nassert_close passes with: {', '.join(taken) or 'nothing'}")
        try:
            print(gp.kernelcheck(kernel, shapes=SHAPES, library="torch"))
        except gp.KernelError as error:
            print(error.report)


if __name__ == "__main__":
    main()
