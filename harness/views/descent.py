"""Two optimisers on one surface: rate, momentum, Adam, saddles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.views.controls import MOVING, Flag, Number, Selection, Text
from gradparity.harness.views.descent_frame import descents
from gradparity.harness.views.rates import EARLIER
from gradparity.harness.views.surfaces import surface
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import Frame

SURFACES = (
    ("quadratic", "quadratic, ½(x² + κ y²)"),
    ("rosenbrock", "Rosenbrock's valley"),
    ("himmelblau", "Himmelblau, four minima"),
    ("styblinski-tang", "Styblinski-Tang, a wrong valley"),
    ("bounded-saddle", "saddle x² - y² + y⁴/4"),
    ("saddle", "saddle x² - y², unbounded"),
    ("price-ad", "price and ads, in (price, spend)"),
    ("price-root", "price and ads, in (price, √spend)"),
    ("own", "your own, in x and y"),
)
OPTIMIZERS = tuple(
    (name, name) for name in ("gd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "lion")
)
_ADS = {"surface": ("price-ad", "price-root")}
_PLANE = {"surface": tuple(name for name, _ in SURFACES if not name.startswith("price"))}

CONTROLS = (
    Selection("surface", "Surface", SURFACES, "quadratic"),
    Number(
        "kappa", "Condition κ", 1.0, 1000.0, 10.0, scale="log", when={"surface": ("quadratic",)}
    ),
    Text("formula", "Your own formula in x and y", "x^4 + y^2 - x*y", when={"surface": ("own",)}),
    Selection("first", "First optimiser", OPTIMIZERS, "gd"),
    Selection("second", "Second optimiser", (*OPTIMIZERS, ("none", "none")), "adam"),
    Number("rate", "Rate η", 1e-5, 10.0, 0.19, scale="log", positions=120),
    Number("momentum", "Momentum μ", 0.0, 0.99, 0.9, positions=99),
    Number("beta2", "Adam's β₂", 0.9, 0.9999, 0.999, positions=99),
    Number("x0", "Start, x", -5.0, 5.0, 5.0, positions=200, when=_PLANE),
    Number("y0", "Start, y", -5.0, 5.0, 1.0, positions=200, when=_PLANE),
    Number("p0", "Start, price", 35.0, 125.0, 50.0, unit="currency", positions=180, when=_ADS),
    Number("s0", "Start, spend", 1.0, 6000.0, 400.0, unit="currency", when=_ADS),
    Number("steps", "Steps", 1, 1000, 100, scale="log", whole=True),
    Number("noise", "Noise of a mini-batch's gradient", 0.0, 1.0, 0.0, positions=100),
    Selection(
        "beside",
        "Beside the paths",
        (
            ("rates", "the loss at every rate"),
            ("map", "the loss at every rate and momentum"),
            ("nothing", "nothing"),
        ),
        "rates",
    ),
    Flag("solid", "In three dimensions, too"),
    Selection("backend", "Backend", (("tape", "tape"), ("jax", "jax"), ("torch", "torch")), "tape"),
    EARLIER,
    MOVING,
)


def frame(given: Mapping[str, Any]) -> Frame:
    """Both paths, with what the Hessian and Adam's memory say at each iterate."""
    here = surface(given["surface"], given["kappa"], given["formula"])
    return descents(here, given, _start(given))


def _start(given: Mapping[str, Any]) -> tuple[float, float]:
    if given["surface"] == "price-ad":
        return given["p0"], given["s0"]
    if given["surface"] == "price-root":
        return given["p0"], float(np.sqrt(given["s0"]))
    return given["x0"], given["y0"]


VIEW = View(
    "descent",
    "Descent",
    "What does the rate do?",
    "Follow two optimisers down a surface. Drag the start; click a rate; play the steps.",
    CONTROLS,
    frame,
    (
        Preset(
            "Rate .19 at κ = 10",
            "Below 2/λmax = .2 it converges; the steep direction swings and shrinks by .9.",
            {"rate": 0.19, "second": "none"},
        ),
        Preset(
            "Rate .21 at κ = 10",
            "Above .2 the steep direction grows by 1.1 a step: it diverges.",
            {"rate": 0.21, "second": "none"},
        ),
        Preset(
            "Too large a rate on Rosenbrock",
            "The valley's walls have curvature 1,000 and more: .01 throws it out.",
            {"surface": "rosenbrock", "rate": 0.01, "x0": -1.2, "y0": 1.0},
        ),
        Preset(
            "The ravine in (price, spend)",
            "The Hessian's condition is 97,000: descent crosses and hardly moves along.",
            {"surface": "price-ad", "rate": 0.1, "steps": 300},
        ),
        Preset(
            "The same in (price, √spend)",
            "Another unit, condition 9.5: the ravine is gone.",
            {"surface": "price-root", "rate": 0.1, "steps": 300},
        ),
        Preset(
            "A saddle from y = 0.01",
            "Steps until |y| > 1: the slope along y is small, and doubles the distance in 4 steps.",
            {"surface": "bounded-saddle", "rate": 0.1, "x0": 1.0, "y0": 0.01},
        ),
        Preset(
            "A saddle from y = 1e-6",
            "Descent needs three times the steps; Adam, which divides by the slope, as many.",
            {"surface": "bounded-saddle", "rate": 0.1, "x0": 1.0, "y0": 1e-6},
        ),
        Preset(
            "A saddle that descent cannot leave",
            "From exactly 0 the gradient along y is exactly 0: only noise leaves.",
            {"surface": "bounded-saddle", "rate": 0.1, "x0": 1.0, "y0": 0.0},
        ),
        Preset(
            "A wrong valley",
            "Styblinski-Tang from (4, 4) ends in the minimum nearby, not in the lowest.",
            {"surface": "styblinski-tang", "rate": 0.01, "x0": 4.0, "y0": 4.0},
        ),
        Preset(
            "Adam, too slow on a price",
            "Adam moves about η a step, whatever the slope: far is far.",
            {"surface": "price-root", "first": "adam", "second": "gd", "rate": 0.1, "steps": 100},
        ),
        Preset(
            "Momentum .99 ringing",
            "It overshoots and swings for hundreds of steps: each leaves √μ = .995 of it.",
            {"first": "momentum", "second": "gd", "momentum": 0.99, "rate": 0.05, "steps": 300},
        ),
    ),
    asks="What will the loss at the end be?",
)
