"""Wrong gradients of losses that lose a value themselves, that meet a tie, or that repeat a map.

`LOST` -> (what is planted, how it is asked for, words that name it; none where being caught is all).
"""

import numpy as np

POINT = np.array([0.5, -1.25, 1.5])


def _torch(loss, **options):
    import torch

    from gradparity import check

    return lambda: check(loss, torch.tensor(POINT), **options)


def _jax(loss, **options):
    import jax.numpy as jnp

    from gradparity import check

    return lambda: check(loss, jnp.asarray(POINT, "float32"), **options)


def _numpy(loss, gradient, point=POINT):
    from gradparity import check

    return lambda: check(loss, point, gradient=gradient)


def _held(x):
    import torch

    with torch.no_grad():
        scale = (x**2).sum()
    return (x * scale).sum()


def _kept(x):
    """A gradient penalty through a Function that keeps an intermediate on ctx."""
    import torch

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.slope = 3 * x**2
            return x**3

        @staticmethod
        def backward(ctx, g):
            return g * ctx.slope

    y = Cube.apply(x).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    return y + (g**2).sum()


def _logistic_map(steps):
    def loss(p):
        x = 0.3
        for _ in range(steps):
            x = p[0] * x * (1 - x)
        return x

    def gradient(p):
        x, dx = 0.3, 0.0
        for _ in range(steps):
            x, dx = p[0] * x * (1 - x), x * (1 - x) + p[0] * (1 - 2 * x) * dx
        return np.array([-dx])

    return loss, gradient


TIE = np.array([1.0, 1.0, 1.0, 1.0, 0.5])


def lost():
    """name -> (ask, words)."""
    import jax
    import jax.numpy as jnp
    import torch

    return {
        "item": (_torch(lambda x: (x * x.sum().item()).sum()), ("item",)),
        "tolist": (_torch(lambda x: (x * torch.tensor((x**2).tolist(), dtype=x.dtype)).sum()), ("tolist",)),
        "numpy": (_torch(lambda x: (x * torch.from_numpy(x.detach().numpy() ** 2)).sum()), ("numpy", "detach")),
        "detach": (_torch(lambda x: (x * (x**2).detach()).sum(), constants=None), ("detach",)),
        "no_grad": (_torch(_held, constants=None), ("no_grad",)),
        "stop_gradient": (_jax(lambda x: jnp.sum(x * jax.lax.stop_gradient(x**2)), constants=None), ("stop_gradient",)),
        "kept on ctx": (_torch(_kept), ("Function",)),
        "a tie, all of it to each": (_numpy(np.max, lambda x: (x == x.max()) * 1.0, TIE), ("entries tie",)),
        "a tie of two, opposed": (_numpy(lambda x: np.max(x) - x[4], lambda x: np.array([2.0, -1, 0, 0, -1]), TIE), ()),
        "a tie in a sum of squares": (_numpy(lambda x: np.max(x**2), lambda x: 2 * x * (x == x.max()), TIE), ("entries tie",)),
        "a map of 8 steps, the sign": (_numpy(*_logistic_map(8), np.array([3.7])), ("sign is wrong",)),
        "a map of 20 steps, the sign": (_numpy(*_logistic_map(20), np.array([3.7])), ("sign is wrong",)),
        "a steep sine, the sign": (_numpy(lambda p: np.sin(1e6 * p[0]), lambda p: -1e6 * np.cos(1e6 * p), np.array([0.375])), ("sign is wrong",)),
    }  # fmt: skip


def lost_outcomes():
    """(name, whether it is caught, whether it is named or None, whether another cause is stated)."""
    from gradparity import GradientError
    from gradparity.harness.findings.words import told

    found = []
    for name, (ask, words) in lost().items():
        try:
            finding = ask()
            found.append((name, False, None, False))
            continue
        except GradientError as error:
            finding = error.finding
        message = "" if finding.diagnosis is None else told(finding.diagnosis)
        named = any(word in message for word in words) if words else None
        cause = None if finding.diagnosis is None else finding.diagnosis.cause
        stated = cause is not None and cause.sure and cause.key not in ("other", "none")
        found.append((name, True, named, bool(stated and words and not named)))
    return found
