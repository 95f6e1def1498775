"""How far to go in a direction of descent: a step length that meets Wolfe's conditions.

With φ(α) = f(θ + α d), φ′(α) = ∇f(θ + α d)·d, φ′(0) < 0, a step α is accepted if

    φ(α) <= φ(0) + c₁ α φ′(0)        it falls enough, c₁ = 1e-4
    |φ′(α)| <= c₂ |φ′(0)|            and it has become flatter, c₂ = 0.9

The second makes s·y > 0 for s = α d, y = ∇f(θ + s) - ∇f(θ): what quasi-Newton methods live on.

Where φ(α) and φ(0) differ by rounding alone, slopes decide, which lose fewer digits than the
difference of two values: for a quadratic φ the first condition says the same as

    φ′(α) <= (2 c₁ - 1) φ′(0)

(approximate Wolfe conditions). What rounding is has to be measured (`rounding.py`), which takes
some evaluations: it is done where a value contradicts the slopes. Where φ′ is monotone, the mean
slope between 0 and α lies between φ′(0) and φ′(α); what is beyond is rounding, or a bend. Where φ′
and φ have hardly changed it is taken for rounding without measuring.

An interval (low, high) is kept that contains acceptable steps: low is the best step so far that
falls enough, and φ falls from there towards high. Until there is a high, the trial moves on by 1.1
to 4 times its last advance, later by 10, to where the cubic through the last two says; then it is
the minimum of the cubic between low and high, kept off the ends by a tenth, or the middle where two
trials did not halve the interval (Nocedal and Wright, algorithms 3.5 and 3.6). A loss that still
falls after `ADVANCES` has no floor nearby: that point is good enough.

Where the loss is not finite the trial is too far: it becomes high, and the next is a quarter of the
way.

Source: Nocedal and Wright, Numerical Optimization, chapter 3; Hager and Zhang (2005), A new
conjugate gradient method with guaranteed descent and an efficient line search, SIAM Journal on
Optimization 16, 170-192, for the approximate conditions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Differentiable, Vector
from gradparity.backends.optimizers.searches.rounding import MeasuredRounding

SUFFICIENT, FLATTER = 1e-4, 0.9
TRIALS, ADVANCES = 30, 8
CONTRADICTION = 1e-2
"""Rounding is looked for where values differ by less than this share of φ(0)."""
STRAIGHT, WITNESSED = 0.1, 1e-6
"""It needs no measuring where slopes differ by less than this share, and values by this."""


class LinePoint(NamedTuple):
    """Somewhere along the direction: α, φ(α), φ′(α), and there θ and the gradient."""

    step: float
    value: float
    slope: float
    theta: Vector
    gradient: Vector


def line_search(
    objective: Differentiable,
    theta: Vector,
    value: float,
    gradient: Vector,
    direction: Vector,
    first: float,
    rounding: MeasuredRounding | None = None,
    bent: Callable[[Vector], bool] | None = None,
) -> LinePoint | None:
    """A point that meets Wolfe's conditions; `first` is the step length tried first.

    bent: whether φ has a kink on the way to this θ, because a bound was met: there a point that
    falls enough will do, since none may be flat.
    rounding: what earlier searches have measured; what this one measures is noted there.
    Where `TRIALS` trials find none it is the best point that falls enough, None if there is none.
    """
    slope = float(np.dot(gradient, direction))
    if not slope < 0.0:
        return None
    rounding = rounding or MeasuredRounding(value, gradient)
    start = low = LinePoint(0.0, value, slope, theta, gradient)
    high: LinePoint | None = None
    step, widths, advances, looked = first, [math.inf, math.inf], 0, False
    for _ in range(TRIALS):
        trial = _look(objective, theta, direction, step)
        error = _contradiction(start, trial, rounding.value)
        straight = abs(trial.slope - slope) <= -STRAIGHT * slope
        if 0.0 < error <= WITNESSED * abs(value) and straight:
            rounding.witness(2.0 * error)
        elif error > 0.0 and not looked:
            looked = True
            rounding.measure(objective, theta)
        if not _falls(start, low, trial, rounding.value):
            high = trial
        elif abs(trial.slope) <= -FLATTER * slope or (bent is not None and bent(trial.theta)):
            return trial
        else:
            before = low
            if high is None:
                high = before if trial.slope >= 0.0 else None
            elif trial.slope * (high.step - before.step) >= 0.0:
                high = before
            low = trial
            if high is None:
                advances += 1
                if advances > ADVANCES:
                    return low
                step = _onwards(before, low, 4.0 if advances < 3 else 10.0)
                continue
        width = abs(high.step - low.step)
        if width <= 1e-15 * low.step or width == 0.0:
            break
        step = _between(low, high, rounding.value, halve=width > 0.5 * widths[0])
        if np.array_equal(theta + step * direction, low.theta):
            break
        widths = [widths[1], width]
    return low if low.step > 0.0 else None


def _falls(start: LinePoint, low: LinePoint, trial: LinePoint, noise: float) -> bool:
    """Whether the trial is low enough: by its value, or within rounding by its slope."""
    if not (math.isfinite(trial.value) and math.isfinite(trial.slope)):
        return False
    if abs(trial.value - start.value) > noise:
        enough = start.value + SUFFICIENT * trial.step * start.slope
        return trial.value <= min(enough, low.value + noise)
    return trial.slope <= (2.0 * SUFFICIENT - 1.0) * start.slope


def _contradiction(start: LinePoint, trial: LinePoint, noise: float) -> float:
    """By how much the trial's value is above what the slopes at both ends allow; 0 if it is not.

    Nothing is made of values far apart, nor where φ has turned upwards for good.
    """
    change = trial.value - start.value
    near = noise < abs(change) <= CONTRADICTION * abs(start.value)
    if not near or not trial.slope < -start.slope:
        return 0.0
    allowed = max(start.slope, trial.slope) * trial.step
    return change if change > allowed + noise and change > 0.0 else 0.0


def _look(objective: Differentiable, theta: Vector, direction: Vector, step: float) -> LinePoint:
    there = theta + step * direction
    value, gradient = objective.gradient(there)
    return LinePoint(step, value, float(np.dot(gradient, direction)), there, gradient)


def _onwards(before: LinePoint, low: LinePoint, most: float) -> float:
    """The next trial beyond low, from where φ still falls."""
    advance = low.step - before.step
    wanted = _cubic(before, low)
    if not wanted > low.step:  # the cubic has its minimum behind, or none
        wanted = math.inf
    return min(max(wanted, low.step + 1.1 * advance), low.step + most * advance)


def _between(low: LinePoint, high: LinePoint, noise: float, halve: bool) -> float:
    """The next trial between low and high."""
    width = high.step - low.step
    if not (math.isfinite(high.value) and math.isfinite(high.slope)):
        return low.step + 0.25 * width
    if abs(high.value - low.value) <= noise:  # the values say nothing: where the slope's line is 0
        bent = low.slope - high.slope
        share = low.slope / bent if bent else math.nan
    else:
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
