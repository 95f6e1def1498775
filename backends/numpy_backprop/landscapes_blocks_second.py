"""Hessian-vector products of the landscapes of many variables, in cache-sized blocks.

Each is the derivative along v of the gradient in `landscapes_blocks`, on the same blocks and with
the same tangent: t = tan πx, s = t/(1 + t²) = ½ sin 2πx, and cos 2πx = 1 - 2 t s. A dot is the
derivative along v.
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
from gradparity.backends.numpy_backprop.contract.derivation import Operate
from gradparity.backends.numpy_backprop.landscapes_blocks import half_sine
from gradparity.problems import Arrays

PI = math.pi


def rosenbrock(params: Arrays, data: Arrays) -> Operate:
    """Of g_i = 2 (e_i - x_i h_i) + h_{i-1},  h_i = 200 (x_{i+1} - x_i²),  e_i = x_i - 1.

    1 - h_i = 200 x_i² - 200 x_{i+1} + 1,
    ḣ_i = 200 (v_{i+1} - 2 x_i v_i),
    ġ_i = 2 (v_i (1 - h_i) - x_i ḣ_i) + ḣ_{i-1},   ḣ_{-1} = 0,   ġ_{n-1} = ḣ_{n-2}.
    A block takes its first ḣ_{i-1} over from the block before.
    """
    n, dtype = params["x"].size, params["x"].dtype
    product = aligned(n, dtype)
    answer = {"x": product}
    cuts = blocks(n - 1, dtype, 1)
    longest = cuts[0][1].size if cuts else 0
    # The carried ḣ goes in front of the block's own, whose writes then stay aligned.
    line = CACHE_LINE // dtype.itemsize
    carrier = aligned(line + longest, dtype)[line - 1 :]
    steps = [
        (cut, slice(cut.start + 1, cut.stop + 1), w, carrier[: w.size], carrier[1 : w.size + 1])
        for cut, w in cuts
    ]

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        x, v = params["x"], direction["x"]
        carrier[0] = 0.0
        for here, there, w, turn_before, turn in steps:
            x_here, v_here, g = x[here], v[here], product[here]
            np.multiply(x_here, x_here, out=w)
            np.subtract(w, x[there], out=w)
            np.multiply(w, 200.0, out=w)
            np.add(w, 1.0, out=w)
            np.multiply(w, v_here, out=w)
            np.multiply(x_here, v_here, out=turn)
            np.add(turn, turn, out=turn)
            np.subtract(v[there], turn, out=turn)
            np.multiply(turn, 200.0, out=turn)
            np.multiply(x_here, turn, out=g)
            np.subtract(w, g, out=w)
            np.add(w, w, out=w)
            np.add(w, turn_before, out=g)
            carrier[0] = turn[-1]
        product[-1] = carrier[0]
        return answer

    return hvp


def rastrigin(params: Arrays, data: Arrays) -> Operate:
    """Of g = 2 x + 40 π s;  ṡ = π cos 2πx v,  so  ġ = (2 + 40 π² - 80 π² t s) v."""
    n, dtype = params["x"].size, params["x"].dtype
    product = aligned(n, dtype)
    answer = {"x": product}
    steps = blocks(n, dtype, 2)

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        for cut, t, s in steps:
            half_sine(params["x"][cut], t, s)
            np.multiply(t, s, out=s)
            np.multiply(s, -80.0 * PI * PI, out=s)
            np.add(s, 2.0 + 40.0 * PI * PI, out=s)
            np.multiply(s, direction["x"][cut], out=product[cut])
        return answer

    return hvp


def ackley(params: Arrays, data: Arrays) -> Operate:
    """Of g_i = A x_i + B s_i,  A = 4 e^{-r/5}/(n r),  B = 4 π e^{1-q}/n,  r and q as there.

    Sums, in one sweep that leaves s and cos 2πx v = (1 - 2 t s) v in buffers:
        r = √(mean x²),  q = 2 mean t s,  ṙ = Σ x_i v_i/(n r),  q̇ = 4 π/n Σ s_i v_i.
    Combined in a second sweep:
        Ȧ = -A (1/5 + 1/r) ṙ,   Ḃ = -B q̇,
        ġ_i = Ḃ s_i + Ȧ x_i + A v_i + π B cos 2πx_i v_i.
    At x = 0, where r has no derivative, A and Ȧ are 0, as in the gradient.
    """
    n, dtype = params["x"].size, params["x"].dtype
    product, turned = aligned(n, dtype), aligned(n, dtype)
    answer = {"x": product}
    steps = blocks(n, dtype, 1)

    def sums(x: Any, v: Any) -> tuple[float, float, float, float]:
        squares = ripples = x_along = s_along = 0.0
        for cut, t in steps:
            x_cut, v_cut, s, turn = x[cut], v[cut], product[cut], turned[cut]
            half_sine(x_cut, t, s)
            squares += inner_product(x_cut, x_cut)
            ripples += inner_product(t, s)
            x_along += inner_product(x_cut, v_cut)
            s_along += inner_product(s, v_cut)
            np.multiply(t, s, out=turn)
            np.multiply(turn, -2.0, out=turn)
            np.add(turn, 1.0, out=turn)
            np.multiply(turn, v_cut, out=turn)
        return squares, ripples, x_along, s_along

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        x, v = params["x"], direction["x"]
        squares, ripples, x_along, s_along = sums(x, v)
        r, q = math.sqrt(squares / n), 2.0 * ripples / n
        outward = 4.0 * math.exp(-0.2 * r) / (n * r) if r != 0.0 else 0.0
        outward_dot = -outward * (0.2 + 1.0 / r) * x_along / (n * r) if r != 0.0 else 0.0
        ripple = 4.0 * PI * math.exp(1.0 - q) / n
        ripple_dot = -ripple * 4.0 * PI * s_along / n
        for cut, term in steps:
            g, turn = product[cut], turned[cut]
            np.multiply(g, ripple_dot, out=g)
            np.multiply(x[cut], outward_dot, out=term)
            np.add(g, term, out=g)
            np.multiply(v[cut], outward, out=term)
            np.add(g, term, out=g)
            np.multiply(turn, PI * ripple, out=term)
            np.add(g, term, out=g)
        return answer

    return hvp


def styblinski_tang(params: Arrays, data: Arrays) -> Operate:
    """Of g = 2 x³ - 16 x + 5/2;  ġ = (6 x² - 16) v."""
    n, dtype = params["x"].size, params["x"].dtype
    product = aligned(n, dtype)
    answer = {"x": product}
    steps = blocks(n, dtype, 1)

    def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        for cut, q in steps:
            x = params["x"][cut]
            np.multiply(x, x, out=q)
            np.multiply(q, 6.0, out=q)
            np.subtract(q, 16.0, out=q)
            np.multiply(q, direction["x"][cut], out=product[cut])
        return answer

    return hvp
