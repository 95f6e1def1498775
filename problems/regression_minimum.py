"""Known answers of `problems.regression`: least squares by QR, the others by Newton's method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.problem import Arrays, Minimum


def linear(data: Arrays) -> Minimum:
    """The minimum by QR.

    x = q r leaves r w = qᵀ y; with more features than cases, xᵀ = q r and w = q r⁻ᵀ y.
    """
    # SciPy is slow to import, and listing the problems must not wait for it.
    from scipy.linalg import solve_triangular

    x, y = data["x"], data["y"]
    cases, features = x.shape
    if cases < features:
        q, r = np.linalg.qr(x.T)
        note = "one of many, that of least norm: there are more features than cases"
        return Minimum(0.0, {"w": q @ solve_triangular(r, y, trans="T")}, note)
    q, r = np.linalg.qr(x)
    w = solve_triangular(r, q.T @ y)
    residual = x @ w - y
    return Minimum(0.5 * float(residual @ residual) / cases, {"w": w}, "by QR")


# Newton's method on Σ φ(z_c, y_c), z = x w, which solves (xᵀ φ″ x) step = xᵀ φ′. Both losses are
# strictly convex in z: halving a step until the loss falls gets there from w = 0. The decrement,
# gradient · step, is twice the distance to the minimum, to second order. Close to the minimum the
# loss falls by less than it is rounded: what looks like no rise is then a fall.
#
# Where a logistic regression separates its cases, all (2y - 1) z > 0, its infimum is 0 and never
# attained: scaling such a w up takes every term to 0.

_NEWTON_STEPS = 100
_ROUNDED = 1e-14
"""What a sum of some hundred terms is rounded by, as a share of the sum of their sizes."""


def _logistic_terms(z: Any, y: Any) -> tuple[Any, Any, Any]:
    e = np.exp(-np.abs(z))
    p = np.where(z >= 0.0, 1.0, e) / (1.0 + e)
    return np.logaddexp(z, 0.0) - y * z, p - y, e / np.square(1.0 + e)


def _poisson_terms(z: Any, y: Any) -> tuple[Any, Any, Any]:
    with np.errstate(over="ignore"):
        mean = np.exp(z)
    return mean - y * z, mean - y, mean


def _newton(terms: Callable[[Any, Any], tuple[Any, Any, Any]], data: Arrays) -> tuple[float, Any]:
    """Σ φ and w at its minimum, or where Newton's method stood when it separated all cases."""
    x, y = data["x"], data["y"]
    w = np.zeros(x.shape[1])
    loss, slope, bend = terms(x @ w, y)
    total = float(loss.sum())
    for _ in range(_NEWTON_STEPS):
        gradient = x.T @ slope
        step = np.linalg.solve(x.T @ (bend[:, None] * x), gradient)
        decrement, share = float(gradient @ step), 1.0
        above = total + _ROUNDED * float(np.abs(loss).sum())
        while share > 1e-10:
            loss, slope, bend = terms(x @ (w - share * step), y)
            if loss.sum() <= above - 1e-4 * share * decrement:
                break
            share *= 0.5
        else:
            return total, w
        w, total = w - share * step, float(loss.sum())
        if decrement <= 1e-15 * abs(total) or _separates(x @ w, y):
            break
    return total, w


def _separates(z: Any, y: Any) -> bool:
    return bool(np.all((2.0 * y - 1.0) * z > 0.0))


def logistic(data: Arrays) -> Minimum:
    """The minimum by Newton's method; the infimum 0 of cases that a plane separates."""
    x, y = data["x"], data["y"]
    note = "infimum, not attained: a plane separates the cases, and scaling it up takes each to 0"
    if x.shape[0] <= x.shape[1]:
        # In general position x w = z can be solved for any z, also for 2y - 1.
        return Minimum(0.0, note=note)
    total, w = _newton(_logistic_terms, data)
    if _separates(x @ w, y):
        return Minimum(0.0, note=note)
    return Minimum(total / len(y), {"w": w}, "by Newton's method")


def poisson(data: Arrays) -> Minimum:
    """The minimum by Newton's method; with an intercept, Σ e^z = Σ y there."""
    total, w = _newton(_poisson_terms, data)
    return Minimum(total, {"w": w}, "by Newton's method")
