"""Mistakes far from the parameter: the wrong slope is in a step that its gradient only passes through.

Networks differentiated by hand whose last layer, last time step or loss has the wrong slope, where
the only parameter is at the other end; and backward rules of torch and JAX that ignore what comes
from above, which are right of the loss at hand alone.
"""

from functools import partial

import numpy as np

from tests.studies.written_mistakes import outcome

RNG = np.random.default_rng(17)
X = RNG.normal(size=(6, 4))
TARGET = RNG.normal(size=(6, 4))
LAYERS = RNG.normal(size=(4, 4, 4)) / 2
SERIES = RNG.normal(size=(7, 5, 3))
CARRY, READ = RNG.normal(size=(4, 4)) / 2, RNG.normal(size=4)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# Four frozen tanh layers behind the one that is trained, and a sigmoid at the end.
def deep_loss(w):
    h = np.tanh(X @ w)
    for layer in LAYERS:
        h = np.tanh(h @ layer)
    return np.mean((sigmoid(h) - TARGET) ** 2)


def deep_gradient(w, m=""):
    kept = [np.tanh(X @ w)]
    for layer in LAYERS:
        kept.append(np.tanh(kept[-1] @ layer))
    s = sigmoid(kept[-1])
    d = 2 * (s - TARGET) / TARGET.size
    if m == "the loss reversed":
        d = -d
    if m != "the output's slope":
        d = d * s * (1 - s)
    for number, (layer, h) in reversed(list(enumerate(zip(LAYERS, kept[1:], strict=True)))):
        slope = 1 - h**2
        if number == 3:
            slope = {
                "the last slope": 1.0,
                "the last, a sigmoid's": h * (1 - h),
                "the last, no square": 1 - h,
            }.get(m, slope)
        d = d * slope @ layer if number == 2 and m == "a transpose" else d * slope @ layer.T
    return X.T @ (d * (1 - kept[0] ** 2))


# A recurrent network: the input's weights are trained, the loss sees the last state.
def recurrent_loss(w):
    h = np.zeros((5, 4))
    for x in SERIES:
        h = np.tanh(x @ w + h @ CARRY)
    return np.mean(np.log(np.cosh(h @ READ)))


def recurrent_gradient(w, m=""):
    states = [np.zeros((5, 4))]
    for x in SERIES:
        states.append(np.tanh(x @ w + states[-1] @ CARRY))
    out = states[-1] @ READ
    d = (out if m == "tanh forgotten" else np.tanh(out)) / len(out)
    d = d[:, None] * READ
    g = np.zeros_like(w)
    for t in reversed(range(len(SERIES))):
        slope = 1 - states[t + 1] ** 2
        if t == len(SERIES) - 1 and m == "the last step's slope":
            slope = 1.0
        e = d * slope
        g += SERIES[t].T @ e
        d = e @ (CARRY if m == "a transpose" else CARRY.T)
        if m == "not carried back":
            break
    return g


# A mixture's likelihood: softmax, log, mean behind a quadratic form.
CENTRES = RNG.normal(size=(3, 2))
POINTS = RNG.normal(size=(8, 2))


def likelihood(scale):
    distance = np.sum((POINTS[:, None] * np.exp(scale) - CENTRES) ** 2, axis=2)
    return -np.mean(np.log(np.sum(np.exp(-0.5 * distance), axis=1)))


def likelihood_gradient(scale, m=""):
    z = POINTS[:, None] * np.exp(scale)
    e = np.exp(-0.5 * np.sum((z - CENTRES) ** 2, axis=2))
    share = e if m == "the logarithm" else e / e.sum(axis=1, keepdims=True)
    d = share[..., None] * (z - CENTRES) / len(POINTS)
    if m == "the ½":
        d = 2 * d
    d = d * z if m != "the exponential" else d * POINTS[:, None]
    return d.sum(axis=(0, 1))


LEFT_OUT = "its derivative is left out"

FAR = {
    "deep": (deep_loss, deep_gradient, RNG.normal(size=(4, 4)), {
        "the loss reversed": ("sign is wrong",),
        "the output's slope": (LEFT_OUT,),
        "the last slope": (LEFT_OUT,),
        "the last, a sigmoid's": ("y(1 - y)", "h(1 - h)", "s(1 - s)"),
        "the last, no square": ("1 - y",),
        "a transpose": ("transpose",),
    }),
    "recurrent": (recurrent_loss, recurrent_gradient, RNG.normal(size=(3, 4)), {
        "tanh forgotten": (LEFT_OUT, "is taken for"),
        "the last step's slope": (LEFT_OUT,),
        "a transpose": ("transpose",),
        "not carried back": ("is cut", "carried", "state"),
    }),
    "likelihood": (likelihood, likelihood_gradient, np.array([0.3, -0.2]), {
        "the logarithm": (LEFT_OUT, "logarithm"),
        "the ½": ("2 times", "½"),
        "the exponential": (LEFT_OUT, "exp"),
    }),
}  # fmt: skip
"""name -> (loss, gradient, point, {mistake: words that name it})."""


def torch_rule(backward):
    """A loss that is the sum of a Function's results: its adjoint is 1 everywhere."""
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx, g):
            return backward(g, torch.cos(ctx.saved_tensors[0]))

    return lambda p: Function.apply(p).sum(), torch.tensor([[0.3, -1.2], [2.0, 0.7]])


def jax_rule(backward):
    """The same in JAX."""
    import jax
    import jax.numpy as jnp

    @jax.custom_vjp
    def function(x):
        return jnp.sin(x)

    function.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (backward(g, jnp.cos(x)),))
    return lambda p: jnp.sum(function(p)), jnp.array([[0.3, -1.2], [2.0, 0.7]])


IGNORED = {
    "ignored": lambda g, slope: slope,
    "its abs": lambda g, slope: abs(g) * slope,
    "its square": lambda g, slope: g * g * slope,
    "its mean": lambda g, slope: g.mean() * slope,
    "its first entry": lambda g, slope: g[0, 0] * slope,
    "divided out": lambda g, slope: slope * g / g,
}
"""What a rule does with what comes from above -> backward(g, slope)."""


def upstream_outcomes():
    """(name, whether it is caught, whether it is named, whether another cause is stated)."""
    found = []
    for name, (loss, gradient, point, mistakes) in FAR.items():
        for m, words in mistakes.items():
            found.append((f"{name}: {m}", *outcome(loss, point, partial(gradient, m=m), words)))
    for make in (torch_rule, jax_rule):
        for name, backward in IGNORED.items():
            loss, point = make(backward)
            found.append((f"{make.__name__}: {name}", *outcome(loss, point, None, ("from above",))))
    return found
