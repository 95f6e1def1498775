"""What is a derivative? A curve, its tangent, the secant beside it, and steps along the slope."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.views import slope_charts as charts
from gradparity.harness.views.controls import Number, Selection, Text
from gradparity.harness.views.curve import Curve, of_formula, of_problem
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import Frame, Table

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
            charts.curve_chart(curve, name, x, h, window, path, best),
            charts.slope_chart(curve, name, x, window, slopes, path),
            charts.v_chart(curve, x, value, slope, h),
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
