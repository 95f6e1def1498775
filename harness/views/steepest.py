"""Which way is up? The slope along any direction is u·g, and none is steeper than the gradient.

For a unit vector u at an angle φ to the gradient, the directional derivative is u·g = ‖g‖ cos φ
(Cauchy and Schwarz: never more than ‖g‖). In n dimensions a random u has cos φ of mean 0 and
standard deviation 1/√n: nearly every direction is nearly level, and the gradient's is rare.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from gradparity.harness.views.controls import Number, Selection, Text
from gradparity.harness.views.descent_charts import levels
from gradparity.harness.views.paths import grid, objective
from gradparity.harness.views.surfaces import Surface, surface
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import (
    Axis,
    Bars,
    Chart,
    Contours,
    Frame,
    Points,
    Polyline,
    Rule,
    Segments,
    Table,
)

DRAWS = 10_000
BINS = 41
SURFACES = (
    ("himmelblau", "Himmelblau, four minima"),
    ("quadratic", "quadratic, κ = 10"),
    ("rosenbrock", "Rosenbrock's valley"),
    ("own", "your own, in x and y"),
)

CONTROLS = (
    Selection("surface", "Surface", SURFACES, "himmelblau"),
    Text("formula", "Your own formula in x and y", "x^2 + y", when={"surface": ("own",)}),
    Number("x", "Where, x", -5.0, 5.0, -1.0, positions=200),
    Number("y", "Where, y", -5.0, 5.0, 0.5, positions=200),
    Number("angle", "Direction u, its angle", 0.0, 360.0, 30.0, unit="degrees", positions=360),
    Number("dimensions", "Dimensions n", 2, 1000, 1000, scale="log", whole=True),
    Selection("backend", "Backend", (("tape", "tape"), ("jax", "jax"), ("torch", "torch")), "tape"),
)


def frame(given: Mapping[str, Any]) -> Frame:
    """The slope along a direction, along all of them, and along random ones in n dimensions."""
    here = surface(given["surface"], 10.0, given["formula"])
    value = objective(here, given["backend"]).value
    at = np.array([given["x"], given["y"]])
    gradient = np.asarray(objective(here, given["backend"]).gradient(at)[1], dtype=np.float64)
    size = float(np.linalg.norm(gradient))
    radians = math.radians(given["angle"])
    u = np.array([math.cos(radians), math.sin(radians)])
    slope = float(u @ gradient)
    h = 1e-6
    measured = (value(at + h * u) - value(at - h * u)) / (2 * h)
    cosines = random_cosines(given["dimensions"])
    numbers = {
        "gradient, x": float(gradient[0]),
        "gradient, y": float(gradient[1]),
        "its norm": size,
        "u·g": slope,
        "difference along u": measured,
        "largest of 10,000 random u·g/‖g‖": float(cosines.max()),
    }
    return Frame(
        sentence=_sentence(slope, size, gradient, radians, given["dimensions"], cosines),
        charts=(
            _plane(here, given, at, gradient, u),
            _around(gradient, size, given["angle"]),
            _random(cosines, given["dimensions"]),
        ),
        tables=(Table("Here", {"what": list(numbers), "value": list(numbers.values())}),),
        answer=("the slope along u", slope),
        numbers={**numbers, "gradient": gradient},
    )


@lru_cache(maxsize=64)
def random_cosines(n: int) -> Any:
    """u·g/‖g‖ of 10,000 random unit vectors u in n dimensions: the first entry of each.

    All directions are alike, so that g may be the first axis.
    """
    rng = np.random.default_rng(n)
    first = rng.standard_normal(DRAWS)
    rest = rng.chisquare(n - 1, DRAWS)  # the sum of squares of the other n - 1 normal entries
    return first / np.sqrt(first**2 + rest)


def _sentence(
    slope: float, size: float, gradient: Any, radians: float, n: int, cosines: Any
) -> str:
    if size == 0.0:
        return "The gradient is 0: level in every direction."
    turned = math.degrees(math.atan2(gradient[1], gradient[0]) - radians) % 360.0
    away = min(turned, 360.0 - turned)
    way = "up" if slope > 0 else "down" if slope < 0 else "neither up nor down"
    told = (
        f"Along u it goes {way}: u·g = {slope:.4g} = ‖g‖ cos {away:.0f}°, of at most {size:.4g}. "
    )
    return told + (
        f"In {n:,} dimensions the steepest of {DRAWS:,} random directions has "
        f"{100 * cosines.max():.0f} % of it."
    )


def _plane(here: Surface, given: Mapping[str, Any], at: Any, gradient: Any, u: Any) -> Chart:
    (x_low, x_high), (y_low, y_high) = here.window
    x, y, z = _kept_grid(given["surface"], given["formula"], given["backend"])
    reach = 0.22 * min(x_high - x_low, y_high - y_low)
    size = float(np.linalg.norm(gradient)) or 1.0
    tip, g_tip = at + reach * u, at + reach * gradient / size
    return Chart(
        "plane",
        "The gradient is at right angles to the contour",
        Axis(*here.axes[0], low=x_low, high=x_high, sets="x"),
        Axis(*here.axes[1], low=y_low, high=y_high, sets="y"),
        (
            Contours(x, y, z, levels(z)),
            Segments(
                [at[0]], [at[1]], [g_tip[0]], [g_tip[1]], "gradient", [3.0], colour="a", arrow=True
            ),
            Segments([at[0]], [at[1]], [tip[0]], [tip[1]], "u", [3.0], colour="b", arrow=True),
            Points([float(at[0])], [float(at[1])], "", "ink", "circle", 5),
        ),
        equal=True,
        height=420,
        note="Arrows are drawn of one length. Drag the point.",
    )


@lru_cache(maxsize=32)
def _kept_grid(name: str, formula: str, backend: str) -> tuple[Any, Any, Any]:
    return grid(surface(name, 10.0, formula), backend)


def _around(gradient: Any, size: float, angle: float) -> Chart:
    """u·g at every angle: a cosine whose top is the gradient's own direction."""
    degrees = np.linspace(0.0, 360.0, 121)
    slopes = gradient[0] * np.cos(np.radians(degrees)) + gradient[1] * np.sin(np.radians(degrees))
    turn = math.radians(angle)
    here = gradient[0] * math.cos(turn) + gradient[1] * math.sin(turn)
    steepest = math.degrees(math.atan2(gradient[1], gradient[0])) % 360.0
    return Chart(
        "around",
        f"Steepest at {steepest:.0f}°, where u is along the gradient",
        Axis("angle of u", "degrees", low=0.0, high=360.0, sets="angle"),
        Axis("u·g"),
        (
            Polyline(degrees, slopes, "u·g", "b"),
            Rule(size, "‖g‖", "a", axis="y"),
            Rule(-size, "−‖g‖", "a", axis="y"),
            Points([angle], [float(here)], "this u", "b", "circle", 7),
        ),
    )


def _random(cosines: Any, n: int) -> Chart:
    """How steep random directions are, of the gradient's own steepness."""
    counts, edges = np.histogram(cosines, BINS, (-1.0, 1.0))
    every = BINS // 4
    ticks = [(float(k), f"{(edges[k] + edges[k + 1]) / 2:.1f}") for k in range(0, BINS, every)]
    names = [f"{a:.2f} to {b:.2f}" for a, b in pairwise(edges)]
    return Chart(
        "random",
        f"In {n:,} dimensions a random direction is {100 * np.std(cosines):.1f} % as steep",
        Axis("u·g / ‖g‖", ticks=ticks),
        Axis("of 10,000"),
        (Bars(names, [float(count) for count in counts], "random u", colour="c"),),
        note=f"Standard deviation 1/√n = {1 / math.sqrt(n):.3g}. None is above 1.",
    )


VIEW = View(
    "steepest",
    "Steepest",
    "Which way is steepest?",
    "Turn the direction u: the slope along it is u·g, and the gradient's own direction the top.",
    CONTROLS,
    frame,
    (
        Preset(
            "Along the contour", "At right angles to the gradient the slope is 0.", {"angle": 33.0}
        ),
        Preset(
            "Two dimensions", "A random direction often has most of the slope.", {"dimensions": 2}
        ),
        Preset(
            "A thousand dimensions",
            "Of 10,000 random directions none has a sixth of it: guessing is hopeless.",
            {"dimensions": 1000},
        ),
    ),
    asks="What is the slope along u?",
)
