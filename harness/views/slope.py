"""What is a derivative? A curve, its tangent, the secant beside it, and steps along the slope."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.views.controls import Number, Selection, Text
from gradparity.harness.views.curve import Curve, of_formula, of_problem
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule, Table

PRICES = ("price-linear", "price-elastic", "price-logit")
DATA = {
    "price-linear": ("a", "b", "cost"),
    "price-elastic": ("scale", "elasticity", "cost"),
    "price-logit": ("market", "alpha", "beta", "cost"),
}
QUARTIC = "3*x^4 - 2*x^2 + 5"
STEPS = 40
_IN_PRICE = {"function": PRICES}
_IN_X = {"function": ("quartic", "own")}


def _only(name: str) -> dict[str, tuple[str, ...]]:
    return {"function": (name,)}


CONTROLS = (
    Selection(
        "function",
        "Function",
        (
            ("price-linear", "profit, linear demand a - b p"),
            ("price-elastic", "profit, constant elasticity"),
            ("price-logit", "profit, logit demand"),
            ("quartic", "3x⁴ - 2x² + 5"),
            ("own", "your own, in x"),
        ),
        "price-linear",
    ),
    Text("formula", "Your own formula in x", QUARTIC, when=_only("own")),
    Number("p", "Price p", 1.0, 250.0, 60.0, unit="currency", positions=498, when=_IN_PRICE),
    Number("x", "Where, x", -2.0, 2.0, 1.0, positions=400, when=_IN_X),
    Number("h", "Secant's width h", 1e-12, 10.0, 1.0, scale="log", positions=130),
    Number("rate", "Rate of a step", 1e-4, 1.0, 0.0625, scale="log", positions=160),
    Number("a", "Demand at price 0, a", 10.0, 5000.0, 1000.0, unit="items", when=_only(PRICES[0])),
    Number(
        "b", "Lost per 1 more, b", 0.5, 50.0, 8.0, unit="items", positions=99, when=_only(PRICES[0])
    ),
    Number("scale", "Scale A", 1e2, 1e7, 1e5, scale="log", when=_only(PRICES[1])),
    Number("elasticity", "Elasticity ε", 1.05, 5.0, 2.0, positions=79, when=_only(PRICES[1])),
    Number("market", "Market M", 100.0, 1e4, 2000.0, unit="items", when=_only(PRICES[2])),
    Number("alpha", "Appeal α", 0.0, 10.0, 4.0, positions=100, when=_only(PRICES[2])),
    Number("beta", "Response β", 0.01, 0.5, 0.08, positions=98, when=_only(PRICES[2])),
    Number("cost", "Unit cost c", 0.0, 100.0, 35.0, unit="currency", positions=200, when=_IN_PRICE),
    Selection(
        "backend",
        "Backend",
        (("tape", "tape"), ("numpy", "numpy, by hand"), ("jax", "jax"), ("torch", "torch")),
        "tape",
    ),
)


def frame(given: Mapping[str, Any]) -> Frame:
    """The slope at a point, what the secant says of it, and forty steps along it."""
    curve, x, window = _curve(given)
    name = "p" if given["function"] in PRICES else "x"
    h, rate = given["h"], given["rate"]
    value, slope = curve.at(x)
    bend = curve.bend(x)
    beyond, _ = curve.at(x + h)
    secant = (beyond - value) / h
    path, slopes = _steps(curve, x, rate)
    best = _best(given)
    numbers = {"value": value, "slope": slope, "bend": bend, "secant": secant, "next": path[1]}
    return Frame(
        sentence=_sentence(given, curve, x, value, slope, best),
        charts=(
            _curve_chart(curve, name, x, h, window, path, best),
            _slope_chart(curve, name, x, window, slopes, path),
            _v_chart(curve, x, value, slope, h),
        ),
        tables=(Table("At this point", {"what": list(numbers), "value": list(numbers.values())}),),
        steps=len(path) - 1,
        captions=_captions(path, slopes, curve, name, rate, bend),
        answer=("the slope", slope),
        numbers={**numbers, "path": path},
    )


def _curve(given: Mapping[str, Any]) -> tuple[Curve, float, tuple[float, float]]:
    """The curve, where on it, and the stretch of it that is drawn."""
    kind, backend = given["function"], given["backend"]
    if kind in PRICES:
        data = {name: given[name] for name in DATA[kind]}
        cost = given["cost"]
        high = given["a"] / given["b"] if kind == "price-linear" else 4 * cost + 60.0
        high = max(high, given["p"] + 1.0)
        return of_problem(kind, backend, data), given["p"], (min(cost, given["p"] - 1.0), high)
    text = QUARTIC if kind == "quartic" else given["formula"]
    backend = "tape" if backend == "numpy" else backend
    return of_formula(text, backend), given["x"], (-2.0, 2.0)


def _best(given: Mapping[str, Any]) -> float | None:
    """The price of highest profit in closed form, None where there is none or none is known."""
    from gradparity.problems.catalogue import PROBLEMS

    kind = given["function"]
    minimum = PROBLEMS[kind].minimum if kind in PRICES else None
    if minimum is None or (kind == "price-linear" and given["a"] <= given["b"] * given["cost"]):
        return None
    known = minimum({name: np.asarray(given[name]) for name in DATA[kind]})
    return None if known.params is None else float(known.params["price"])


def _sentence(
    given: Mapping[str, Any], curve: Curve, x: float, value: float, slope: float, best: float | None
) -> str:
    if given["function"] not in PRICES:
        way = (
            "falls to the right" if slope < 0 else "rises to the right" if slope > 0 else "is flat"
        )
        return f"At {x:.4g} the curve {way}: its slope is {slope:.4g}."
    really = curve.at(x + 1.0)[0] - value
    bent = really - slope
    verb = "earns" if slope > 0 else "loses"
    told = f"At {x:,.2f}, 1 more {verb} about {abs(slope):,.2f}"
    told += f" (really {abs(really):,.2f}: the bend {_bends(slope, bent)} {abs(bent):,.2f})."
    if slope * really <= 0:
        verb = "earns" if really > 0 else "loses"
        told = f"At {x:,.2f} it is nearly flat: the slope is {slope + 0.0:,.2f}, 1 more {verb} "
        told += f"{abs(really):,.2f}, the bend's doing."
    if best is None:
        return told
    if abs(best - x) < 0.005:
        return f"{told} This is the best price."
    return f"{told} {'Raise' if best > x else 'Lower'} it; best is {best:,.2f}."


def _bends(slope: float, bent: float) -> str:
    """What the bend does to a gain or a loss."""
    return "takes" if slope > 0 > bent else "adds" if slope * bent >= 0 else "spares"


def _steps(curve: Curve, x: float, rate: float) -> tuple[list[float], list[float]]:
    """Iterates of x + sign * rate * slope (up a profit, down a loss), and the slopes there."""
    path, slopes = [x], []
    for _ in range(STEPS):
        slope = curve.at(path[-1])[1]
        slopes.append(slope)
        following = path[-1] - curve.sign * rate * slope
        if not math.isfinite(following) or abs(following) > 1e12:
            break
        path.append(following)
    slopes.append(curve.at(path[-1])[1])
    return path, slopes[: len(path)]


def _captions(
    path: list[float], slopes: list[float], curve: Curve, name: str, rate: float, bend: float
) -> list[str]:
    factor = 1.0 - curve.sign * rate * bend
    told = f"near here a step multiplies the distance to the flat point by {factor:.3g}: "
    told += (
        "it converges"
        if abs(factor) < 1
        else "it diverges"
        if abs(factor) > 1
        else "it swings for ever"
    )
    return [
        f"step {k}: {name} = {at:.6g}, slope {slope + 0.0:.4g}; the next step is {rate:.4g} × "
        f"{-curve.sign * slope + 0.0:.4g}; {told}"
        for k, (at, slope) in enumerate(zip(path, slopes, strict=True))
    ]


def _grid(window: tuple[float, float]) -> list[float]:
    return [float(x) for x in np.linspace(*window, 161)]


def _curve_chart(
    curve: Curve,
    name: str,
    x: float,
    h: float,
    window: tuple[float, float],
    path: list[float],
    best: float | None,
) -> Chart:
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


def _slope_chart(
    curve: Curve,
    name: str,
    x: float,
    window: tuple[float, float],
    slopes: list[float],
    path: list[float],
) -> Chart:
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


def _v_chart(curve: Curve, x: float, value: float, slope: float, h: float) -> Chart:
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


VIEW = View(
    "slope",
    "Slope",
    "What is a derivative?",
    "The slope says what one more would bring, were the curve straight. Drag the point, or h.",
    CONTROLS,
    frame,
    (
        Preset(
            "One step to the top",
            "At rate 1/16 one step lands on 80: the parabola's bend is -16, and 1/16 undoes it.",
            {"rate": 0.0625},
        ),
        Preset(
            "Just converges",
            "At .124 each step multiplies the distance by -.98: it swings, and settles.",
            {"rate": 0.124},
        ),
        Preset(
            "Just diverges",
            "At .126 each step multiplies the distance by -1.02: it swings ever wider.",
            {"rate": 0.126},
        ),
        Preset("Too fine a secant", "At h = 1e-12 the secant is all rounding.", {"h": 1e-12}),
    ),
    asks="What is the slope here?",
)
