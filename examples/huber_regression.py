"""A loss of one's own: robust regression with the Huber loss, and its gradient by hand.

gradparity run examples/huber_regression.py
"""

import numpy as np

import gradparity as gp


def loss(xp, params, data):
    """Mean of r²/2 where |r| <= 1, |r| - 1/2 elsewhere, for the residuals r = X w - y."""
    size = xp.abs(data["X"] @ params["w"] - data["y"])
    return xp.mean(xp.where(size <= 1, 0.5 * xp.square(size), size - 0.5))


def gradient(params, data):
    """By hand: the derivative of the Huber function is r, clipped to [-1, 1]."""
    residual = data["X"] @ params["w"] - data["y"]
    slope = np.clip(residual, -1, 1)
    value = np.mean(slope * (residual - slope / 2))
    return value, {"w": data["X"].T @ slope / len(slope)}


def draw(rng, n, d):
    """`n` points in `d` dimensions on a plane, with outliers; `w` starts elsewhere."""
    X = rng.normal(size=(n, d))
    y = X @ rng.normal(size=d) + rng.standard_t(df=2, size=n)
    return gp.Instance(params={"w": rng.normal(size=d)}, data={"X": X, "y": y})


SIZES = {"tiny": {"n": 50, "d": 3}, "large": {"n": 20_000, "d": 100}}
PROBLEM = gp.Problem("huber-regression", loss, draw, SIZES, "Huber (1964)", gradient=gradient)
