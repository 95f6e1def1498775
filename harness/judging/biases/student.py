"""The tail of Student's distribution, without SciPy."""

from __future__ import annotations

import math


def student_tail(t: float, freedom: int) -> float:
    """P(|T| > t) of Student's distribution with an even number of degrees of freedom, rounded up.

    With sin θ = t / √(ν + t²) and ν even, P(|T| ≤ t) = sin θ Σ_k c_k cos^{2k} θ, k = 0 ... ν/2 - 1,
    c_0 = 1, c_k = c_{k-1} (2k - 1) / (2k); so the tail is sin θ times the rest of the series.

    Of a t that is not known nothing follows: 1.

    Source: Abramowitz and Stegun, 26.7.4.
    """
    if math.isnan(t):
        return 1.0
    half = max(freedom // 2, 1)
    nu = 2 * half
    cosine2 = nu / (nu + t * t)
    sine = math.sqrt(1 - cosine2)
    c = 1.0
    for k in range(1, half):
        c *= (2 * k - 1) / (2 * k)
    total, power, k = 0.0, c * cosine2 ** (half - 1), half
    if cosine2 > 0.999:
        return 1.0
    while True:  # the rest of Σ c_k cos^{2k} θ, whose whole is 1 / sin θ
        power *= cosine2 * (2 * k - 1) / (2 * k)
        total += power
        if power <= 1e-17 * total or power == 0:
            return min(1.0, sine * total)
        k += 1
