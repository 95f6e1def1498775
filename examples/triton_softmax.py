"""A softmax over rows in Triton, forward and backward, judged on a GPU.

python examples/triton_softmax.py

It has been run nowhere yet: it takes a CUDA device, and Triton, which comes with torch for Linux.
"""

import sys

import torch

import gradparity as gp


def kernels():
    """(forward, backward), two kernels: a program for each row, in float32 inside."""
    import triton
    import triton.language as tl

    @triton.jit
    def forward(x, y, n, BLOCK: tl.constexpr):
        row, at = tl.program_id(0), tl.arange(0, BLOCK)
        own = tl.load(x + row * n + at, mask=at < n, other=float("-inf")).to(tl.float32)
        e = tl.exp(own - tl.max(own, 0))
        tl.store(y + row * n + at, e / tl.sum(e, 0), mask=at < n)

    @triton.jit
    def backward(y, g, dx, n, BLOCK: tl.constexpr):
        """dx = y (g - Σ g y)."""
        row, at = tl.program_id(0), tl.arange(0, BLOCK)
        p = tl.load(y + row * n + at, mask=at < n, other=0.0).to(tl.float32)
        u = tl.load(g + row * n + at, mask=at < n, other=0.0).to(tl.float32)
        tl.store(dx + row * n + at, p * (u - tl.sum(p * u, 0)), mask=at < n)

    return forward, backward, triton.next_power_of_2


def softmax():
    """The function, for tensors of two axes on the GPU."""
    forward_kernel, backward_kernel, block = kernels()

    class Softmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x = x.contiguous()
            y = torch.empty_like(x)
            forward_kernel[(x.shape[0],)](x, y, x.shape[1], BLOCK=block(x.shape[1]))
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            dx = torch.empty_like(y)
            rows, n = y.shape
            backward_kernel[(rows,)](y, g.contiguous(), dx, n, BLOCK=block(n))
            return dx

    return Softmax.apply


def eager(x):
    """What the kernel is held against."""
    return torch.softmax(x.float(), -1).to(x.dtype)


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit(print("this example needs a CUDA device", file=sys.stderr) or 2)
    print(gp.kernelcheck(softmax(), shapes=[("n", "m")], reference=eager, device="cuda"))
