"""A budget over few channels, on Python floats: a ufunc costs as much as a dozen of their products.

Each formula takes z, the data by channel as lists, and the budget, and returns the loss and its
derivatives by z; the derivations are in `advertising`. Both may raise ZeroDivisionError or
ValueError where NumPy has infinity or NaN.
"""

from __future__ import annotations

import math

Numbers = list[float]


def budget_sqrt(z: Numbers, k: Numbers, budget: float) -> tuple[float, Numbers]:
    """Loss -R, R = Σ r, r_i = k_i √(B s_i), s = softmax(z), and ½ (s_j R - r_j)."""
    top = max(z)
    e = [math.exp(x - top) for x in z]
    whole = sum(e)
    s = [x / whole for x in e]
    r = [a * math.sqrt(budget * share) for a, share in zip(k, s, strict=True)]
    total = sum(r)
    return -total, [0.5 * (share * total - x) for share, x in zip(s, r, strict=True)]


def budget_log(z: Numbers, k: Numbers, x0: Numbers, budget: float) -> tuple[float, Numbers]:
    """Loss -Σ k_i ln(1 + x_i/s_i), x_i = B z_i²/Z, Z = Σ z², s = x0, and -(2 z_j/Z) e_j.

    g_i = k_i/(x_i + s_i),   e_j = B g_j - Σ g x.
    """
    squares = [y * y for y in z]
    whole = sum(squares)
    share = budget / whole
    value = spent = 0.0
    g = []
    for square, a, level in zip(squares, k, x0, strict=True):
        x = share * square
        value -= a * math.log1p(x / level)
        last = a / (x + level)
        spent += last * x
        g.append(last)
    twice = -2.0 / whole
    return value, [twice * y * (budget * last - spent) for y, last in zip(z, g, strict=True)]
