"""Mistakes of torch kernels: those that hide in the rounding of bfloat16, and one in a rule."""

import torch

DRAWN = torch.Generator().manual_seed(0)
ROWS = torch.randn(256, 64, generator=DRAWN).bfloat16().float()
X = {"x": torch.randn(256, 64, generator=DRAWN).bfloat16()}


def _refuse_wide(x):
    if x.dtype != torch.bfloat16:
        raise RuntimeError("the kernel takes bfloat16 alone")


class CutOff(torch.autograd.Function):
    """sin, whose backward cuts float32 off to bfloat16 where it should round."""

    @staticmethod
    def forward(ctx, x):
        """sin(x)."""
        _refuse_wide(x)
        ctx.save_for_backward(x)
        return torch.sin(x.float()).to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        """dy cos(x), cut off."""
        (x,) = ctx.saved_tensors
        wide = dy.float() * torch.cos(x.float())
        return (wide.view(torch.int32) & -65536).view(torch.float32).to(x.dtype)


class HalfTerm(torch.autograd.Function):
    """An RMS norm whose backward has half of the term with the sum over the row."""

    @staticmethod
    def forward(ctx, x):
        """x / sqrt(mean(x²) + ε)."""
        _refuse_wide(x)
        ctx.save_for_backward(x)
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        """r dy - x r³ mean(dy x), the last term halved."""
        (x,) = ctx.saved_tensors
        wide, dy = x.float(), dy.float()
        r = torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)
        return (r * dy - 0.5 * wide * r**3 * (dy * wide).mean(-1, keepdim=True)).to(x.dtype)


class Deaf(torch.autograd.Function):
    """Σ x², with a backward that does not ask what comes from above."""

    @staticmethod
    def forward(ctx, x):
        """Keep x."""
        ctx.save_for_backward(x)
        return (x * x).sum()

    @staticmethod
    def backward(ctx, grad_output):
        """2 x, whatever follows."""
        return 2 * ctx.saved_tensors[0]


CAUSES = {
    "upstream": (Deaf.apply, torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), None),
    "truncated": (lambda p: (CutOff.apply(p["x"]).float() * ROWS).sum(), X, None),
    "row-term": (lambda p: (HalfTerm.apply(p["x"]).float() * ROWS).sum(), X, None),
}
"""Cause: (loss, params, None: torch's own gradient, by the kernel's backward)."""
