"""Descent between bounds from gradients alone: BFGS on the variables that no bound holds.

Where v stands at a bound and the gradient g pushes it outwards, it is held; of the others, F, with
H an estimate of the inverse Hessian, s a move and y the change of g, both by F alone:

    d = -H_FF g_F,   v ← P(v + t d),   P onto the bounds, t = 1, then smaller,
    H ← (I - s yᵀ/yᵀs) H (I - y sᵀ/yᵀs) + s sᵀ/yᵀs,   if yᵀs > 0.

A move is taken if the loss falls by a share of what g promises (Armijo). Near the end that
promise is less than the loss's rounding; there it is enough that the loss does not rise by more and
that the slope along the move has not turned to more than it was (Hager and Zhang). So the end is
where the gradient stops shrinking, about √eps times nearer than the loss could tell.

Source: Nocedal and Wright, Numerical Optimization, 2nd edition, chapters 3, 6 and 16.7; Bertsekas,
Projected Newton methods, SIAM J. Control and Optimization 20 (1982); Hager and Zhang,
A new conjugate gradient method with guaranteed descent, SIAM J. Optimization 16 (2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector

Evaluate = Callable[[Vector], tuple[float, Vector]]

STEPS = 500
FIRST, REACH = 0.5, 2.0
"""How far the first move may go, and any other, where v is of order 1."""
PROMISED, FELT, NOISE = 1e-4, 1e-9, 1e-14
"""A share of the promise; relative to the loss, promises that it shows, and its rounding."""
PATIENCE = 4
"""Moves without a lower loss or a smaller gradient; one more for every 4 numbers."""
SMALL, ENOUGH = 1e-15, 1e-6
"""Gradients, relative to the loss: none to speak of; and what an end must have."""


@dataclass(frozen=True, slots=True)
class Descended:
    """Where a descent ended.

    v, value, gradient: there. norm: the largest |g| that no bound holds, relative to the loss.
    held: which bounds hold, -1 the lower, 1 the upper, 0 none. away: v went towards infinity.
    path: the iterates, from the start on.
    """

    v: Vector
    value: float
    gradient: Vector
    norm: float
    held: Vector
    steps: int
    evaluations: int
    away: bool
    path: tuple[Vector, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether the gradient vanished."""
        return not self.away and self.norm <= ENOUGH


def end_at(
    evaluate: Evaluate, v: Vector, lower: Vector, upper: Vector, before: Descended
) -> Descended:
    """The same end moved to v, if the loss is no higher there; else as it was."""
    f, g = evaluate(v)
    if not f <= before.value + NOISE * abs(before.value):
        return before
    held = _held(v, g, lower, upper)
    norm = _largest(g[held == 0]) / (abs(f) or 1.0)
    return replace(before, v=v, value=f, gradient=g, norm=norm, held=held)


def descend(
    evaluate: Evaluate, start: Vector, lower: Vector, upper: Vector, far: Vector
) -> Descended:
    """The minimum between the bounds that lies downhill from `start`.

    evaluate: v -> (loss, its gradient by v); what is not finite counts as uphill. far: the distance
    from the start at which v is taken to be on its way to infinity.
    """
    bounds = lower, upper
    v = np.clip(start, *bounds)
    f, g = evaluate(v)
    best, least, stale = (v, f, g), math.inf, 0
    evaluations, steps, size = 1, 0, abs(f)
    h: Vector | None = None
    scaled = False
    path = [v]
    while steps < STEPS + 5 * v.size and stale <= PATIENCE + v.size // 4:
        free = _held(v, g, *bounds) == 0
        norm = _largest(g[free])
        if norm <= SMALL * size or np.any(np.abs(v - start) > far):
            break
        if h is None:
            h = np.eye(v.size) * (FIRST / norm)
        d, free = _direction(h, g, free, v, bounds)
        if not np.any(d):
            break
        d *= min(1.0, REACH / _largest(d / np.maximum(1.0, np.abs(v - start))))
        found, tried = _moved(evaluate, v, f, g, d, bounds, size)
        evaluations += tried
        if found is None:
            break
        moved, turned = found[0] - v, found[2] - g
        h, scaled = _updated(h, np.where(free, moved, 0.0), np.where(free, turned, 0.0), scaled)
        v, f, g = found
        path.append(v)
        steps, size = steps + 1, abs(f)
        now = _largest(g[_held(v, g, *bounds) == 0])
        if best[1] - f > NOISE * size or now < least:
            best, least, stale = found, now, 0
        else:
            stale += 1
    v, f, g = best if steps else (v, f, g)
    held = _held(v, g, *bounds)
    norm = _largest(g[held == 0]) / (abs(f) or 1.0)
    away = bool(np.any(np.abs(v - start) > far))
    return Descended(v, f, g, norm, held, steps, evaluations, away, tuple(path))


def _held(v: Vector, g: Vector, lower: Vector, upper: Vector) -> Vector:
    return np.where((v <= lower) & (g >= 0.0), -1, np.where((v >= upper) & (g <= 0.0), 1, 0))


def _largest(x: Vector) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def _direction(
    h: Vector, g: Vector, free: Vector, v: Vector, bounds: tuple[Vector, Vector]
) -> tuple[Vector, Vector]:
    """-H_FF g_F and F; what stands at a bound and would be moved through it is left out of F."""
    while True:
        d = np.zeros_like(v)
        d[free] = -h[np.ix_(free, free)] @ g[free]
        through = ((v <= bounds[0]) & (d < 0.0)) | ((v >= bounds[1]) & (d > 0.0))
        if not np.any(through):
            return d, free
        free = free & ~through


def _moved(
    evaluate: Evaluate,
    v: Vector,
    f: float,
    g: Vector,
    d: Vector,
    bounds: tuple[Vector, Vector],
    size: float,
) -> tuple[tuple[Vector, float, Vector] | None, int]:
    """((v, loss, gradient) after a move along d, evaluations).

    None in place of the first if no move along d is taken.
    """
    t, tried = 1.0, 0
    for _ in range(60):
        w = np.clip(v + t * d, *bounds)
        promise = -float(g @ (w - v))
        if np.array_equal(w, v):
            return None, tried
        if promise <= 0.0:  # a bound met on the way has turned the move: stop short of it
            t *= 0.5
            continue
        fw, gw = evaluate(w)
        tried += 1
        if np.isfinite(fw) and np.all(np.isfinite(gw)):
            if promise <= FELT * size:
                taken = fw <= f + NOISE * size and float(gw @ (w - v)) <= promise
            else:
                taken = fw <= f - PROMISED * promise
            if taken:
                return (w, fw, gw), tried
        t *= 0.5 if t > 1e-3 else 0.1
    return None, tried


def _updated(h: Vector, s: Vector, y: Vector, scaled: bool) -> tuple[Vector, bool]:
    """H after a move, and whether it is scaled to a curvature; twice H if that is not positive."""
    along = float(y @ s)
    if along <= 1e-10 * float(np.linalg.norm(y) * np.linalg.norm(s)):
        return 2.0 * h, scaled
    if not scaled:
        h = np.eye(s.size) * (along / float(y @ y))
    hy = h @ y
    both = np.outer(s, hy)
    rank = np.outer(s, s) * ((along + float(y @ hy)) / along**2)
    return h - (both + both.T) / along + rank, True
