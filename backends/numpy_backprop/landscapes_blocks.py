"""Gradients of the landscapes of many variables: NumPy in cache-sized blocks, see `blocks`.

Sums are dot products, whose error does not grow with the length of a block, and blocks are added up
in Python floats: a float32 sum is as good as its terms. 2π never appears: with t = tan πx,

    sin 2πx = 2 t/(1 + t²),   1 - cos 2πx = 2 t²/(1 + t²),

NumPy's tangent is vectorised in both precisions where its sine and cosine are not in float64, one
call serves both, and nothing cancels near the minimum. Each square of t stays finite: no
floating-point number is near enough to an odd multiple of π/2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.blocks import (
    CACHE_LINE,
    aligned,
    blocks,
    inner_product,
)
from gradparity.backends.numpy_backprop.contract.derivation import Derivation
from gradparity.problems import Arrays

PI = math.pi


def rosenbrock(params: Arrays, data: Arrays) -> Derivation:
    """Σ 100 d_i² + e_i²,  d_i = x_{i+1} - x_i²,  e_i = x_i - 1,  i = 0 … n-2.

    With h_i = 200 d_i, the term's derivative by x_{i+1}:
        by x_i:      -2 x_i h_i + 2 e_i
        together:    g_i = 2 (e_i - x_i h_i) + h_{i-1},   h_{-1} = 0,   g_{n-1} = h_{n-2}.
    A block takes its first h_{i-1} over from the block before.
    """
    n, dtype = params["x"].size, params["x"].dtype
    scalar = dtype.type
    gradient_buffer = aligned(n, dtype)
    answer = {"x": gradient_buffer}
    cuts = blocks(n - 1, dtype, 1)
    longest = cuts[0][1].size if cuts else 0
    # The carried h goes in front of the block's own, whose writes then stay aligned.
    line = CACHE_LINE // dtype.itemsize
    carrier = aligned(line + longest, dtype)[line - 1 :]
    steps = [
        (cut, slice(cut.start + 1, cut.stop + 1), e, carrier[: e.size], carrier[1 : e.size + 1])
        for cut, e in cuts
    ]

    def value(params: Arrays, data: Arrays) -> Any:
        x = params["x"]
        total = 0.0
        for here, there, e, _, d in steps:
            x_here = x[here]
            np.multiply(x_here, x_here, out=d)
            np.subtract(x[there], d, out=d)
            np.subtract(x_here, 1.0, out=e)
            total += 100.0 * inner_product(d, d) + inner_product(e, e)
        return scalar(total)

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        x = params["x"]
        total = 0.0
        carrier[0] = 0.0
        for here, there, e, h_before, h in steps:
            x_here, g = x[here], gradient_buffer[here]
            np.multiply(x_here, x_here, out=h)
            np.subtract(x[there], h, out=h)
            np.subtract(x_here, 1.0, out=e)
            total += 100.0 * inner_product(h, h) + inner_product(e, e)
            np.multiply(h, 200.0, out=h)
            np.multiply(x_here, h, out=g)
            np.subtract(e, g, out=e)
            np.add(e, e, out=e)
            np.add(e, h_before, out=g)
            carrier[0] = h[-1]
        gradient_buffer[-1] = carrier[0]
        return scalar(total), answer

    return Derivation(value, gradient)


def rastrigin(params: Arrays, data: Arrays) -> Derivation:
    """Σ x² + 10 (1 - cos 2πx).

    With t = tan πx and s = t/(1 + t²) = ½ sin 2πx:
        value     x² + 20 t s
        gradient  2 x + 20 π sin 2πx = 2 x + 40 π s
    """
    n, dtype = params["x"].size, params["x"].dtype
    scalar = dtype.type
    gradient_buffer = aligned(n, dtype)
    answer = {"x": gradient_buffer}
    steps = blocks(n, dtype, 2)

    def value(params: Arrays, data: Arrays) -> Any:
        total = 0.0
        for cut, t, s in steps:
            x = params["x"][cut]
            half_sine(x, t, s)
            total += inner_product(x, x) + 20.0 * inner_product(t, s)
        return scalar(total)

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        total = 0.0
        for cut, t, s in steps:
            x, g = params["x"][cut], gradient_buffer[cut]
            half_sine(x, t, s)
            total += inner_product(x, x) + 20.0 * inner_product(t, s)
            np.multiply(s, 40.0 * PI, out=s)
            np.add(x, x, out=g)
            np.add(g, s, out=g)
        return scalar(total), answer

    return Derivation(value, gradient)


def half_sine(x: Any, t: Any, s: Any) -> None:
    """Fill t with tan πx and s with ½ sin 2πx = t/(1 + t²)."""
    np.multiply(x, PI, out=t)
    np.tan(t, out=t)
    np.multiply(t, t, out=s)
    np.add(s, 1.0, out=s)
    np.divide(t, s, out=s)


def ackley(params: Arrays, data: Arrays) -> Derivation:
    """20 (1 - e^{-r/5}) + e (1 - e^{-q}),  r = √(mean x²),  q = mean (1 - cos 2πx).

    With t = tan πx and s = t/(1 + t²) = ½ sin 2πx:   q = 2 mean t s,   dq/dx_i = 4 π s_i/n,
    dr/dx_i = x_i/(n r), hence
        g_i = 4 e^{-r/5}/(n r) x_i + 4 π e^{1-q}/n s_i.
    Both factors need the sums over all blocks: one sweep sums and leaves s in the gradient's
    buffer, a second one combines. At x = 0, where r has no derivative, g is 0, the centre of its
    subgradients.
    """
    n, dtype = params["x"].size, params["x"].dtype
    scalar = dtype.type
    gradient_buffer = aligned(n, dtype)
    answer = {"x": gradient_buffer}
    steps = blocks(n, dtype, 2)

    def sums(x: Any, keep: bool) -> tuple[float, float]:
        squares = ripples = 0.0
        for cut, t, s in steps:
            x_cut = x[cut]
            kept = gradient_buffer[cut] if keep else s
            half_sine(x_cut, t, kept)
            squares += inner_product(x_cut, x_cut)
            ripples += inner_product(t, kept)
        return math.sqrt(squares / n), 2.0 * ripples / n

    def value(params: Arrays, data: Arrays) -> Any:
        r, q = sums(params["x"], keep=False)
        return scalar(-20.0 * math.expm1(-0.2 * r) - math.e * math.expm1(-q))

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        x = params["x"]
        r, q = sums(x, keep=True)
        outward = 4.0 * math.exp(-0.2 * r) / (n * r) if r != 0.0 else 0.0
        ripple = 4.0 * PI * math.exp(1.0 - q) / n
        for cut, pull, _ in steps:
            g = gradient_buffer[cut]
            np.multiply(x[cut], outward, out=pull)
            np.multiply(g, ripple, out=g)
            np.add(g, pull, out=g)
        return scalar(-20.0 * math.expm1(-0.2 * r) - math.e * math.expm1(-q)), answer

    return Derivation(value, gradient)


def styblinski_tang(params: Arrays, data: Arrays) -> Derivation:
    """½ Σ x⁴ - 16 x² + 5 x = ½ Σ x w,  w = x³ - 16 x + 5.

    Gradient 2 x³ - 16 x + 5/2 = 2 x (x² - 8) + 5/2.
    The value's sums are those of q² - 16 q and x, q = x².
    """
    n, dtype = params["x"].size, params["x"].dtype
    scalar = dtype.type
    gradient_buffer = aligned(n, dtype)
    answer = {"x": gradient_buffer}
    steps = blocks(n, dtype, 1)
    ones = np.ones(steps[0][1].size if steps else 0, dtype)

    def partial(x: Any, q: Any) -> float:
        np.multiply(x, x, out=q)
        quartic = inner_product(q, q) - 16.0 * inner_product(x, x)
        return 0.5 * (quartic + 5.0 * inner_product(x, ones[: x.size]))

    def value(params: Arrays, data: Arrays) -> Any:
        return scalar(sum(partial(params["x"][cut], q) for cut, q in steps))

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        total = 0.0
        for cut, q in steps:
            x, g = params["x"][cut], gradient_buffer[cut]
            total += partial(x, q)
            np.subtract(q, 8.0, out=q)
            np.multiply(q, x, out=g)
            np.add(g, g, out=g)
            np.add(g, 2.5, out=g)
        return scalar(total), answer

    return Derivation(value, gradient)
