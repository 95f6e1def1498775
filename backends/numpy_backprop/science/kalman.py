"""The gradient of `problems.science.kalman`: the filter as an elimination, backwards through time.

Mean and covariance are one matrix M = [P | m], (d, d+1). With A⁺ = diag(A, 1), D = [I; cᵀ] and
K = [I 0 c; 0 1 0], a step predicts, looks, and eliminates the pivot s:

    M⁻ = A M A⁺ᵀ + [diag e^q | 0]
    E  = D M⁻ K + [0; 0 -y_t e^r] = [P⁻ m⁻ u; uᵀ δ s],         δ = cᵀ m⁻ - y_t
    M  = [P⁻ | m⁻] - w [uᵀ δ],   w = u/s,                      share ½ (δ²/s + ln s)

so that E is two products, (DA) M (A⁺ᵀK), and what does not depend on M. Backwards, with Λ the slope
by the M that a step leaves, z = [u; δ]/s and κ = [c; 0], the slope by M⁻ is

    Π = (I - c wᵀ) Λ (I - z κᵀ) + c (g κ + δ/s e)ᵀ,            g = ½ (1 - δ²/s)/s, the slope by s,

e the last unit vector. Λ is Aᵀ Π A⁺ of the next step, so that the Π are a linear recursion:

    Π_t = X Π_{t+1} Y + c (g κ + δ/s e)ᵀ,   X = Aᵀ - c (A w)ᵀ,   Y = A⁺ - (A⁺z) κᵀ
    by A: Σ Π A⁺ Mᵀ + Π_Pᵀ A P,             by q: e^q diag Σ Π,  by r: e^r Σ g + (A w)ᵀ Π_{t+1} A⁺z.

X, Y and the shares depend on the way forwards alone: they are made for all times at once, as are
the sums behind the loop; what is left in it is two products and a sum.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.kalman import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by a (d, d), q (d,) and r."""
    a, c, y = params["a"], data["c"], data["y"]
    move, see, d, steps = np.exp(params["q"]), np.exp(params["r"]), c.size, y.size
    more, kappa = np.eye(d + 1, dtype=c.dtype), np.append(c, c.dtype.type(0.0))
    more[:d, :d] = a
    down, right = np.eye(d + 1, d, dtype=c.dtype), np.eye(d + 1, d + 2, dtype=c.dtype)
    down[d], right[:, d + 1] = c, kappa
    before, after = down @ a, more.T @ right

    states = np.zeros((steps + 1, d, d + 1), c.dtype)  # M
    states[0, :, :d] = np.eye(d)
    seen = np.empty((steps, d + 1, d + 2), c.dtype)  # E, at first without the products
    seen[:] = (down * move) @ right[:d]
    seen[:, d, d] = -y
    seen[:, d, d + 1] += see
    half, whole = np.empty((d + 1, d + 1), c.dtype), np.empty_like(seen[0])
    views = seen[:, :d, :-1], seen[:, :d, -1:], seen[:, d:, :-1], seen[:, d:, -1:]
    for m, new, e, top, u, row, s in zip(states, states[1:], seen, *views, strict=False):
        np.dot(before, m, out=half)
        e += np.dot(half, after, out=whole)
        np.multiply(u / s, row, out=new)
        np.subtract(top, new, out=new)
    pivots, misses = seen[:, d, d + 1], seen[:, d, d]
    z = seen[:, d, :-1] / pivots[:, None]
    total = 0.5 * (np.sum(misses * z[:, d]) + np.sum(np.log(pivots)))

    by_pivots = 0.5 * (1.0 - misses * z[:, d]) / pivots
    moved = z @ more.T  # [A w; δ/s]
    lefts = a.T - c[:, None] * moved[:, None, :d]
    rights = more - moved[:, :, None] * kappa
    slopes = np.empty_like(states[1:])  # Π, at first the shares
    shares = by_pivots[:, None] * kappa
    shares[:, d] += z[:, d]
    np.multiply(c[:, None], shares[:, None, :], out=slopes)
    half = np.empty_like(states[0])
    later = slopes[-1]
    for x, slope, r in zip(lefts[-2::-1], slopes[-2::-1], rights[-2::-1], strict=True):
        slope += np.dot(np.dot(x, later, out=half), r)
        later = slope
    total_slope = np.sum(slopes, axis=0)
    flat = slopes[:, :, :d].reshape(-1, d)
    by_a = np.tensordot(slopes, states[:-1] @ more.T, ([0, 2], [0, 2]))
    by_a += flat.T @ (a @ states[:-1, :, :d]).reshape(-1, d)
    by_see = np.sum(by_pivots) + np.einsum("ti,tij,tj", moved[:-1, :d], slopes[1:], moved[:-1])
    real = c.dtype.type
    constant = 0.5 * steps * math.log(2.0 * math.pi)
    by_q = move * np.diagonal(total_slope)
    return real(total + constant), {"a": by_a, "q": by_q, "r": real(see * by_see)}


DERIVATIONS: dict[str, Derive] = {"kalman": by_gradient(loss, gradient)}
