"""Gradients of the landscapes of few variables, in Python floats.

At two variables a NumPy operation costs its call, ten times a Python one. Every function here takes
the variables as a list of floats and returns (value, gradient as a list), in double precision
whatever the caller's dtype.
"""

from __future__ import annotations

import math

from gradparity.problems.plane import BEND, SLOPE, WAVE

PI = math.pi

Floats = list[float]


def rosenbrock(x: Floats) -> tuple[float, Floats]:
    """Σ 100 d_i² + e_i²,  d_i = x_{i+1} - x_i²,  e_i = x_i - 1,  i = 0 … n-2.

    With h_i = 200 d_i, the term's derivative by x_{i+1}:
        g_i = 2 (e_i - x_i h_i) + h_{i-1},   h_{-1} = 0,   g_{n-1} = h_{n-2}.
    """
    total = h = 0.0
    gradient = []
    here = x[0]
    for there in x[1:]:
        d, e = there - here * here, here - 1.0
        total += 100.0 * d * d + e * e
        h_before, h = h, 200.0 * d
        gradient.append(2.0 * (e - here * h) + h_before)
        here = there
    gradient.append(h)
    return total, gradient


def rastrigin(x: Floats) -> tuple[float, Floats]:
    """Σ x² + 10 (1 - cos 2πx) = Σ x² + 20 sin² πx;  gradient 2 x + 20 π sin 2πx."""
    total = 0.0
    gradient = []
    for xi in x:
        s, c = sine_cosine(PI * xi)
        total += xi * xi + 20.0 * s * s
        gradient.append(2.0 * xi + 40.0 * PI * s * c)
    return total, gradient


def sine_cosine(angle: float) -> tuple[float, float]:
    """The sine and the cosine; NaN at infinity, where `math` raises and NumPy does not."""
    if math.isinf(angle):
        return math.nan, math.nan
    return math.sin(angle), math.cos(angle)


def ackley(x: Floats) -> tuple[float, Floats]:
    """20 (1 - e^{-r/5}) + e (1 - e^{-q}),  r = √(mean x²),  q = mean (1 - cos 2πx).

    q = 2 mean sin² πx. With s = ½ sin 2πx = sin πx cos πx,
    dr/dx_i = x_i/(n r) and dq/dx_i = 4 π s_i/n, hence
        g_i = 4 e^{-r/5}/(n r) x_i + 4 π e^{1-q}/n s_i.
    At x = 0, where r has no derivative, g is 0, the centre of its subgradients.
    """
    n = len(x)
    squares = ripples = 0.0
    half_sines = []
    for xi in x:
        s, c = sine_cosine(PI * xi)
        squares += xi * xi
        ripples += s * s
        half_sines.append(s * c)
    r, q = math.sqrt(squares / n), 2.0 * ripples / n
    decay, rise = math.expm1(-0.2 * r), math.expm1(-q)
    outward = 4.0 * (1.0 + decay) / (n * r) if r != 0.0 else 0.0
    ripple = 4.0 * PI * math.e * (1.0 + rise) / n
    gradient = [outward * xi + ripple * s for xi, s in zip(x, half_sines, strict=True)]
    return -20.0 * decay - math.e * rise, gradient


def styblinski_tang(x: Floats) -> tuple[float, Floats]:
    """½ Σ x⁴ - 16 x² + 5 x = ½ Σ x (x (q - 16) + 5),  q = x²;  gradient 2 x (q - 8) + 5/2."""
    total = 0.0
    gradient = []
    for xi in x:
        q = xi * xi
        total += xi * (xi * (q - 16.0) + 5.0)
        gradient.append(2.0 * xi * (q - 8.0) + 2.5)
    return 0.5 * total, gradient


def himmelblau(point: Floats) -> tuple[float, Floats]:
    """u² + v²,  u = x² + y - 11,  v = x + y² - 7.

    u has the derivatives (2x, 1), v has (1, 2y):   gradient (4 x u + 2 v, 2 u + 4 y v).
    """
    x, y = point
    u, v = x * x + y - 11.0, x + y * y - 7.0
    return u * u + v * v, [4.0 * x * u + 2.0 * v, 2.0 * u + 4.0 * y * v]


def beale(point: Floats) -> tuple[float, Floats]:
    """t₁² + t₂² + t₃²,  t_k = c_k - x (1 - y^k),  c = (3/2, 9/4, 21/8).

    ∂t_k/∂x = -(1 - y^k),  ∂t_k/∂y = k x y^(k-1):
        gradient (-2 Σ t_k (1 - y^k),  2 x (t₁ + 2 y t₂ + 3 y² t₃)).
    """
    x, y = point
    y2 = y * y
    b1, b2, b3 = 1.0 - y, 1.0 - y2, 1.0 - y2 * y
    t1, t2, t3 = 1.5 - x * b1, 2.25 - x * b2, 2.625 - x * b3
    by_x = -2.0 * (t1 * b1 + t2 * b2 + t3 * b3)
    by_y = 2.0 * x * (t1 + 2.0 * y * t2 + 3.0 * y2 * t3)
    return t1 * t1 + t2 * t2 + t3 * t3, [by_x, by_y]


def booth(point: Floats) -> tuple[float, Floats]:
    """u² + v²,  u = x + 2y - 7,  v = 2x + y - 5;  gradient (2 u + 4 v, 4 u + 2 v)."""
    x, y = point
    u, v = x + 2.0 * y - 7.0, 2.0 * x + y - 5.0
    return u * u + v * v, [2.0 * u + 4.0 * v, 4.0 * u + 2.0 * v]


def saddle(point: Floats) -> tuple[float, Floats]:
    """x² - y² = (x - y)(x + y);  gradient (2 x, -2 y)."""
    x, y = point
    return (x - y) * (x + y), [2.0 * x, -2.0 * y]


def bounded_saddle(point: Floats) -> tuple[float, Floats]:
    """x² + y² (y²/4 - 1);  gradient (2 x, y³ - 2 y)."""
    x, y = point
    y2 = y * y
    return x * x + y2 * (0.25 * y2 - 1.0), [2.0 * x, y * (y2 - 2.0)]


def monkey_saddle(point: Floats) -> tuple[float, Floats]:
    """The value x (x² - 3 y²);  gradient (3 (x² - y²), -6 x y)."""
    x, y = point
    return x * (x * x - 3.0 * y * y), [3.0 * (x - y) * (x + y), -6.0 * x * y]


def matyas(point: Floats) -> tuple[float, Floats]:
    """0.26 (x² + y²) - 0.48 x y;  gradient (0.52 x - 0.48 y, 0.52 y - 0.48 x)."""
    x, y = point
    return 0.26 * (x * x + y * y) - 0.48 * x * y, [0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x]


def six_hump_camel(point: Floats) -> tuple[float, Floats]:
    """4 p - 2.1 p² + p³/3 + x y + 4 (q - 1) q,  p = x², q = y².

    By p: 4 - 4.2 p + p²,  by q: 8 q - 4:   gradient (2 x (4 - 4.2 p + p²) + y, 8 y (2 q - 1) + x).
    """
    x, y = point
    p, q = x * x, y * y
    value = p * (4.0 + p * (p / 3.0 - 2.1)) + x * y + 4.0 * (q - 1.0) * q
    return value, [2.0 * x * (4.0 + p * (p - 4.2)) + y, 8.0 * y * (2.0 * q - 1.0) + x]


def mccormick(point: Floats) -> tuple[float, Floats]:
    """sin s + d² - 1.5 x + 2.5 y + 1,  s = x + y, d = x - y.

    Gradient (cos s + 2 d - 1.5, cos s - 2 d + 2.5).
    """
    x, y = point
    d = x - y
    sine, cosine = sine_cosine(x + y)
    return sine + d * d - 1.5 * x + 2.5 * y + 1.0, [cosine + 2.0 * d - 1.5, cosine - 2.0 * d + 2.5]


def branin(point: Floats) -> tuple[float, Floats]:
    """r² + w cos x + 10,  r = y - b x² + c x - 6.

    r has the derivatives (c - 2 b x, 1):   gradient (2 r (c - 2 b x) - w sin x, 2 r).
    """
    x, y = point
    r = y - BEND * x * x + SLOPE * x - 6.0
    sine, cosine = sine_cosine(x)
    by_x = 2.0 * r * (SLOPE - 2.0 * BEND * x) - WAVE * sine
    return r * r + WAVE * cosine + 10.0, [by_x, 2.0 * r]
