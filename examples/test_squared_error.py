"""A `torch.autograd.Function` with a mistake in its backward, and the test that finds it.

Run it with `pytest examples/test_squared_error.py`.
"""

import torch


class SquaredError(torch.autograd.Function):
    """The mean of (y - t)² over all entries, without a graph for its parts."""

    @staticmethod
    def forward(ctx, y, t):
        ctx.save_for_backward(y, t)
        return ((y - t) ** 2).mean()

    @staticmethod
    def backward(ctx, grad):
        y, t = ctx.saved_tensors
        return grad * 2 * (y - t) / len(y), None


def loss(params, x, t):
    return SquaredError.apply(torch.tanh(x @ params["w"] + params["b"]), t)


def test_squared_error(gradparity):
    torch.manual_seed(0)
    params = {"w": torch.randn(5, 3), "b": torch.randn(3)}
    gradparity.check(loss, params, args=(torch.randn(8, 5), torch.randn(8, 3)))
