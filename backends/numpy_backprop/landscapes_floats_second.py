"""Hessian-vector products of the landscapes of few variables, in Python floats.

Every function takes the variables x and a direction v as lists of floats and returns H v, the
derivative along v of the gradient that stands in `landscapes_floats`, in double precision. A dot is
the derivative along v.
"""

from __future__ import annotations

import math

from gradparity.backends.numpy_backprop.landscapes_floats import Floats, sine_cosine
from gradparity.problems.plane import BEND, SLOPE, WAVE

PI = math.pi


def rosenbrock(x: Floats, v: Floats) -> Floats:
    """Of g_i = 2 (e_i - x_i h_i) + h_{i-1},  h_i = 200 (x_{i+1} - x_i²),  e_i = x_i - 1.

    ḣ_i = 200 (v_{i+1} - 2 x_i v_i),
    ġ_i = 2 (v_i (1 - h_i) - x_i ḣ_i) + ḣ_{i-1},   ḣ_{-1} = 0,   ġ_{n-1} = ḣ_{n-2}.
    """
    turn = 0.0
    product = []
    for i in range(len(x) - 1):
        here, v_here = x[i], v[i]
        h = 200.0 * (x[i + 1] - here * here)
        turn_before, turn = turn, 200.0 * (v[i + 1] - 2.0 * here * v_here)
        product.append(2.0 * (v_here * (1.0 - h) - here * turn) + turn_before)
    product.append(turn)
    return product


def rastrigin(x: Floats, v: Floats) -> Floats:
    """Of g = 2 x + 20 π sin 2πx;  ġ = (2 + 40 π² cos 2πx) v,  cos 2πx = (c - s)(c + s)."""
    product = []
    for xi, vi in zip(x, v, strict=True):
        s, c = sine_cosine(PI * xi)
        product.append((2.0 + 40.0 * PI * PI * (c - s) * (c + s)) * vi)
    return product


def ackley(x: Floats, v: Floats) -> Floats:
    """Of g_i = A x_i + B s_i,  A = 4 e^{-r/5}/(n r),  B = 4 π e^{1-q}/n,  s_i = ½ sin 2πx_i.

    With ṙ = Σ x_i v_i/(n r) and q̇ = 4 π/n Σ s_i v_i:
        Ȧ = -A (1/5 + 1/r) ṙ,   Ḃ = -B q̇,   ṡ_i = π cos 2πx_i v_i,
        ġ_i = Ȧ x_i + A v_i + Ḃ s_i + B ṡ_i.
    At x = 0, where r has no derivative, A and Ȧ are 0, as in the gradient.
    """
    n = len(x)
    squares = ripples = x_along = s_along = 0.0
    half_sines, turns = [], []
    for xi, vi in zip(x, v, strict=True):
        s, c = sine_cosine(PI * xi)
        squares += xi * xi
        ripples += s * s
        x_along += xi * vi
        s_along += s * c * vi
        half_sines.append(s * c)
        turns.append(PI * (c - s) * (c + s) * vi)
    r, q = math.sqrt(squares / n), 2.0 * ripples / n
    outward = 4.0 * math.exp(-0.2 * r) / (n * r) if r != 0.0 else 0.0
    outward_dot = -outward * (0.2 + 1.0 / r) * x_along / (n * r) if r != 0.0 else 0.0
    ripple = 4.0 * PI * math.exp(1.0 - q) / n
    ripple_dot = -ripple * 4.0 * PI * s_along / n
    return [
        outward_dot * xi + outward * vi + ripple_dot * s + ripple * turn
        for xi, vi, s, turn in zip(x, v, half_sines, turns, strict=True)
    ]


def styblinski_tang(x: Floats, v: Floats) -> Floats:
    """Of g = 2 x³ - 16 x + 5/2;  ġ = (6 x² - 16) v."""
    return [(6.0 * xi * xi - 16.0) * vi for xi, vi in zip(x, v, strict=True)]


def himmelblau(point: Floats, along: Floats) -> Floats:
    """Of g = (4 x u + 2 v, 2 u + 4 y v),  u = x² + y - 11,  v = x + y² - 7.

    H = (4 u + 8 x² + 2,  4 x + 4 y;   4 x + 4 y,  2 + 4 v + 8 y²).
    """
    x, y = point
    u, v = x * x + y - 11.0, x + y * y - 7.0
    mixed = 4.0 * (x + y)
    a, b = along
    return [
        (4.0 * u + 8.0 * x * x + 2.0) * a + mixed * b,
        mixed * a + (2.0 + 4.0 * v + 8.0 * y * y) * b,
    ]


def beale(point: Floats, along: Floats) -> Floats:
    """Of Σ t_k²,  t_k = c_k - x b_k,  b_k = 1 - y^k,  ∂t_k/∂x = -b_k,  ∂t_k/∂y = k x y^(k-1).

    H_xx = 2 Σ b_k²,
    H_xy = 2 Σ k y^(k-1) (t_k - x b_k),
    H_yy = 2 Σ (k x y^(k-1))² + t_k k (k-1) x y^(k-2).
    """
    x, y = point
    y2 = y * y
    b1, b2, b3 = 1.0 - y, 1.0 - y2, 1.0 - y2 * y
    t1, t2, t3 = 1.5 - x * b1, 2.25 - x * b2, 2.625 - x * b3
    xx = 2.0 * (b1 * b1 + b2 * b2 + b3 * b3)
    xy = 2.0 * ((t1 - x * b1) + 2.0 * y * (t2 - x * b2) + 3.0 * y2 * (t3 - x * b3))
    yy = 2.0 * x * (x * (1.0 + 4.0 * y2 + 9.0 * y2 * y2) + 2.0 * t2 + 6.0 * y * t3)
    a, b = along
    return [xx * a + xy * b, xy * a + yy * b]


def booth(point: Floats, along: Floats) -> Floats:
    """Of g = (2 u + 4 v, 4 u + 2 v),  u = x + 2y - 7,  v = 2x + y - 5;  H = (10, 8; 8, 10)."""
    a, b = along
    return [10.0 * a + 8.0 * b, 8.0 * a + 10.0 * b]


def saddle(point: Floats, along: Floats) -> Floats:
    """Of g = (2 x, -2 y);  H = diag(2, -2)."""
    a, b = along
    return [2.0 * a, -2.0 * b]


def bounded_saddle(point: Floats, along: Floats) -> Floats:
    """Of g = (2 x, y³ - 2 y);  H = diag(2, 3 y² - 2)."""
    _, y = point
    a, b = along
    return [2.0 * a, (3.0 * y * y - 2.0) * b]


def monkey_saddle(point: Floats, along: Floats) -> Floats:
    """Of g = (3 (x² - y²), -6 x y);  H = 6 (x, -y; -y, -x)."""
    x, y = point
    a, b = along
    return [6.0 * (x * a - y * b), -6.0 * (y * a + x * b)]


def matyas(point: Floats, along: Floats) -> Floats:
    """H = (0.52, -0.48; -0.48, 0.52)."""
    a, b = along
    return [0.52 * a - 0.48 * b, 0.52 * b - 0.48 * a]


def six_hump_camel(point: Floats, along: Floats) -> Floats:
    """Of g = (2 x (4 - 4.2 x² + x⁴) + y, 8 y (2 y² - 1) + x).

    H = (8 - 25.2 x² + 10 x⁴, 1;  1, 48 y² - 8).
    """
    x, y = point
    a, b = along
    p = x * x
    return [(8.0 + p * (10.0 * p - 25.2)) * a + b, a + (48.0 * y * y - 8.0) * b]


def mccormick(point: Floats, along: Floats) -> Floats:
    """Of g = (cos s + 2 d - 1.5, cos s - 2 d + 2.5);  H = (2 - sin s, -2 - sin s; the same)."""
    x, y = point
    a, b = along
    turn, apart = sine_cosine(x + y)[0] * (a + b), 2.0 * (a - b)
    return [apart - turn, -apart - turn]


def branin(point: Floats, along: Floats) -> Floats:
    """Of g = (2 r r′ - w sin x, 2 r),  r′ = c - 2 b x,  r″ = -2 b.

    H = (2 r′² - 4 b r - w cos x,  2 r′;   2 r′,  2).
    """
    x, y = point
    a, b = along
    r, slope = y - BEND * x * x + SLOPE * x - 6.0, SLOPE - 2.0 * BEND * x
    xx = 2.0 * slope * slope - 4.0 * BEND * r - WAVE * sine_cosine(x)[1]
    return [xx * a + 2.0 * slope * b, 2.0 * slope * a + 2.0 * b]
