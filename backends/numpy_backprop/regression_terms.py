"""The terms φ(z, y) of a regression's loss, one per case, with their derivatives by z.

Each class answers for up to `cases` cases at a time, z and y of shape (n,), from reused buffers.
Sums are dot products, which keep several running totals, and are returned as Python floats.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from gradparity.backends.numpy_backprop.contract.blocks import aligned


class Terms(Protocol):
    """φ of one kind of regression."""

    quadratic: bool
    """Whether φ″ = 1 whatever z is."""

    def __init__(self, cases: int, dtype: np.dtype[Any]) -> None: ...

    def value(self, z: Any, y: Any) -> float:
        """Σ φ(z, y); z is kept."""
        ...

    def value_slope(self, z: Any, y: Any, slope: Any) -> float:
        """Σ φ(z, y), and φ′ in `slope`; z is kept."""
        ...

    def bend(self, z: Any) -> Any:
        """φ″, (n,), in a buffer; z is kept."""
        ...


class LinearTerms:
    """φ = ½ (z - y)²,   φ′ = z - y,   φ″ = 1."""

    quadratic = True

    def __init__(self, cases: int, dtype: np.dtype[Any]) -> None:
        self.one, self.residual = np.ones(cases, dtype), aligned(cases, dtype)

    def value(self, z: Any, y: Any) -> float:
        """½ Σ (z - y)²."""
        return self.value_slope(z, y, self.residual[: z.size])

    def value_slope(self, z: Any, y: Any, slope: Any) -> float:
        """½ Σ (z - y)², and z - y."""
        np.subtract(z, y, out=slope)
        return 0.5 * float(np.dot(slope, slope))

    def bend(self, z: Any) -> Any:
        """Ones."""
        return self.one[: z.size]


class LogisticTerms:
    """φ = softplus(z) - y z,   φ′ = σ(z) - y,   φ″ = σ(z) (1 - σ(z)).

    With e = exp(-|z|), which cannot overflow:
        φ = (max(z, 0) - y z) + ln(1 + e),
        φ′ = exp(min(z, 0))/(1 + e) - y,   for exp(min(z, 0)) is 1 or e,
        φ″ = e/(1 + e)².
    Where a case is told right, y z is max(z, 0): term by term nothing but the logarithm is left.
    """

    quadratic = False

    def __init__(self, cases: int, dtype: np.dtype[Any]) -> None:
        self.e, self.part, self.terms = (aligned(cases, dtype) for _ in range(3))
        self.one = np.ones(cases, dtype)

    def value(self, z: Any, y: Any) -> float:
        """Σ max(z, 0) - y z + ln(1 + e)."""
        n = z.size
        e, part, terms = self.e[:n], self.part[:n], self.terms[:n]
        np.exp(np.negative(np.abs(z, out=e), out=e), out=e)
        np.maximum(z, 0.0, out=terms)
        np.subtract(terms, np.multiply(y, z, out=part), out=terms)
        np.add(terms, np.log1p(e, out=part), out=terms)
        return float(np.dot(terms, self.one[:n]))

    def value_slope(self, z: Any, y: Any, slope: Any) -> float:
        """Σ φ, and σ - y."""
        total = self.value(z, y)
        e = self.e[: z.size]
        np.exp(np.minimum(z, 0.0, out=slope), out=slope)
        np.divide(slope, np.add(e, 1.0, out=e), out=slope)
        np.subtract(slope, y, out=slope)
        return total

    def bend(self, z: Any) -> Any:
        """e/(1 + e)²."""
        e, square = self.e[: z.size], self.part[: z.size]
        np.exp(np.negative(np.abs(z, out=e), out=e), out=e)
        np.square(np.add(e, 1.0, out=square), out=square)
        return np.divide(e, square, out=e)


class PoissonTerms:
    """φ = e^z - y z,   φ′ = e^z - y,   φ″ = e^z."""

    quadratic = False

    def __init__(self, cases: int, dtype: np.dtype[Any]) -> None:
        self.mean, self.one = aligned(cases, dtype), np.ones(cases, dtype)

    def value(self, z: Any, y: Any) -> float:
        """Σ e^z - y z."""
        return self.value_slope(z, y, self.mean[: z.size])

    def value_slope(self, z: Any, y: Any, slope: Any) -> float:
        """Σ e^z - y z, and e^z - y."""
        np.exp(z, out=slope)
        total = float(np.dot(slope, self.one[: z.size])) - float(np.dot(y, z))
        np.subtract(slope, y, out=slope)
        return total

    def bend(self, z: Any) -> Any:
        """e^z."""
        return np.exp(z, out=self.mean[: z.size])
