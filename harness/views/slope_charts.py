"""The charts of a slope: the curve with tangent and secant, its slope, what a secant errs by."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.harness.views.curve import Curve
from gradparity.results.pages.charts import Axis, Chart, Points, Polyline, Rule


def _grid(window: tuple[float, float]) -> list[float]:
    return [float(x) for x in np.linspace(*window, 161)]


def curve_chart(
    curve: Curve,
    name: str,
    x: float,
    h: float,
    window: tuple[float, float],
    path: list[float],
    best: float | None,
) -> Chart:
    """The curve over `window`, its tangent and secant at x, the steps, and the best place."""
    xs = _grid(window)
    values, _ = curve.along(xs)
    value, slope = curve.at(x)
    ends = [x - 0.25 * (window[1] - window[0]), x + 0.25 * (window[1] - window[0])]
    beyond = curve.at(x + h)[0]
    inside = [v for v in values if math.isfinite(v)]
    room = 0.08 * (max(inside, default=1.0) - min(inside, default=0.0) or 1.0)
    marks: list[Any] = [
        Polyline(xs, values, "profit" if curve.sign < 0 else "f", "ink"),
        Polyline(ends, [value + slope * (e - x) for e in ends], "tangent", "a"),
        Polyline(
            ends, [value + (beyond - value) / h * (e - x) for e in ends], "secant", "b", dash=(6, 4)
        ),
        Points(path, [curve.at(at)[0] for at in path], "steps", "d", "diamond", 5, by_step=True),
        Points([x], [value], "here", "a", "circle", 7),
    ]
    if best is not None:
        marks.append(Rule(best, f"best {best:,.2f}", "good"))
    unit = "currency" if curve.sign < 0 else ""
    return Chart(
        "curve",
        f"Slope {slope:,.4g} at {name} = {x:,.4g}",
        Axis(name, unit, low=window[0], high=window[1], sets=name),
        Axis(
            "profit" if curve.sign < 0 else "f",
            unit,
            low=min(inside, default=0.0) - room,
            high=max(inside, default=1.0) + room,
        ),
        marks,
        height=340,
    )


def slope_chart(
    curve: Curve,
    name: str,
    x: float,
    window: tuple[float, float],
    slopes: list[float],
    path: list[float],
) -> Chart:
    """The slope below the curve, on the same axis, with the places where it is 0."""
    xs = _grid(window)
    _, along = curve.along(xs)
    flat = [a for a, u, v in zip(xs[1:], along, along[1:], strict=False) if u * v < 0 or v == 0]
    where = (
        f"The slope is 0 at {', '.join(f'{a:.3g}' for a in flat)}"
        if flat
        else "The slope is nowhere 0 here"
    )
    finite = [s for s in along if math.isfinite(s)]
    return Chart(
        "slope",
        where,
        Axis(name, "currency" if curve.sign < 0 else "", low=window[0], high=window[1], sets=name),
        Axis(
            "slope",
            "items" if curve.sign < 0 else "",
            low=min(finite, default=-1),
            high=max(finite, default=1),
        ),
        (
            Polyline(xs, along, "slope", "c"),
            Rule(0.0, axis="y"),
            Points(path, slopes, "steps", "d", "diamond", 5, by_step=True),
            Points([x], [curve.at(x)[1]], "here", "a", "circle", 7),
        ),
        height=340,
    )


def v_chart(curve: Curve, x: float, value: float, slope: float, h: float) -> Chart:
    """|secant - slope| against h: the truncation ½|f″| h falls, the rounding eps|f|/h rises."""
    hs = [float(one) for one in np.logspace(-12, 1, 131)]
    errors = [abs((curve.at(x + one)[0] - value) / one - slope) for one in hs]
    here = abs((curve.at(x + h)[0] - value) / h - slope)
    shown = [(one, error) for one, error in zip(hs, errors, strict=True) if error > 0]
    least = min(shown, key=lambda pair: pair[1])[0] if shown else h
    return Chart(
        "v",
        f"The secant errs least near h = {least:.0e}",
        Axis("h", scale="log", low=1e-12, high=10.0, sets="h"),
        Axis("|secant - slope|", scale="log"),
        (
            Polyline([one for one, _ in shown], [error for _, error in shown], "error", "b"),
            Points([h], [here], "this h", "a", "circle", 7),
        ),
        note="Right of the minimum the curve's bend errs, left of it rounding does.",
        height=340,
    )
