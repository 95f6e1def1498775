"""Lanczos' basis of a quadratic model that is known by products alone, and the best step in it.

    minimise  m(p) = g·p + ½ pᵀ H p   over ‖p‖ <= Δ,   H known by its products with vectors

    q_1 = g/‖g‖;   β_k q_{k+1} = H q_k - (its part in q_1 ... q_k)
    T = Qᵀ H Q, tridiagonal: α_k = q_k·H q_k on the diagonal, β_k beside it
    p = Q h,   h the step of T within the radius (`quadratic.py`), right to β_k |h_k|

The basis grows until that is small. A smaller radius is met in the same basis: a rejected step asks
for no product again. Where the basis spans the space, the products tell the diagonal of H as well.

Source: Gould, Lucidi, Roma and Toint (1999), Solving the trust-region subproblem using the Lanczos
method, SIAM J. Optimization 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.backends.optimizers.searches.quadratic import Quadratic

KEPT = 20_000_000
"""Numbers that are kept of a model's basis and products, at most: 160 MB."""


@dataclass(slots=True)
class Model:
    """The model m at one point, with the basis and the products that it has asked for so far.

    convex: whether what the products have seen of it has a minimum.
    """

    gradient: Vector
    hvp: Callable[[Vector], Vector]
    convex: bool = True
    _basis: list[Vector] = field(default_factory=list)
    _products: list[Vector] = field(default_factory=list)
    _alpha: list[float] = field(default_factory=list)
    _beta: list[float] = field(default_factory=list)

    def step(self, radius: float, tolerance: float, products: int) -> tuple[Vector, float, bool]:
        """p, by how much the model falls there, and whether p lies on the boundary.

        tolerance: how right p is to be, as ‖g + H p‖. products: with H, at most.
        """
        most = min(products, self.gradient.size, max(1, KEPT // (2 * self.gradient.size)))
        length, dtype = float(np.linalg.norm(self.gradient)), self.gradient.dtype
        if not self._basis:
            self._basis.append(self.gradient / self.gradient.dtype.type(length))
            self._grow()
        while True:
            k = len(self._alpha)
            beside = self._beta[: k - 1]
            t = np.diag(self._alpha) + np.diag(beside, 1) + np.diag(beside, -1)
            if not np.all(np.isfinite(t)):
                return np.zeros_like(self.gradient), math.nan, False
            model = Quadratic(t.astype(dtype), (length * np.eye(k)[0]).astype(dtype))
            h = model.within(radius)
            if k >= most or len(self._basis) == k or self._beta[-1] * abs(h[-1]) <= tolerance:
                break
            self._grow()
        self.convex = model.convex
        p = np.zeros_like(self.gradient)
        for share, q in zip(h, self._basis, strict=False):
            p += share * q
        return p, model.fall(h), bool(np.linalg.norm(h) >= 0.99 * radius)

    def diagonal(self) -> Vector | None:
        """The diagonal of H, (P,), where the basis spans the space; else None."""
        if len(self._products) < self.gradient.size:
            return None
        found = np.zeros_like(self.gradient)
        for q, bent in zip(self._basis, self._products, strict=True):
            found += q * bent
        return found

    def _grow(self) -> None:
        """One more product, and the next vector of the basis, unless there is none."""
        last = self._basis[-1]
        bent = self.hvp(last)
        self._products.append(bent)
        self._alpha.append(float(np.dot(last, bent)))
        rest = bent.copy()
        for _ in range(2):  # the second time for what rounding has left
            for q in self._basis:
                rest -= np.dot(q, rest) * q
        beta, unit = float(np.linalg.norm(rest)), float(np.finfo(rest.dtype).eps)
        self._beta.append(beta)
        if len(self._basis) < rest.size and beta > unit * float(np.linalg.norm(bent)):
            self._basis.append(rest / rest.dtype.type(beta))
