"""L-BFGS: Newton's method with an inverse Hessian remembered from the last few steps.

With s_i = θ_{i+1} - θ_i, y_i = g_{i+1} - g_i, ρ_i = 1/(s_i·y_i), BFGS makes the inverse Hessian

    H_{i+1} = (I - ρ_i s_i y_iᵀ) H_i (I - ρ_i y_i s_iᵀ) + ρ_i s_i s_iᵀ.

H g is had from the last m pairs without any matrix (the two loops), latest pair first, then back:

    q ← g;   a_i = ρ_i s_i·q,   q ← q - a_i y_i
    r ← γ q;   r ← r + (a_i - ρ_i y_i·r) s_i

The direction is -r, the step from `line_search.py`, 1 tried first. γ is what is believed of a
direction that no pair tells of:

    γ = s·y/y·y of the latest pair,                  where the pairs are fewer than the parameters,
    γ = the largest s·s/s·y of the last P pairs,     where they can span the space, m >= P:

the first is the inverse of the largest curvature seen, which keeps a step of many parameters short;
the second that of the smallest, without which a parameter in large units stands still until a pair
tells of it.

A pair is kept if s·y is above what rounding of the gradients makes of it. Where no step is found,
rounding is measured, and the pairs that are no more than rounding are dropped; then the gradient is
tried, at the length that the curvature seen last suggests; then all is forgotten, and it is tried
as at the start. So it is where steps lower nothing any more, before the search ends.

Between bounds (`projected.py`) a parameter is held where it is at a bound and the gradient points
out; the others move by the same formulas with the pairs' entries that are free, along P(θ + α d).
"""

from __future__ import annotations

from collections import deque

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import (
    Limits,
    Move,
    Objective,
    Optimizer,
    Stalled,
    Vector,
)
from gradparity.backends.optimizers.searches.descending import Descending
from gradparity.backends.optimizers.searches.line_search import LinePoint
from gradparity.backends.optimizers.searches.projected import Projected

Pair = tuple[Vector, Vector, float]
"""s, y, ρ = 1/(s·y)."""

FEW, MANY, NUMBERS = 10, 300, 3_000
"""Pairs kept: as many as hold so many numbers, but no fewer than `FEW` and no more than `MANY`."""


def start(
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    limits: Limits | None,
    *,
    memory: int | None = None,
) -> Move:
    """The search; it has no rate.

    memory: m, how many pairs are kept; None for 10, and more where parameters are few: up to 300,
    with which it is BFGS.
    """
    size = theta.size
    kept = memory or max(FEW, min(MANY, NUMBERS // max(size, 1)))
    if limits is not None:
        return _between(Projected(objective, limits), kept)
    pairs: deque[Pair] = deque(maxlen=kept)
    now = Descending(objective, restarts=True)
    length: float | None = None

    def attempt(theta: Vector) -> LinePoint | None:
        if not pairs:
            return None
        return now.along(theta, -_product(pairs, now.gradient, kept))

    def step(theta: Vector, rate: float) -> float:
        nonlocal length
        now.begin(theta)
        if now.length == 0.0:
            raise Stalled("the gradient is exactly 0")
        if now.restart:
            pairs.clear()
            length = None
        point = attempt(theta)
        if point is None and pairs:
            if not now.rounding.measured:
                now.rounding.measure(objective, theta)
            real = [pair for pair in pairs if 1.0 / pair[2] > now.rounding.along(pair[0])]
            if len(real) < len(pairs):
                pairs.clear()
                pairs.extend(real)
                point = attempt(theta)
        if point is None and length is not None:
            point = now.along(theta, -now.gradient, length)
        if point is None:
            pairs.clear()
            point = now.along(theta, -now.gradient, min(1.0, 1.0 / now.length))
        if point is None:
            raise now.stalled(theta)
        s, y = point.theta - theta, point.gradient - now.gradient
        product, square = float(np.dot(s, y)), float(np.dot(y, y))
        if product > now.rounding.along(s) and square > 0.0:
            pairs.append((s, y, 1.0 / product))
            length = product / square
        return now.move(theta, point)

    return step


def _between(box: Projected, kept: int) -> Move:
    """The search between bounds: the free parameters by the pairs' entries, the held ones stay."""
    pairs: deque[Pair] = deque(maxlen=kept)
    now = Descending(box, restarts=True)
    length: float | None = None

    def attempt(theta: Vector, free: Vector) -> LinePoint | None:
        cut = ((s * free, y * free) for s, y, _ in pairs)
        products = [(s, y, float(np.dot(s, y))) for s, y in cut]
        real: deque[Pair] = deque(
            (s, y, 1.0 / product) for s, y, product in products if product > now.rounding.along(s)
        )
        if not real:
            return None
        direction = -_product(real, now.gradient, kept)
        return now.along(theta, direction * free, bent=box.outside)

    def step(theta: Vector, rate: float) -> float:
        nonlocal length
        now.begin(theta)
        if now.length == 0.0:
            raise Stalled("the gradient is exactly 0 but for what bounds hold")
        if now.restart:
            pairs.clear()
            length = None
        before = box.whole(theta)
        free = ~box.held(theta, before)
        point = attempt(theta, free)
        if point is None and length is not None:
            point = now.along(theta, -now.gradient, length, bent=box.outside)
        if point is None:
            pairs.clear()
            first = min(1.0, 1.0 / now.length)
            point = now.along(theta, -now.gradient, first, bent=box.outside)
        if point is None:
            raise now.stalled(theta)
        there = box.point(point.theta)
        after = box.whole(there)
        s, y = there - theta, after - before
        product, square = float(np.dot(s, y)), float(np.dot(y, y))
        if product > now.rounding.along(s) and square > 0.0:
            pairs.append((s, y, 1.0 / product))
            length = product / square
        box.forget(there)
        return now.arrive(theta, there, point.value, box.reduced(there, after))

    return step


def _product(pairs: deque[Pair], gradient: Vector, kept: int) -> Vector:
    """The inverse Hessian of these pairs times the gradient."""
    q = gradient.copy()
    shares = []
    for s, y, rho in reversed(pairs):
        a = rho * float(np.dot(s, q))
        q -= a * y
        shares.append(a)
    if kept < q.size:
        _, y, rho = pairs[-1]
        q *= 1.0 / (rho * float(np.dot(y, y)))
    else:
        latest = list(pairs)[-q.size :]
        q *= max(rho * float(np.dot(s, s)) for s, _, rho in latest)
    for (s, y, rho), a in zip(pairs, reversed(shares), strict=True):
        q += (a - rho * float(np.dot(y, q))) * s
    return q


OPTIMIZER = Optimizer(
    "lbfgs",
    "search",
    start,
    ("gradient",),
    None,
    "Nocedal (1980); Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4",
    bounded=True,
)
