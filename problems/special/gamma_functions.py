"""The logarithm of the gamma function and its derivatives, in longdouble, entry by entry.

From 20 on Stirling's series; below, Γ(x + 1) = x Γ(x) leads to where a series holds:

    ln Γ(2 + z) = (1 - γ) z + Σ_{k≥2} (-1)ᵏ (ζ(k) - 1) zᵏ / k,

whose zero, and by ln(1 + z) that at 1, keep their digits. ψ = (ln Γ)′ has its zero at x₀ = 1.46...,
around which it is its own Taylor series, x - x₀ being taken in two parts. The derivatives of ψ are

    ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x),

by Euler and Maclaurin's sum for Hurwitz's ζ. Between the poles, where x < 0, the zeros of ln Γ
keep digits as of numbers near 1.

Source: NIST Digital Library of Mathematical Functions, 5.4 to 5.15, 25.11.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

Long = Any
"""An array of longdouble."""

PI = np.longdouble("3.14159265358979323846264338327950288")
EULER = np.longdouble("0.57721566490153286060651209008240243")
ROOT = np.longdouble("1.46163214496836234126265954232572133")
_ROOT_REST = np.longdouble(
    float(
        Fraction("1.46163214496836234126265954232572132846819620400645")
        - Fraction(*ROOT.as_integer_ratio())
    )
)
FAR = 20
TERMS = 14
_NEAR = 40


@cache
def bernoulli(n: int) -> Fraction:
    """B_n, exactly."""
    if n == 0:
        return Fraction(1)
    return -sum((math.comb(n + 1, k) * bernoulli(k) for k in range(n)), Fraction(0)) / (n + 1)


def _number(fraction: Fraction) -> np.longdouble:
    return np.longdouble(fraction.numerator) / np.longdouble(fraction.denominator)


@cache
def _zeta_less_one() -> list[np.longdouble]:
    """ζ(k) - 1 = ζ(k, 2) for k = 2, 3, ..."""
    two = np.longdouble(2)
    return [hurwitz(k, two) for k in range(2, 60)]


def hurwitz(s: int, x: Any) -> Any:
    """ζ(s, x) = Σ (x + n)^(-s) for whole s ≥ 2; x > 0, or no whole number down to -1,000."""
    with np.errstate(all="ignore"):
        x = np.asarray(x, np.longdouble)
        lowest = np.min(np.where(np.isfinite(x), x, 0), initial=0)
        ahead = FAR + max(0, math.ceil(-max(float(lowest), -1000.0)))
        total = np.zeros_like(x)
        far = x + ahead
        for j in range(TERMS, 0, -1):
            factor = bernoulli(2 * j) * math.prod(range(s, s + 2 * j - 1))
            total = total + _number(factor / math.factorial(2 * j)) * far ** (-2 * j + 1)
        total = (far / (s - 1) + np.longdouble(0.5) + total) / far**s
        for n in range(ahead - 1, -1, -1):
            total = total + 1 / (x + n) ** s
        return np.where(x < -1000, np.nan, np.where(np.isposinf(x), 0, total))


def _around_two(z: Long) -> Long:
    """ln Γ(2 + z) for |z| ≤ ½."""
    total = np.zeros_like(z)
    for k, zeta in reversed(list(enumerate(_zeta_less_one()[:_NEAR], start=2))):
        total = (total + (-1) ** k * zeta / k) * z
    return (total + (1 - EULER)) * z


def lgamma1p(z: Long) -> Long:
    """ln Γ(1 + z) for -½ ≤ z ≤ 1: 1 + z would lose digits of a small z."""
    near = np.minimum(z, 0.5)
    return np.where(z <= 0.5, _around_two(near) - np.log1p(near), lgamma(1 + z))


def _stirling(x: Long) -> Long:
    """ln Γ(x) for x ≥ 20."""
    tail = np.zeros_like(x)
    square = 1 / (x * x)
    for k in range(TERMS, 0, -1):
        tail = tail * square + _number(bernoulli(2 * k) / (2 * k * (2 * k - 1)))
    logarithm = np.log(x)
    return (x - np.longdouble(0.5)) * (logarithm - 1) + (np.log(2 * PI) - 1) / 2 + tail / x


def _positive(x: Long) -> Long:
    """ln Γ(x) for x > 0."""
    moved = np.where((x < FAR) & np.isfinite(x), x, 2)
    factor = np.ones_like(moved)
    for _ in range(FAR):
        above = moved >= 2.5
        moved = np.where(above, moved - 1, moved)
        factor = np.where(above, factor * moved, factor)
    # Now moved < 2.5: ln Γ(1 + z) = ln Γ(2 + z) - ln(1 + z), and once more below ½.
    first = moved < 1.5
    z = np.where(first, moved - 1, moved - 2)
    second = z < -0.5
    z = np.where(second, moved, z)
    near = _around_two(z) - np.where(first, np.log1p(np.where(first, z, 0)), 0)
    near = near - np.where(second, np.log(np.where(second, moved, 1)), 0) + np.log(factor)
    far = _stirling(np.maximum(x, FAR))
    return np.where(x < FAR, near, np.where(np.isinf(x), np.inf, far))


def _turned(x: Long) -> tuple[Long, Long]:
    """sin πx and cos πx, of a remainder that is exact."""
    rest = x - 2 * np.round(x / 2)
    return np.sin(PI * rest), np.cos(PI * rest)


def lgamma(x: Long) -> Long:
    """ln |Γ(x)|; ∞ at 0, -1, -2, ..."""
    with np.errstate(all="ignore"):
        size = np.where(x == 0, 1, np.abs(x))
        plain = _positive(size)
        sine = np.abs(_turned(np.where(np.isfinite(x), x, 0.5))[0])
        below = np.log(PI / (size * sine)) - plain
        whole = (x <= 0) & (x == np.floor(x))
        return np.where(np.isnan(x), x, np.where(whole, np.inf, np.where(x > 0, plain, below)))


@cache
def _around_root() -> list[np.longdouble]:
    """The coefficients of ψ's Taylor series at its zero, from that of x - x₀ on."""
    return [np.longdouble((-1) ** k) * hurwitz(k, ROOT) for k in range(2, 60)]


def _positive_digamma(x: Long) -> Long:
    """ψ(x) for x > 0: at least 20 by Stirling's series, else moved to 1.8 ... 2.8 or the zero."""
    far = np.where(np.isfinite(x), np.maximum(x, FAR), FAR)
    square, tail = 1 / (far * far), np.zeros_like(far)
    for k in range(TERMS, 0, -1):
        tail = (tail + _number(bernoulli(2 * k) / (2 * k))) * square
    stirling = np.log(far) - 1 / (2 * far) - tail
    moved, total = np.where(x < FAR, x, 2), np.zeros_like(x)
    below = moved < 1.1
    total = np.where(below, -1 / np.where(below, moved, 1), total)
    moved = np.where(below, moved + 1, moved)
    for _ in range(FAR):
        above = moved >= 2.8
        moved = np.where(above, moved - 1, moved)
        total = np.where(above, total + 1 / np.where(above, moved, 1), total)
    z, series = np.where(moved < 1.8, 0, moved - 2), np.zeros_like(moved)
    for k, zeta in reversed(list(enumerate(_zeta_less_one(), start=2))):
        series = (series + (-1) ** k * zeta) * z
    series = series + (1 - EULER)
    d, around = np.where(moved < 1.8, (moved - ROOT) - _ROOT_REST, 0), np.zeros_like(moved)
    for coefficient in reversed(_around_root()):
        around = (around + coefficient) * d
    near = np.where(moved < 1.8, around, series) + total
    return np.where(x < FAR, near, stirling)


def digamma(x: Long) -> Long:
    """ψ(x) = Γ′(x) / Γ(x); NaN at 0, -1, -2, ..."""
    with np.errstate(all="ignore"):
        found = _positive_digamma(np.where(x > 0, x, 1 - x))
        sine, cosine = _turned(np.where(np.isfinite(x), x, 0.5))
        found = np.where(x > 0, found, found - PI * cosine / sine)
        whole = (x <= 0) & (x == np.floor(x))
        found = np.where(np.isposinf(x), x, np.where(whole, np.nan, found))
        return np.where(np.isnan(x), x, found)


def polygamma(n: int, x: Long) -> Long:
    """The n-th derivative of ψ; that itself for n = 0."""
    if n == 0:
        return digamma(x)
    return (-1) ** (n + 1) * np.longdouble(math.factorial(n)) * hurwitz(n + 1, x)
