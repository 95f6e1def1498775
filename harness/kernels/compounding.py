"""What a kernel's errors become in a chain: noise grows as √n with its calls n, bias as n.

In units of eps, each error is divided by the size of its number, M + |g|. Noise is the root mean
square of these; bias their mean along the true gradient, Σ w g e / Σ w g², known to twice what the
same sum has in the runs of rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.biases.errors import SignedErrors

LAYERS = 32
"""The length of a chain that is told of."""


@dataclass(frozen=True, slots=True)
class Compounded:
    """Of one call, relative to a number's size: noise, bias, and how well the bias is known."""

    noise: float
    bias: float
    doubt: float

    def after(self, calls: int) -> tuple[float, float]:
        """(noise, bias at most) after so many calls, relative."""
        return math.sqrt(calls) * self.noise, calls * (abs(self.bias) + self.doubt)

    def __str__(self) -> str:
        """Write "after 32 layers: 1.6 % of noise (as √n), at most 0.9 % of bias (as n)"."""
        noise, bias = self.after(LAYERS)
        return (
            f"after {LAYERS} layers: {100 * noise:.2g} % of noise (it grows as √n), "
            f"at most {100 * bias:.2g} % of bias (as n)"
        )


def compounded(errors: Sequence[SignedErrors], dtype: str) -> Compounded | None:
    """Noise and bias of one call; None without numbers."""
    squares = count = top = bottom = 0.0
    runs = np.zeros(len(errors[0].runs)) if errors else np.zeros(0)
    for e in errors:
        weighted = e.weights * e.true
        squares += e.total
        count += float(np.count_nonzero(e.weights))
        axes = tuple(range(1, e.rows.ndim))
        sums = (e.rows * weighted).sum(axes)
        top, runs = top + float(sums[0]), runs + sums[1:]
        bottom += float(np.sum(weighted * e.true))
    if not count or not bottom or not len(runs):
        return None
    eps = EPS[dtype]
    doubt = 2 * 0.29 * float(np.sqrt(np.mean(np.square(runs)))) / bottom
    return Compounded(eps * math.sqrt(squares / count), eps * top / bottom, eps * doubt)
