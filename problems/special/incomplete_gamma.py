"""The regularised incomplete gamma functions, in longdouble, entry by entry.

    P(a, x) = 1/Γ(a) ∫₀ˣ t^(a-1) e^(-t) dt,   Q = 1 - P

With D = x^a e^(-x) / Γ(a + 1): P = D Σ xⁿ / ((a+1) ... (a+n)) for x < a + 1, else Q = D a / c with
Legendre's continued fraction c, by Lentz's rule. D is computed as e^(-a φ) / √(2πa) e^(-δ), with
φ = x/a - 1 - ln(x/a) and δ the rest of Stirling's series, which do not cancel for large a. Where
a < 1 and x < 1.5, Q may be small beside P; there, with L = a ln x - ln Γ(a + 1),

    Q = 1 - e^L - e^L a Σ (-x)ⁿ / ((a + n) n!).

Terms are added until none counts, 20,000 at most: a up to some millions.

Sources: Gautschi, A computational procedure for incomplete gamma functions, ACM Transactions on
Mathematical Software 5 (1979); Loader, Fast and accurate computation of binomial probabilities
(2000), for D.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.special.gamma_functions import PI, bernoulli, lgamma, lgamma1p

Long = Any
"""An array of longdouble."""

MOST = 20_000
EPS = np.finfo(np.longdouble).eps


def _less_logarithm(t: Long) -> Long:
    """t - ln(1 + t), t > -1, also near 0."""
    small = np.abs(t) < 0.3
    near = np.where(small, t, 0)
    # With s = t/(2+t): ln(1+t) = 2 Σ s^(2k+1)/(2k+1), and t - 2s = s t.
    s = near / (2 + near)
    total = np.zeros_like(s)
    for k in range(26, 0, -1):
        total = (total + 1 / np.longdouble(2 * k + 1)) * (s * s)
    return np.where(small, s * (near - 2 * total), t - np.log1p(np.where(small, 0, t)))


def _density(a: Long, x: Long) -> Long:
    """x^a e^(-x) / Γ(a + 1)."""
    large = np.maximum(a, 10)
    square, delta = 1 / (large * large), np.zeros_like(large)
    for k in range(14, 0, -1):
        factor = bernoulli(2 * k) / (2 * k * (2 * k - 1))
        delta = delta * square + np.longdouble(factor.numerator) / factor.denominator
    saddle = np.exp(-large * _less_logarithm((x - large) / large) - delta / large)
    plain = np.exp(a * np.log(x) - x - lgamma(a + 1))
    return np.where(a >= 10, saddle / np.sqrt(2 * PI * large), plain)


def _series(a: Long, x: Long) -> Long:
    """Σ xⁿ / ((a+1) ... (a+n))."""
    total = term = np.ones_like(x)
    for n in range(1, MOST):
        term = term * (x / (a + n))
        total = total + term
        if not np.any(term > EPS / 4 * total):
            break
    return total


def _fraction(a: Long, x: Long) -> Long:
    """Γ(a, x) / (x^a e^(-x)), for x ≥ a + 1, by Lentz's rule."""
    tiny = np.longdouble(1e-300)
    b = x + 1 - a
    c, d = np.full_like(x, 1 / tiny), 1 / b
    h = d
    for n in range(1, MOST):
        factor = -n * (n - a)
        b = b + 2
        d = factor * d + b
        d = 1 / np.where(np.abs(d) < tiny, tiny, d)
        c = b + factor / c
        c = np.where(np.abs(c) < tiny, tiny, c)
        step = d * c
        h = h * step
        if not np.any(np.abs(step - 1) > EPS):
            break
    return h


def _small(a: Long, x: Long) -> Long:
    """Q for a < 1, x < 1.5."""
    exponent = a * np.log(x) - lgamma1p(a)
    total, term = np.zeros_like(x), np.ones_like(x)
    for n in range(1, 40):
        term = term * (-x / n)
        total = total + term / (a + n)
    return -np.expm1(exponent) - np.exp(exponent) * a * total


def _both(a: Long, x: Long) -> tuple[Long, Long]:
    """P and Q; the smaller one is computed, and the other is 1 less it."""
    with np.errstate(all="ignore"):
        a, x = np.broadcast_arrays(a, x)
        lawful = (a > 0) & (x >= 0) & np.isfinite(a) & np.isfinite(x)
        b, y = np.where(lawful, a, 1), np.where(lawful & (x > 0), x, 1)
        low = y < b + 1
        density = _density(b, y)
        below = density * _series(b, np.where(low, y, 0))
        above = density * b * _fraction(np.where(low, 1, b), np.where(low, 3, y))
        p = np.where(low, below, 1 - above)
        small = low & (b < 1) & (y < 1.5)
        near = _small(np.where(small, b, 0.5), np.where(small, y, 1))
        q = np.where(small, near, np.where(low, 1 - below, above))
        none, all_ = (x == 0) & (a > 0), np.isposinf(x) & (a > 0)
        p = np.where(none, 0, np.where(all_, 1, np.where(lawful, p, np.nan)))
        q = np.where(none, 1, np.where(all_, 0, np.where(lawful, q, np.nan)))
        return p, q


def gammainc(a: Long, x: Long) -> Long:
    """P(a, x), a > 0, x ≥ 0; NaN elsewhere."""
    return _both(a, x)[0]


def gammaincc(a: Long, x: Long) -> Long:
    """Q(a, x) = 1 - P(a, x)."""
    return _both(a, x)[1]
