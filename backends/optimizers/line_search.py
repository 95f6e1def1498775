"""How far to go in a direction of descent: a step length that meets the strong Wolfe conditions.

With φ(α) = f(θ + α d), φ′(α) = ∇f(θ + α d)·d, φ′(0) < 0, a step α is accepted if

    φ(α) <= φ(0) + c₁ α φ′(0)        it falls enough, c₁ = 1e-4
    |φ′(α)| <= c₂ |φ′(0)|            and it has become flatter, c₂ = 0.9

The second makes s·y > 0 for s = α d, y = ∇f(θ + s) - ∇f(θ): what quasi-Newton methods live on.

An interval (low, high) is kept that contains acceptable steps: low is the best step so far that
falls enough, and φ falls from there towards high. Until there is a high, the trial moves on by 1.1
to 4 times its last advance, to where the cubic through the last two says; then it is the minimum of
the cubic between low and high, kept off the ends by a tenth, or the middle where two trials did not
halve the interval (Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6).

Where the loss is not finite the trial is too far: it becomes high, and the next is a quarter of the
way. Where values differ by rounding alone, slopes decide, and the step counts only if it makes the
gradient smaller: a search must end.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gradparity.backends.optimizers.optimizer import Objective, Vector

SUFFICIENT, FLATTER = 1e-4, 0.9
TRIALS = 30
ROUNDING = 8.0
"""How many units in the last place of φ(0) values may differ by and still say nothing."""


class LinePoint(NamedTuple):
    """Somewhere along the direction: α, φ(α), φ′(α), and there θ and the gradient."""

    step: float
    value: float
    slope: float
    theta: Vector
    gradient: Vector


def line_search(
    objective: Objective,
    theta: Vector,
    value: float,
    gradient: Vector,
    direction: Vector,
    first: float,
) -> LinePoint | None:
    """A point that meets the strong Wolfe conditions; `first` is the step length tried first.

    Where `TRIALS` trials find none it is the best point that falls enough, None if there is none.
    """
    slope = float(np.dot(gradient, direction))
    if not slope < 0.0:
        return None
    noise = ROUNDING * float(np.finfo(theta.dtype).eps) * abs(value)
    low = LinePoint(0.0, value, slope, theta, gradient)
    high: LinePoint | None = None
    step, widths = first, [math.inf, math.inf]
    for _ in range(TRIALS):
        trial = _look(objective, theta, direction, step)
        finite = math.isfinite(trial.value) and math.isfinite(trial.slope)
        falls = trial.value <= min(value + SUFFICIENT * step * slope, low.value) + noise
        if not (finite and falls):
            high = trial
        elif abs(trial.slope) <= -FLATTER * slope:
            low = trial
            break
        else:
            before = low
            if high is None:
                high = before if trial.slope >= 0.0 else None
            elif trial.slope * (high.step - before.step) >= 0.0:
                high = before
            low = trial
            if high is None:
                step = _onwards(before, low)
                continue
        width = abs(high.step - low.step)
        if width <= 1e-15 * low.step or width == 0.0:
            break
        step = _between(low, high, halve=width > 0.5 * widths[0])
        widths = [widths[1], width]
    if abs(low.value - value) > noise:
        return low
    smaller = float(np.linalg.norm(low.gradient)) < float(np.linalg.norm(gradient))
    return low if low.step > 0.0 and smaller else None


def _look(objective: Objective, theta: Vector, direction: Vector, step: float) -> LinePoint:
    there = theta + step * direction
    value, gradient = objective.gradient(there)
    return LinePoint(step, value, float(np.dot(gradient, direction)), there, gradient)


def _onwards(before: LinePoint, low: LinePoint) -> float:
    """The next trial beyond low, from where φ still falls."""
    advance = low.step - before.step
    wanted = _cubic(before, low)
    if not wanted > low.step:  # the cubic has its minimum behind, or none
        wanted = math.inf
    return min(max(wanted, low.step + 1.1 * advance), low.step + 4.0 * advance)


def _between(low: LinePoint, high: LinePoint, halve: bool) -> float:
    """The next trial between low and high."""
    width = high.step - low.step
    if not (math.isfinite(high.value) and math.isfinite(high.slope)):
        return low.step + 0.25 * width
    share = (_cubic(low, high) - low.step) / width
    if halve or not math.isfinite(share):
        share = 0.5
    return low.step + min(max(share, 0.1), 0.9) * width


# The cubic through two values and slopes, a and b apart by h: with
#     e = a′ + b′ - 3 (b - a)/h,   w = sign(h) √(e² - a′ b′)
# its minimum is at  b - h (b′ + w - e)/(b′ - a′ + 2 w).


def _cubic(a: LinePoint, b: LinePoint) -> float:
    """Where the cubic has its minimum; NaN if it has none."""
    h = b.step - a.step
    e = a.slope + b.slope - 3.0 * (b.value - a.value) / h
    square = e * e - a.slope * b.slope
    if not 0.0 <= square < math.inf:
        return math.nan
    w = math.copysign(math.sqrt(square), h)
    bottom = b.slope - a.slope + 2.0 * w
    return b.step - h * (b.slope + w - e) / bottom if bottom else math.nan
