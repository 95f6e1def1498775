"""Modified Bessel functions times e^(-|x|), in longdouble, entry by entry.

    I_ν(x) = (x/2)^ν Σ (x²/4)ᵏ / (k! (k+ν)!),   e^(-x) I_ν(x) ~ 1/√(2πx) Σ (-1)ᵏ a_k(ν) / xᵏ,

with a_k = (4ν² - 1²)(4ν² - 3²) ... (4ν² - (2k-1)²) / (k! 8ᵏ). The first has positive terms; the
second is left off before its terms grow, at less than e^(-2x).

Source: NIST Digital Library of Mathematical Functions, 10.25.2 and 10.40.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.special.error_functions import squared

Long = Any
"""An array of longdouble."""

PI = np.longdouble("3.14159265358979323846264338327950288")
FAR = 23
TERMS = 90
FAR_TERMS = 40


def _scaled(order: int, x: Long) -> Long:
    """e^(-x) I_order(x) for x ≥ 0."""
    with np.errstate(all="ignore"):
        near = np.minimum(x, FAR)
        square, rest = squared(near)
        terms = [np.ones_like(near)]
        for k in range(1, TERMS):
            terms.append(terms[-1] * square / (4 * k * (k + order)))
        total = slope = np.zeros_like(near)  # slope: by ln x², for what the rest of x² adds
        for k in range(TERMS - 1, -1, -1):
            total, slope = total + terms[k], slope + k * terms[k]
        total = total + slope * np.where(square == 0, 0, rest / np.where(square == 0, 1, square))
        series = np.exp(-near) * total * (near / 2 if order else 1)
        far = np.maximum(x, FAR)
        total = term = np.ones_like(far)
        for k in range(1, FAR_TERMS):
            term = term * ((2 * k - 1) ** 2 - 4 * order) / (8 * k * far)
            total = total + term
        return np.where(x < FAR, series, total / np.sqrt(2 * PI * far))


def i0e(x: Long) -> Long:
    """e^(-|x|) I₀(x)."""
    return np.where(np.isnan(x), x, _scaled(0, np.abs(x)))


def i1e(x: Long) -> Long:
    """e^(-|x|) I₁(x)."""
    return np.where(np.isnan(x), x, np.copysign(_scaled(1, np.abs(x)), x))
