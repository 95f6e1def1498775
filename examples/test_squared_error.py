"""An `nn.Module` with a mistake in a backward pass of its own, and the test that finds it.

Run it with `pytest examples/test_squared_error.py`.
"""

import torch
from torch import nn
from torch.func import functional_call


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


class Model(nn.Module):
    """One layer, tanh, and the error."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 3)

    def forward(self, x, t):
        return SquaredError.apply(torch.tanh(self.layer(x)), t)


def test_model(gradparity):
    torch.manual_seed(0)
    model = Model()
    gradparity.check(
        lambda params, x, t: functional_call(model, params, (x, t)),
        dict(model.named_parameters()),
        args=(torch.randn(8, 5), torch.randn(8, 3)),
    )
