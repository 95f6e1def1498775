"""A quadratic model of the loss, and the step that lowers it within a radius.

    m(p) = g·p + ½ pᵀ H p,   H = Q Λ Qᵀ
    p(λ) = -Q (|Λ| + λ I)⁻¹ Qᵀ g,   λ = 0, or so large that ‖p(λ)‖ = Δ where that is less

Along an eigenvector of negative curvature Newton's step would go up; with |Λ| it goes down, as far
as it would have gone up. λ is found by Newton's method on 1/‖p(λ)‖ - 1/Δ, nearly a line.

Source: Moré and Sorensen (1983), Computing a trust region step, SIAM J. Sci. Stat. Comput. 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Objective, Vector

Matrix = np.ndarray[Any, Any]
ADVANCES = 8
"""How often a step along negative curvature is doubled, at most."""


class Quadratic:
    """The model g̃·p̃ + ½ p̃ᵀ H̃ p̃. convex: whether it has a minimum."""

    def __init__(self, hessian: Matrix, gradient: Vector) -> None:
        self.hessian, self.gradient = hessian, gradient
        eigenvalues, self.vectors = np.linalg.eigh(hessian)
        tiny = float(np.finfo(gradient.dtype).eps) * float(np.max(np.abs(eigenvalues)))
        self.convex = bool(eigenvalues[0] > tiny)
        self.sizes = np.maximum(np.abs(eigenvalues), tiny or 1.0)
        self.parts = self.vectors.T @ gradient

    def fall(self, p: Vector) -> float:
        """By how much the model falls from 0 to p."""
        return -float(np.dot(self.gradient, p) + 0.5 * np.dot(p, self.hessian @ p))

    def within(self, radius: float) -> Vector:
        """p̃(λ) with the least λ >= 0 for which it is no longer than the radius."""
        lam = 0.0
        for _ in range(100):  # it takes a handful
            shifted = self.sizes + lam
            square = float(np.sum((self.parts / shifted) ** 2))
            length = math.sqrt(square)
            if length <= 1.001 * radius:
                break
            bend = float(np.sum(self.parts**2 / shifted**3))
            lam += square / bend * (length - radius) / radius
        p: Vector = -(self.vectors @ (self.parts / (self.sizes + lam)))
        return p


def onwards(
    objective: Objective, theta: Vector, there: Vector, found: tuple[float, Vector]
) -> tuple[Vector, tuple[float, Vector]]:
    """The step from theta to there, doubled as long as that lowers the loss, and what is found."""
    step = there - theta
    for _ in range(ADVANCES):
        step = 2.0 * step
        value, gradient = objective.gradient(theta + step)
        if not (value < found[0] and np.all(np.isfinite(gradient))):
            break
        there, found = theta + step, (value, gradient)
    return there, found
