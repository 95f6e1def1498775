"""The regularised incomplete beta function in the operations of a loss, as its continued fraction.

    I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) · 1 / (1 + d₁/(1 + d₂/(1 + ...))),
    d_2m+1 = -(a + m)(a + b + m) x / ((a + 2m)(a + 2m + 1)),
    d_2m = m (b - m) x / ((a + 2m - 1)(a + 2m)),

and I_x(a, b) = 1 - I_{1-x}(b, a), of which that is taken where the fraction converges faster. It is
cut off behind a fixed number of terms and evaluated from its end. Its derivatives are right as far
as it is itself: by x they are the beta density, x^(a-1) (1 - x)^(b-1) / B(a, b); those by a and b
have no elementary form, and need none.

Source: NIST Digital Library of Mathematical Functions, 8.17.4 and 8.17.22.
"""

from __future__ import annotations

from gradparity.problems import Array
from gradparity.problems.namespace import Namespace

TERMS = 60
"""Pairs of terms: enough for extended precision where a and b are below 500."""


def betainc(xp: Namespace, a: Array, b: Array, x: Array) -> Array:
    """I_x(a, b), a, b > 0, 0 < x < 1, of the shape that they broadcast to."""
    ones = xp.ones_like(a + b + x)
    a, b, x = a * ones, b * ones, x * ones
    ahead = x * (a + b + 2.0) < a + 1.0
    p, q = xp.where(ahead, a, b), xp.where(ahead, b, a)
    u = xp.where(ahead, x, 1.0 - x)
    found = xp.exp(p * xp.log(u) + q * xp.log1p(-u) - xp.betaln(p, q)) / (p * _fraction(p, q, u))
    return xp.where(ahead, found, 1.0 - found)


def _fraction(a: Array, b: Array, x: Array) -> Array:
    tail = 1.0
    for m in range(TERMS, -1, -1):
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + (2 * m + 1)))
        tail = 1.0 + odd / tail
        if m:
            even = m * (b - m) * x / ((a + (2 * m - 1)) * (a + 2 * m))
            tail = 1.0 + even / tail
    return tail
