"""Losses differentiated by hand, with a mistake that can be switched on: the bugs that people make.

Each model: a loss over a namespace, a draw, and backprop(params, data, mistake) in the dtype of the
parameters; mistake None is right. `MISTAKES` says which causes name it.
"""

import numpy as np

from gradparity.problems import Instance, Problem
from gradparity.problems.functions import cross_entropy, relu

# A tanh (or ReLU) network with squares and an L2 penalty. All widths and the number of cases are
# equal, so that no missing transpose and no wrong axis raises an error.


def _network_loss(activation):
    def loss(xp, p, d):
        hidden = activation(xp, d["x"] @ p["w1"] + p["b1"])
        out = hidden @ p["w2"] + p["b2"]
        penalty = xp.sum(xp.square(p["w1"])) + xp.sum(xp.square(p["w2"]))
        fit = xp.sum(xp.square(out - d["y"])) / d["y"].shape[0]
        return 0.5 * fit + 0.5 * d["decay"] * penalty

    return loss


def _network_draw(rng, width):
    w1, w2 = rng.normal(size=(2, width, width)) / width**0.5
    b1, b2 = rng.normal(size=(2, width))
    x, y = rng.normal(size=(2, width, width))
    return Instance(
        {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, {"x": x, "y": y, "decay": np.array(0.03)}
    )


def _slope(h, z, d, kind, mistake):
    right = 1 - h * h if kind == "tanh" else (z > 0).astype(h.dtype)
    return {
        "activation-derivative-missing": np.ones_like(h),
        "derivative-of-sigmoid": h * (1 - h),
        "square-forgotten": 1 - h,
        "derivative-of-relu": (h > 0).astype(h.dtype),
        "derivative-of-tanh": 1 - h * h,
        "derivative-at-result": 1 - np.tanh(h) ** 2,
        "derivative-of-overwritten": 1 - z * z,
        "mask-of-gradient": (d > 0).astype(h.dtype),
    }.get(mistake, right)


def _network_backprop(kind):
    def backprop(p, data, mistake=None):
        dtype = p["w1"].dtype
        x, y, decay = (data[k].astype(dtype) for k in ("x", "y", "decay"))
        n = dtype.type(len(x))
        z = x @ p["w1"] + p["b1"]
        h = np.tanh(z) if kind == "tanh" else np.maximum(z, 0)
        if mistake == "float32-inside":
            h = h.astype(np.float32).astype(dtype)
        out = h @ p["w2"] + p["b2"]
        r = (out - y) / n
        if mistake == "residual-reversed":
            r = -r
        if mistake == "mean-forgotten":
            r = r * n
        if mistake == "unbiased":
            r = r * n / (n - 1)
        if mistake == "square-factor":
            r = 2 * r
        kept = {"activation-overwritten": z, "input-for-activation": x}.get(mistake, h)
        gw2 = kept.T @ r
        if mistake == "swapped-operands":
            gw2 = r.T @ h
        if mistake == "double-counted":
            gw2 = gw2 + kept.T @ r
        gb2 = r.sum(axis=0)
        if mistake == "sum-of-everything":
            gb2 = np.full_like(gb2, r.sum())
        d = r @ p["w2"].T
        if mistake == "transpose-missing":
            d = r @ p["w2"]
        if mistake == "wrong-weights":
            d = r @ p["w1"].T
        if mistake == "updated-too-early":
            d = r @ (p["w2"] - dtype.type(0.125) * (gw2 + decay * p["w2"])).T
        if mistake == "detached":
            d = np.zeros_like(d)
        e = d * _slope(h, z, d, kind, mistake)
        gw1, gb1 = x.T @ e, e.sum(axis=0)
        if mistake == "wrong-axis":
            gb1 = e.sum(axis=1)
        if mistake == "broadcast-first":
            gb1 = e[0].copy()
        if mistake == "broadcast-mean":
            gb1 = e.mean(axis=0)
        if mistake == "misaligned":
            gw1 = x[:-1].T @ e[1:]
        if mistake == "first-case-lost":
            gw1 = x[1:].T @ e[1:]
        if mistake == "case-lost-everywhere":
            gw1, gb1 = x[:-1].T @ e[:-1], e[:-1].sum(axis=0)
            gw2, gb2 = h[:-1].T @ r[:-1], r[:-1].sum(axis=0)
        if mistake == "activation-for-input":
            gw1 = h.T @ e
        if mistake == "bias-dropped":
            gb1 = np.zeros_like(gb1)
        if mistake == "dropped-unit":
            gw1[:, 1], gb1 = 0, gb1
        twice = {"penalty-twice": 2, "penalty-lost": 0, "penalty-sign": -1}.get(mistake, 1)
        once = {"penalty-lost-once": 0, "penalty-once-half": 0.5}.get(mistake, twice)
        gw1 = gw1 + dtype.type(once) * decay * p["w1"]
        gw2 = gw2 + dtype.type(twice) * decay * p["w2"]
        if mistake == "penalty-on-bias":
            gb1 = gb1 + decay * p["b1"]
        if mistake == "penalty-for-l1":
            gw1 = gw1 - decay * p["w1"] + decay * np.sign(p["w1"])
        if mistake == "one-sign":
            gw1[1, 2] = -gw1[1, 2]
        return {"w1": gw1, "b1": gb1, "w2": gw2, "b2": gb2}

    return backprop


# Softmax regression.


def _softmax_loss(xp, p, d):
    return cross_entropy(xp, d["x"] @ p["w"] + p["b"], d["y"])


def _softmax_draw(rng, width):
    classes = 4
    params = {"w": rng.normal(size=(width, classes)), "b": rng.normal(size=classes)}
    data = {"x": rng.normal(size=(3 * width, width)), "y": rng.integers(0, classes, 3 * width)}
    return Instance(params, data)


def _softmax_backprop(p, data, mistake=None):
    dtype = p["w"].dtype
    x, y = data["x"].astype(dtype), data["y"]
    n, rows = dtype.type(len(x)), np.arange(len(x))
    z = x @ p["w"] + p["b"]
    axis = 0 if mistake == "softmax-axis" else 1
    q = np.exp(z - z.max(axis=axis, keepdims=True))
    q = q / q.sum(axis=axis, keepdims=True)
    hit = np.zeros_like(q)
    hit[rows, (y + 1) % q.shape[1] if mistake == "labels-from-one" else y] = 1
    delta = (q - hit) / n
    if mistake == "labels-forgotten":
        delta = q / n
    if mistake == "probabilities-forgotten":
        delta = -hit / n
    if mistake == "softmax-jacobian-twice":
        delta = q * (delta - (q * delta).sum(axis=1, keepdims=True))
    if mistake == "mean-forgotten":
        delta = delta * n
    if mistake == "labels-shuffled":
        delta = (q - hit[::-1]) / n
    return {"w": x.T @ delta, "b": delta.sum(axis=0)}


# Ridge regression.


def _ridge_loss(xp, p, d):
    fit = xp.mean(xp.square(d["x"] @ p["w"] - d["y"]))
    return 0.5 * fit + 0.5 * d["decay"] * xp.sum(xp.square(p["w"]))


def _ridge_draw(rng, width):
    x = rng.normal(size=(4 * width, width))
    data = {"x": x, "y": rng.normal(size=4 * width), "decay": np.array(0.03)}
    return Instance({"w": rng.normal(size=width)}, data)


def _ridge_backprop(p, data, mistake=None):
    w = p["w"]
    x, y, decay = (data[k].astype(w.dtype) for k in ("x", "y", "decay"))
    n = w.dtype.type(len(x))
    r = x @ w - y
    if mistake == "sign-of-target":
        r = x @ w + y
    if mistake == "target-forgotten":
        r = x @ w
    if mistake == "mean-forgotten":
        r = r * n
    if mistake == "unbiased":
        r = r * n / (n - 1)
    if mistake == "square-factor":
        r = 2 * r
    if mistake == "last-case-lost":
        r = np.where(np.arange(len(r)) == len(r) - 1, 0, r)
    if mistake == "case-twice":
        r = np.where(np.arange(len(r)) == 0, 2 * r, r)
    if mistake == "half-batch":
        r = np.where(np.arange(len(r)) >= len(r) // 2, 0, r)
    gradient = x.T @ r / n
    times = {"penalty-lost": 0, "penalty-twice": 2, "penalty-sign": -1}.get(mistake, 1)
    decayed = w.dtype.type(times) * decay * w
    if mistake == "penalty-spares-first":
        decayed[0] = 0
    return {"w": gradient + decayed}


def _problem(name, loss, draw):
    return Problem(name, loss, draw, {"tiny": {"width": 6}, "small": {"width": 12}}, "these tests")


MODELS = {
    "network-tanh": (
        _problem("network-tanh", _network_loss(lambda xp, z: xp.tanh(z)), _network_draw),
        _network_backprop("tanh"),
    ),
    "network-relu": (
        _problem("network-relu", _network_loss(relu), _network_draw),
        _network_backprop("relu"),
    ),
    "softmax": (_problem("softmax", _softmax_loss, _softmax_draw), _softmax_backprop),
    "ridge": (_problem("ridge", _ridge_loss, _ridge_draw), _ridge_backprop),
}

_NETWORK = {
    "activation-derivative-missing": {"wrong-derivative"},
    "derivative-at-result": {"wrong-derivative"},
    "derivative-of-overwritten": {"wrong-derivative", "stale"},
    "mask-of-gradient": {"wrong-derivative"},
    "float32-inside": {"precision"},
    "residual-reversed": {"sign"},
    "mean-forgotten": {"factor"},
    "unbiased": {"factor"},
    "square-factor": {"factor", "term-added"},
    "activation-overwritten": {"stale"},
    "input-for-activation": {"stale", "swapped"},
    "swapped-operands": {"transposed", "swapped"},
    "double-counted": {"term-added"},
    "sum-of-everything": {"broadcast-sum"},
    "transpose-missing": {"transposed"},
    "wrong-weights": {"stale", "swapped"},
    "updated-too-early": {"stale"},
    "detached": {"term-missing", "stale"},
    "wrong-axis": {"wrong-axis"},
    "broadcast-first": {"broadcast-sum", "cases"},
    "broadcast-mean": {"factor", "broadcast-sum"},
    "misaligned": {"off-by-one"},
    "first-case-lost": {"cases", "off-by-one"},
    "case-lost-everywhere": {"cases", "off-by-one"},
    "activation-for-input": {"stale", "swapped"},
    "bias-dropped": {"parameter-missing"},
    "dropped-unit": {"unit-missing", "one-unit"},
    "penalty-twice": {"term-added"},
    "penalty-lost": {"term-missing"},
    "penalty-sign": {"sign", "term-missing"},
    "penalty-lost-once": {"term-missing"},
    "penalty-once-half": {"term-missing", "factor"},
    "penalty-on-bias": {"term-added"},
    "penalty-for-l1": {"wrong-derivative"},
    "one-sign": {"one-component"},
}
_TANH = {
    "derivative-of-sigmoid": {"wrong-derivative"},
    "square-forgotten": {"wrong-derivative"},
    "derivative-of-relu": {"wrong-derivative"},
}
MISTAKES = {
    "network-tanh": {**_NETWORK, **_TANH},
    "network-relu": {**_NETWORK, "derivative-of-tanh": {"wrong-derivative"}},
    "softmax": {
        "softmax-axis": {"wrong-axis"},
        "labels-from-one": {"off-by-one"},
        "labels-forgotten": {"term-missing"},
        "probabilities-forgotten": {"term-missing"},
        "softmax-jacobian-twice": {"wrong-derivative"},
        "mean-forgotten": {"factor"},
        "labels-shuffled": {"permuted"},
    },
    "ridge": {
        "sign-of-target": {"sign"},
        "target-forgotten": {"term-missing"},
        "mean-forgotten": {"factor"},
        "unbiased": {"factor"},
        "square-factor": {"factor", "term-added"},
        "last-case-lost": {"cases", "off-by-one"},
        "case-twice": {"cases"},
        "half-batch": {"cases"},
        "penalty-lost": {"term-missing"},
        "penalty-twice": {"term-added"},
        "penalty-sign": {"sign", "term-missing"},
        "penalty-spares-first": {"one-component"},
    },
}
