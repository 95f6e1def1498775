"""Two optimisers on one surface: rate, momentum, Adam, saddles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.views import descent_charts as drawn
from gradparity.harness.views.controls import Flag, Number, Selection, Text
from gradparity.harness.views.descent_words import caption, sentence
from gradparity.harness.views.paths import Path, adam_state, curvatures, descended, grid, slopes
from gradparity.harness.views.rates import EARLIER, planned
from gradparity.harness.views.surfaces import Surface, surface
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import Chart, Frame, Table

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
)


def frame(given: Mapping[str, Any]) -> Frame:
    """Both paths, with what the Hessian and Adam's memory say at each iterate."""
    here = surface(given["surface"], given["kappa"], given["formula"])
    start = _start(given)
    names = [given["first"]] + ([given["second"]] if given["second"] != "none" else [])
    plan = planned(given["rates"], given["steps"], given["rate"], 1000)
    backend = given["backend"]
    paths = {name: _path(here, name, given, plan, start) for name in names}
    first = paths[given["first"]]
    values = curvatures(here, backend, first.points)
    downhill = slopes(here, backend, first.points)
    memory = (
        adam_state(slopes(here, backend, paths["adam"].points), 0.9, given["beta2"])
        if "adam" in paths
        else None
    )
    charts = [
        drawn.plane(here, _grid(given), paths, downhill),
        drawn.losses(here, paths),
        drawn.factors(given, values),
    ]
    if memory is not None:
        charts.append(drawn.memory(here, memory, given["rate"]))
    charts.extend(_beside(here, given, start))
    if given["solid"]:
        charts.append(drawn.solid(here, _grid(given), paths))
    last = len(first.points) - 1
    return Frame(
        sentence=sentence(here, given, paths, values),
        charts=charts,
        tables=(_table(paths),),
        steps=max(len(path.points) for path in paths.values()) - 1,
        captions=[
            caption(k, given, first, values[k], downhill[k], memory) for k in range(last + 1)
        ],
        answer=("the loss at the end", float(first.losses[-1])),
        challenge=_challenge(here, paths),
        numbers={
            "points": {name: path.points for name, path in paths.items()},
            "losses": {name: path.losses for name, path in paths.items()},
            "diverged": {name: path.diverged for name, path in paths.items()},
            "eigenvalues": values[-1],
        },
    )


def _start(given: Mapping[str, Any]) -> tuple[float, float]:
    if given["surface"] == "price-ad":
        return given["p0"], given["s0"]
    if given["surface"] == "price-root":
        return given["p0"], float(np.sqrt(given["s0"]))
    return given["x0"], given["y0"]


def _options(name: str, given: Mapping[str, Any]) -> dict[str, float]:
    options = {"momentum": "momentum", "nesterov": "momentum"}.get(name)
    if options:
        return {"momentum": given["momentum"]}
    return {"beta2": given["beta2"]} if name == "adam" else {}


def _path(
    here: Surface,
    name: str,
    given: Mapping[str, Any],
    rates: Sequence[float],
    start: tuple[float, float],
) -> Path:
    return descended(
        here, given["backend"], name, _options(name, given), rates, start, given["noise"]
    )


def _grid(given: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return _kept_grid(given["surface"], given["kappa"], given["formula"], given["backend"])


@lru_cache(maxsize=32)
def _kept_grid(name: str, kappa: float, formula: str, backend: str) -> tuple[Any, Any, Any]:
    return grid(surface(name, kappa, formula), backend)


def _beside(here: Surface, given: Mapping[str, Any], start: tuple[float, float]) -> list[Chart]:
    """The loss at the end at every rate, or at every rate and momentum; kept, for it is costly."""
    if given["beside"] == "nothing":
        return []
    own = ("rate", "rates", "solid", "beside", *(("momentum",) if given["beside"] == "map" else ()))
    key = json.dumps({name: value for name, value in given.items() if name not in own})
    if given["beside"] == "map":
        return [drawn.rate_map(here, _kept_map(key, start), given)]
    return [drawn.rates(here, _kept_rates(key, start), given)]


@lru_cache(maxsize=64)
def _kept_rates(key: str, start: tuple[float, float]) -> dict[str, list[float]]:
    given = json.loads(key)
    here = surface(given["surface"], given["kappa"], given["formula"])
    names = [given["first"]] + ([given["second"]] if given["second"] != "none" else [])
    steps = min(given["steps"], 100)
    return {
        name: [
            float(_path(here, name, given, [float(rate)] * steps, start).losses[-1])
            for rate in drawn.RATES
        ]
        for name in names
    }


@lru_cache(maxsize=16)
def _kept_map(key: str, start: tuple[float, float]) -> list[list[float]]:
    given = json.loads(key)
    here = surface(given["surface"], given["kappa"], given["formula"])
    steps = min(given["steps"], 100)
    return [
        [
            float(
                _path(
                    here, "momentum", {**given, "momentum": float(mu)}, [float(rate)] * steps, start
                ).losses[-1]
            )
            for rate in drawn.RATES[::2]
        ]
        for mu in drawn.MOMENTA
    ]


def _challenge(here: Surface, paths: Mapping[str, Path]) -> tuple[bool, str] | None:
    """Within 1e-6 of the minimum in under 50 steps."""
    if here.low is None:
        return None
    scale = 1.0 if abs(here.low) < 1e3 else abs(here.low)
    reached = {
        name: int(np.argmax(path.losses - here.low < 1e-6 * scale))
        for name, path in paths.items()
        if np.any(path.losses - here.low < 1e-6 * scale)
    }
    told = "Challenge: the loss within 1e-6 of the minimum in under 50 steps. "
    if not reached:
        return False, told + "Not reached yet."
    name = min(reached, key=lambda one: reached[one])
    return reached[name] < 50, told + f"{name} is there at step {reached[name]}."


def _table(paths: Mapping[str, Path]) -> Table:
    return Table(
        "At the end",
        {
            "optimiser": list(paths),
            "steps": [len(path.points) - 1 for path in paths.values()],
            "loss": [float(path.losses[-1]) for path in paths.values()],
            "first variable": [float(path.points[-1][0]) for path in paths.values()],
            "second variable": [float(path.points[-1][1]) for path in paths.values()],
            "diverged": [
                "" if p.diverged is None else f"at step {p.diverged}" for p in paths.values()
            ],
        },
    )


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
