"""A second method for every derivative: differences of the loss in extended precision."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from gradparity.backends.numpy_tape.engine import derivatives as d

LONG = np.longdouble
STEP = LONG(2.0**-14)
FIVE_POINTS = {-2: 1, -1: -8, 1: 8, 2: -1}


def slope(function):
    """f'(0) by the five-point formula: wrong by STEP⁴/30, 5e-19, of the fifth derivative."""
    return sum(w * function(k * STEP) for k, w in FIVE_POINTS.items()) / (12 * STEP)


def moved(params, direction, t):
    return {name: x + t * direction[name] for name, x in params.items()}


def dot(first, second):
    return sum((first[name] * second[name]).sum() for name in first)


def directions(rng, params):
    return {name: rng.uniform(-1, 1, size=x.shape).astype(x.dtype) for name, x in params.items()}


def assert_derivatives(loss, params, data, rng, rtol=1e-10):
    """Reverse, forward and forward over reverse against differences of value and gradient."""
    params = {name: np.asarray(x, LONG) for name, x in params.items()}
    u, v = directions(rng, params), directions(rng, params)
    with np.errstate(all="ignore"):
        _, gradient = d.value_and_gradient(loss, params, data)
        for name, x in params.items():
            assert gradient[name].shape == x.shape
            assert gradient[name].dtype == LONG
        assert_same(
            dot(gradient, u),
            slope(lambda t: d.value(loss, moved(params, u, t), data)),
            rtol * scale(gradient, u),
        )
        assert_same(d.jvp(loss, params, data, u)[1], dot(gradient, u), 1e-16 * scale(gradient, u))
        curvature = d.hvp(loss, params, data, u)
        along = slope(lambda t: dot(d.value_and_gradient(loss, moved(params, u, t), data)[1], v))
        assert_same(dot(curvature, v), along, rtol * (scale(curvature, v) + scale(gradient, v)))


def scale(first, second):
    return 1 + sum(np.abs(first[name] * second[name]).sum() for name in first)


def assert_same(actual, expected, tolerance):
    assert np.shape(actual) == np.shape(expected) == ()
    assert abs(actual - expected) <= tolerance, f"{actual} != {expected}"


def weighted(operation):
    """A scalar loss that sees every entry of operation(xp, params, data) with its own weight."""

    def loss(xp, params, data):
        result = operation(xp, params, data)
        size = math.prod(result.shape)
        weights = xp.astype(xp.arange(size), result.dtype)
        return xp.sum(xp.reshape(result, -1) * xp.sin(1.0 + weights))

    return loss


def layouts(x, kind):
    """The same values in another memory layout: row-major, column-major, strided, reversed."""
    if kind == "strided":
        wide = np.zeros((*x.shape, 2), x.dtype)
        wide[..., 0] = x
        return wide[..., 0]
    if kind == "fortran":
        return np.asfortranarray(x) if x.ndim else x
    if kind == "reversed" and x.ndim:
        return np.flip(np.flip(x).copy())
    return x


LAYOUTS = st.sampled_from(("plain", "fortran", "strided", "reversed"))


def spread(rng, shape, low, high):
    """Values in [low, high], no two of them closer than a kink may be to the five points."""
    count = max(1, math.prod(shape))
    grid = low + (high - low) * (np.arange(count) + 0.5) / count
    assert all(b - a > 0.01 for a, b in pairwise(grid[:3]))
    return rng.permutation(grid)[: math.prod(shape)].reshape(shape).astype(LONG)


def away_from(kinks, x):
    """X with the values that are within 0.02 of a kink moved off it."""
    for kink in kinks:
        x = np.where(np.abs(x - kink) < 0.02, LONG(kink + 0.03), x)
    return x
