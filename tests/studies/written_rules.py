"""Backward rules as people write them for torch and JAX, each with a mistake, and the right one.

A rule is the backward of a function of one array: slope(g, x, y), y the result. `RULES` says which
words of the message name the mistake.
"""

import numpy as np

TORCH = "torch"
JAX = "jax"


def torch_loss(forward, backward):
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = forward(torch, x)
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            return backward(torch, g, *ctx.saved_tensors)

    mix = torch.tensor(MIX)

    def loss(p):
        return torch.sin(Function.apply(p @ mix.to(p.dtype))).mean()

    return loss, torch.tensor(POINT)


def jax_loss(forward, backward):
    import jax
    import jax.numpy as jnp

    @jax.custom_vjp
    def function(x):
        return forward(jnp, x)

    function.defvjp(
        lambda x: (forward(jnp, x), (x, forward(jnp, x))),
        lambda kept, g: (backward(jnp, g, *kept),),
    )

    def loss(p):
        return jnp.mean(jnp.sin(function(p @ jnp.asarray(MIX, p.dtype))))

    return loss, jnp.asarray(POINT, jnp.float32)


RNG = np.random.default_rng(5)
POINT = RNG.normal(size=(4, 3)).astype(np.float32)
MIX = RNG.normal(size=(3, 3)).astype(np.float32).astype(float)


def sigmoid(xp, x):
    return 1 / (1 + xp.exp(-x))


def rows(xp, x):
    e = xp.exp(x)
    return e / e.sum(-1)[..., None]


LEFT_OUT = "its derivative is left out"

RULES = {
    "sigmoid, 1 - y": (sigmoid, lambda xp, g, x, y: g * (1 - y), ("1 - y",)),
    "sigmoid, at the result": (sigmoid, lambda xp, g, x, y: g * sigmoid(xp, y) * (1 - sigmoid(xp, y)), ("s(1 - s)",)),
    "sigmoid, forgotten": (sigmoid, lambda xp, g, x, y: g, (LEFT_OUT,)),
    "swish, sigmoid alone": (lambda xp, x: x * sigmoid(xp, x), lambda xp, g, x, y: g * sigmoid(xp, x), ("the sigmoid of", "is cut")),
    "softplus, y(1 - y)": (lambda xp, x: xp.log(1 + xp.exp(x)), lambda xp, g, x, y: g * y * (1 - y), ("y(1 - y)",)),
    "softplus, forgotten": (lambda xp, x: xp.log(1 + xp.exp(x)), lambda xp, g, x, y: g, (LEFT_OUT,)),
    "softmax, diagonal": (rows, lambda xp, g, x, y: g * y * (1 - y), ("diagonal",)),
    "softmax, no sum": (rows, lambda xp, g, x, y: g * y, ("sum in its derivative", "is cut")),
    "softmax, whole sum": (rows, lambda xp, g, x, y: y * (g - (g * y).sum()), ("axis",)),
    "tanh, 1 - y": (lambda xp, x: xp.tanh(x), lambda xp, g, x, y: g * (1 - y), ("1 - y",)),
    "tanh, of the operand": (lambda xp, x: xp.tanh(x), lambda xp, g, x, y: g * (1 - x * x), ("1 - y², y its operand",)),
    "square, no 2": (lambda xp, x: x * x, lambda xp, g, x, y: g * x, ("½", "is cut")),
    "sign": (lambda xp, x: xp.cos(x), lambda xp, g, x, y: g * xp.sin(x), ("sign is wrong",)),
    "exp2, no ln 2": (lambda xp, x: xp.exp2(x), lambda xp, g, x, y: g * y, ("ln 2",)),
    "log10 as ln": (lambda xp, x: xp.log10(x * x + 1), lambda xp, g, x, y: g * 2 * x / (x * x + 1), ("ln 10",)),
    "root, no ½": (lambda xp, x: xp.sqrt(x * x + 1), lambda xp, g, x, y: g * 2 * x / y, ("2",)),
    "transposed": (lambda xp, x: x @ x.T, lambda xp, g, x, y: g @ x, ("is cut", "½", "transpose")),
    "relu, mask of the gradient": (lambda xp, x: x * (x > 0), lambda xp, g, x, y: g * (g > 0), ("mask",)),
    "inverse, no square": (lambda xp, x: 1 / (x * x + 2), lambda xp, g, x, y: -g * 2 * x * y, ("square", "1/y")),
}  # fmt: skip
"""name -> (forward(xp, x), backward(xp, g, x, y), words that name the mistake)."""
