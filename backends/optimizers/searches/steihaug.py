"""Steihaug's conjugate gradients: a step that lowers a quadratic model within a radius.

    minimise  m(p) = g·p + ½ pᵀ H p   over ‖p‖ <= Δ,   H known by its products with vectors

    p = 0, r = g, d = -r;   as long as ‖r‖ > ε:
        where dᵀ H d <= 0, or p + α d leaves the ball: p + τ d on its boundary, and the end
        α = r·r/(dᵀ H d),   p ← p + α d,   r ← r + α H d   (r stays g + H p)
        d ← -r + (r·r now / r·r before) d

‖p‖ grows with every iteration, so that with a smaller radius the same path is left earlier: the
products of one model are kept, and a rejected step asks for none again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector

KEPT = 20_000_000
"""Numbers that are kept of a model's products, at most: 160 MB."""


@dataclass(slots=True)
class Model:
    """The model m at one point, and the products H d that it has asked for so far."""

    gradient: Vector
    hvp: Callable[[Vector], Vector]
    kept: list[Vector] = field(default_factory=list)

    def product(self, k: int, direction: Vector) -> Vector:
        """H d, d the direction of iteration k, which is the same at every radius."""
        if k < len(self.kept):
            return self.kept[k]
        found = self.hvp(direction)
        if k == len(self.kept) and (k + 1) * found.size <= KEPT:
            self.kept.append(found)
        return found

    def cauchy(self) -> float:
        """How far away the model bends along the gradient, ‖g‖³/|gᵀ H g|; 1 where it does not."""
        curvature = abs(float(np.dot(self.gradient, self.product(0, -self.gradient))))
        length = float(np.linalg.norm(self.gradient))
        distance = length / curvature * length * length if curvature > 0.0 else math.inf
        return distance if math.isfinite(distance) else 1.0

    def step(self, radius: float, tolerance: float, products: int) -> tuple[Vector, float, bool]:
        """p, by how much the model falls there, and whether p lies on the boundary.

        tolerance: ε. products: iterations at most.
        """
        g = self.gradient
        p, r, d = np.zeros_like(g), g.copy(), -g
        square = float(np.dot(r, r))
        for k in range(products):
            bent = self.product(k, d)
            curvature = float(np.dot(d, bent))
            alpha = square / curvature if curvature > 0.0 else math.inf
            further = p + alpha * d if alpha < math.inf else None
            if further is None or not float(np.linalg.norm(further)) < radius:
                tau = _to_boundary(p, d, radius)
                p += tau * d
                r += tau * bent
                return p, self._fall(p, r), True
            p = further
            r += alpha * bent
            before, square = square, float(np.dot(r, r))
            if math.sqrt(square) <= tolerance:
                break
            d = -r + (square / before) * d
        return p, self._fall(p, r), False

    def _fall(self, p: Vector, r: Vector) -> float:
        """-m(p) = -½ (g + r)·p, because H p = r - g."""
        return -0.5 * float(np.dot(self.gradient + r, p))


def _to_boundary(p: Vector, d: Vector, radius: float) -> float:
    """τ >= 0 with ‖p + τ d‖ = Δ: of a τ² + 2 b τ - c = 0, in the form that does not cancel."""
    a, b = float(np.dot(d, d)), float(np.dot(p, d))
    c = max(radius * radius - float(np.dot(p, p)), 0.0)
    root = math.sqrt(b * b + a * c)
    return c / (b + root) if b > 0.0 else (root - b) / a
