"""A planted mistake for every verdict and cause: what the judge says of it is in the reference."""

import numpy as np

RNG = np.random.default_rng(0)


def drawn(*shape):
    """Normal numbers that are float32 numbers."""
    return np.asarray(RNG.normal(size=shape), np.float32).astype(float)


X, Y = drawn(12, 4), drawn(12, 3)
LAYER = {"W": drawn(4, 3), "b": drawn(3)}
SQUARES = {"M": drawn(3, 3), "N": drawn(3, 3)}
WORDS = np.array([0, 2, 0, 1, 2, 0, 1, 1, 0, 2, 0, 1])


def layer_loss(p):
    """mean((tanh(X W + b) - Y)²)."""
    return np.mean((np.tanh(X @ p["W"] + p["b"]) - Y) ** 2)


def layer(slope=lambda z: 1 - np.tanh(z) ** 2, cases=slice(None)):
    """The gradient of `layer_loss`, with a slope of tanh and of these cases alone."""

    def gradient(p):
        z = X @ p["W"] + p["b"]
        delta = (2 * (np.tanh(z) - Y) / Y.size * slope(z))[cases]
        return {"W": X[cases].T @ delta, "b": delta.sum(0)}

    return gradient


def on_w(change):
    """The gradient of `layer_loss` with something done to W's."""
    right = layer()
    return lambda p: (lambda g: {**g, "W": change(g["W"].copy())})(right(p))


def put(where, what):
    """A change: `what` of the array at `where`."""

    def change(g):
        g[where] = what(g[where])
        return g

    return change


def squares_loss(p):
    """A sum with two square matrices."""
    return np.sum(np.tanh(X[:3, :3] @ p["M"]) * Y[:3]) + np.sum(np.sin(p["N"]) * Y[3:6])


def squares(change):
    """The gradient of `squares_loss`, changed."""

    def gradient(p):
        t = np.tanh(X[:3, :3] @ p["M"])
        return change(X[:3, :3].T @ ((1 - t * t) * Y[:3]), np.cos(p["N"]) * Y[3:6])

    return gradient


def fit(p):
    """Least squares."""
    return np.mean((X @ p["w"] - Y[:, 0]) ** 2)


def fit_slope(p):
    """Its gradient."""
    return 2 * X.T @ (X @ p["w"] - Y[:, 0]) / len(X)


def shrunk(p):
    """Least squares with an L2 penalty."""
    return fit(p) + 0.5 * np.sum(p["w"] ** 2)


def leaky_loss(p):
    """A leaky ReLU of the parameters themselves."""
    return np.sum(np.where(p["x"] > 0, p["x"], 0.1 * p["x"]) ** 2)


def leaky_slope(p):
    """Its gradient, wrong below 0."""
    return {"x": np.where(p["x"] > 0, 2 * p["x"], 0.2 * p["x"] + 0.5)}


def embedded(p):
    """Rows of a table, several times."""
    return np.sum(p["E"][WORDS] * X) + 0.5 * np.sum(p["E"][WORDS] ** 2)


def embedded_once(p):
    """Its gradient, where `+=` counts each row once."""
    g = np.zeros_like(p["E"])
    g[WORDS] += X + p["E"][WORDS]
    return {"E": g}


def two_layers(p):
    """Two layers."""
    return np.mean((np.tanh(X @ p["W"]) @ p["V"] - Y) ** 2)


def stale_slope(p):
    """Its gradient, with X W where tanh(X W) is meant."""
    z = X @ p["W"]
    residual = 2 * (np.tanh(z) @ p["V"] - Y) / Y.size
    return {"W": X.T @ (residual @ p["V"].T * (1 - np.tanh(z) ** 2)), "V": z.T @ residual}


def soft_loss(p):
    """log(1 + e^x), summed."""
    return np.sum(np.logaddexp(0.0, p["x"]))


def capped(p):
    """Its gradient, 1 beyond 2."""
    s = 1 / (1 + np.exp(-p["x"]))
    return {"x": np.where(p["x"] > 2, 1.0, s)}


MANY = {"x": np.linspace(-4, 4, 41).astype(np.float32).astype(float)}
W = {"w": drawn(4)}

CAUSES = {
    "sign": (layer_loss, LAYER, on_w(np.negative)),
    "factor": (layer_loss, LAYER, lambda p: {k: 3 * g for k, g in layer()(p).items()}),
    "parameter-missing": (layer_loss, LAYER, lambda p: {**layer()(p), "b": np.zeros(3)}),
    "unit-missing": (layer_loss, LAYER, on_w(put((slice(None), 1), lambda g: 0 * g))),
    "one-unit": (layer_loss, LAYER, on_w(put((slice(None), 1), lambda g: 0.3 * g + 0.1 * g[::-1]))),
    "one-component": (layer_loss, LAYER, on_w(put((2, 1), lambda g: 1.37 * g + 0.2))),
    "off-by-one": (layer_loss, LAYER, on_w(lambda g: np.roll(g, 1, 0))),
    "transposed": (squares_loss, SQUARES, squares(lambda M, N: {"M": M.T, "N": N})),
    "permuted": (layer_loss, LAYER, on_w(lambda g: g[[2, 0, 3, 1]])),
    "swapped": (squares_loss, SQUARES, squares(lambda M, N: {"M": N, "N": M})),
    "absolute-value": (layer_loss, LAYER, on_w(np.abs)),
    "clipped": (layer_loss, LAYER, on_w(lambda g: np.clip(g, -0.05, 0.05))),
    "function": (layer_loss, LAYER, on_w(np.tanh)),
    "broadcast-sum": (layer_loss, LAYER, on_w(lambda g: np.broadcast_to(g.sum(0), g.shape))),
    "wrong-axis": (
        lambda p: np.sum(np.exp(X[:3, :3] + p["v"])),
        {"v": drawn(3)},
        lambda p: {"v": np.exp(X[:3, :3] + p["v"]).sum(1)},
    ),
    "term-missing": (shrunk, W, lambda p: {"w": fit_slope(p)}),
    "term-added": (fit, W, lambda p: {"w": fit_slope(p) + p["w"]}),
    "kink": (leaky_loss, {"x": drawn(12)}, leaky_slope),
    "saturation": (soft_loss, MANY, capped),
    "cases": (layer_loss, LAYER, layer(cases=slice(1, None))),
    "repeated-index": (embedded, {"E": drawn(3, 4)}, embedded_once),
    "stale": (two_layers, {"W": drawn(4, 5), "V": drawn(5, 3)}, stale_slope),
    "wrong-derivative": (layer_loss, LAYER, layer(slope=lambda z: 1 - np.tanh(z))),
    "precision": (
        layer_loss,
        LAYER,
        lambda p: {k: np.asarray(g, np.float16).astype(float) for k, g in layer()(p).items()},
    ),
    "conjugate": (
        lambda p: np.sum(np.abs(X[:, :3] @ p["z"] - Y[:, 0]) ** 2),
        {"z": drawn(3) + 1j * drawn(3)},
        lambda p: {"z": 2 * X[:, :3].T @ (X[:, :3] @ p["z"] - Y[:, 0]).conj()},
    ),
    "other": (layer_loss, LAYER, on_w(lambda g: g + np.cos(np.arange(12.0).reshape(4, 3)))),
}
"""Cause: (loss, params, a gradient that has it)."""
