"""A loss in two variables, or a plane through one in more: its contours, and descents on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.harness.landscapes.directions import (
    Vectors,
    along_axes,
    beside_gradient,
    random_pair,
)
from gradparity.harness.landscapes.plane import Plane, sliced
from gradparity.harness.landscapes.seen_loss import TRAINED_AT, TRAINED_BY, SeenLoss, guarded
from gradparity.harness.landscapes.settings import surface_controls
from gradparity.harness.views.controls import Flag, Number, Selection
from gradparity.harness.views.descent_frame import MOST_STEPS, WHILE_MOVING, descents, options_of
from gradparity.harness.views.paths import Path
from gradparity.harness.views.rates import plan_of
from gradparity.harness.views.surfaces import Surface
from gradparity.harness.views.view import View
from gradparity.problems import Arrays
from gradparity.results.pages.charts import Frame

SIDE = 29
"""The grid of a slice, whose loss costs more than that of two variables."""

DIRECTIONS = (
    ("random", "two random, filter-normalised"),
    ("gradient", "minus the gradient, and a random one"),
    ("pair", "two of the parameters"),
)
LEAD = "Click or drag to move the start; change the rate; play the steps."


def surface_view(subject: SeenLoss) -> View:
    """The view of a loss in two variables."""
    centre, reach = subject.start, _reach(subject)
    first, second = subject.names()
    controls = (
        *_starts((first, second), centre, 2 * reach),
        *surface_controls(0.001, "rates"),
        Number("reach", "Width of the picture", 0.02, 2.0, 1.0, scale="log", positions=100),
    )

    def compute(given: Mapping[str, Any]) -> Frame:
        problem, instance = subject.ready
        half = given["reach"] * reach
        low = None if subject.minimum is None else float(subject.minimum.value)
        here = Surface(
            problem=problem,
            data=instance.data,
            window=_window(centre, half),
            axes=((first, _unit(subject, first)), (second, _unit(subject, second))),
            arrays=lambda x, y: _copied(subject, np.array([x, y])),
            low=low if low is not None and np.isfinite(low) else None,
            minima=_minima(subject),
            critical=_critical(subject),
            equal=bool(reach[0] == reach[1]),
        )
        given = {**given, "surface": problem.name}
        return descents(here, given, (given["x0"], given["y0"]))

    title = f"{subject.given.name}: what does its surface do to a descent?"
    name = subject.given.name
    return View("landscape", name, title, LEAD, controls, guarded(subject, compute), (), _ASKS)


def slice_view(subject: SeenLoss) -> View:
    """The view of planes through a loss in more than two parameters."""
    size, names = subject.layout.size, subject.names()
    last = size - 1
    pair = {"directions": ("pair",)}
    controls = (
        Selection("directions", "Plane along", DIRECTIONS, "random"),
        Number("first_place", "First parameter, its place", 0, last, 0, whole=True, when=pair),
        Number("second_place", "Second, its place", 0, last, 1, whole=True, when=pair),
        Number("draw", "Random directions, draw", 0, 99, 0, positions=99, whole=True),
        Number("trained", "Plane through: steps of Adam", 0, 1000, 100, whole=True, positions=100),
        *_starts(("first direction", "second direction"), np.zeros(2), np.full(2, 4.0)),
        *surface_controls(0.1, "nothing"),
        Flag("whole", f"A descent in all {size:,} parameters, too"),
        Number("reach", "Width of the picture", 0.02, 4.0, 1.0, scale="log", positions=100),
    )
    controls = tuple(_moved(one) for one in controls)
    kept: dict[str, Any] = {}

    def plane(given: Mapping[str, Any]) -> Plane:
        centre = subject.trained(given["trained"])
        axes = _axes(subject, given, centre)
        return Plane(subject.layout, centre, axes)

    def compute(given: Mapping[str, Any]) -> Frame:
        problem, instance = subject.ready
        if "problem" not in kept:
            kept["problem"] = sliced(problem)
        through, half = plane(given), np.full(2, given["reach"])
        here = Surface(
            problem=kept["problem"],
            data={**instance.data, **through.data()},
            window=_window(np.zeros(2), half),
            axes=tuple((label, "") for label in _labels(given, names)),  # type: ignore[arg-type]
            arrays=lambda x, y: {"x": np.array([x, y])},
        )
        others = _whole(subject, through, given) if given["whole"] else {}
        told = descents(
            here, {**given, "surface": "slice"}, (given["x0"], given["y0"]), others, SIDE
        )
        return replace(told, sentence=_sentence(subject, given, told, others))

    title = f"{subject.given.name}: what does a slice of its loss show?"
    name = subject.given.name
    return View("landscape", name, title, LEAD, controls, guarded(subject, compute), (), _ASKS)


_ASKS = "What will the loss at the end be?"


def _axes(subject: SeenLoss, given: Mapping[str, Any], centre: Vectors) -> Vectors:
    kind, draw = given["directions"], given["draw"]
    if kind == "pair":
        return along_axes(subject.layout.size, given["first_place"], given["second_place"])
    if kind == "gradient":
        gradient = subject.objective(given["backend"]).gradient(centre)[1]
        return beside_gradient(np.asarray(gradient, dtype=np.float64), centre, draw)
    return random_pair(subject.layout, centre, draw)


def _labels(given: Mapping[str, Any], names: list[str]) -> tuple[str, str]:
    if given["directions"] == "pair":
        pair = names[given["first_place"]], names[given["second_place"]]
        return f"change of {pair[0]}", f"change of {pair[1]}"
    if given["directions"] == "gradient":
        return "minus the gradient", "random direction"
    return "first direction", "second direction"


def _whole(subject: SeenLoss, plane: Plane, given: Mapping[str, Any]) -> dict[str, Path]:
    """The first optimiser's descent in all parameters, as far as the plane shows it."""
    name = given["first"]
    plan, _ = plan_of(given, MOST_STEPS, WHILE_MOVING)
    start = plane.place(given["x0"], given["y0"])
    path = subject.descended(given["backend"], name, options_of(name, given), plan, start)
    flat = replace(path, points=plane.projected(path.points))
    return {f"{name}, in all {subject.layout.size:,}, projected": flat}


def _sentence(
    subject: SeenLoss, given: Mapping[str, Any], told: Frame, others: Mapping[str, Path]
) -> str:
    where = f"where {given['trained']:,} steps of {TRAINED_BY} at {TRAINED_AT:g} end"
    through = where if given["trained"] else "the start"
    text = f"2 of {subject.layout.size:,} directions, through {through}. {told.sentence}"
    for path in others.values():
        inside = float(told.numbers["losses"][given["first"]][-1])
        text += f" It ends at {inside:.3g} in the plane, at {float(path.losses[-1]):.3g} out of it."
    return text


def _starts(names: tuple[str, str], centre: Vectors, half: Vectors) -> tuple[Number, Number]:
    def start(control: str, k: int) -> Number:
        at = float(centre[k])
        bounds = at - float(half[k]), at + float(half[k])
        return Number(control, f"Start, {names[k]}", *bounds, at, positions=400)

    return start("x0", 0), start("y0", 1)


def _moved(control: Any) -> Any:
    """A slice's descents do not begin where the plane's centre has been trained to."""
    away = {"x0": 0.8, "y0": 0.6}
    return replace(control, default=away[control.name]) if control.name in away else control


def _reach(subject: SeenLoss) -> Vectors:
    """Half the width of the picture in each variable: the start and a known minimum are in it.

    One scale for both, unless they differ by more than five times.
    """
    best = _minima(subject)
    far = np.abs(subject.start) * (0.6 if best else 1.2)
    wanted = np.maximum(far, 2.0 if best else 3.0)
    if best:
        wanted = np.maximum(wanted, 1.3 * np.abs(np.array(best[0]) - subject.start))
    return np.full(2, wanted.max()) if wanted.max() <= 5 * wanted.min() else wanted


def _critical(subject: SeenLoss) -> dict[str, list[tuple[float, float]]]:
    """Where the gradient is known to be zero, by kind."""
    found: dict[str, list[tuple[float, float]]] = {}
    for point in subject.critical:
        x, y = subject.layout.flatten(point.params, np.float64)
        found.setdefault(point.kind, []).append((float(x), float(y)))
    return found


def _minima(subject: SeenLoss) -> list[tuple[float, float]]:
    known = subject.minimum
    if known is None or known.params is None:
        return []
    x, y = subject.layout.flatten(known.params, np.float64)
    return [(float(x), float(y))]


def _window(centre: Vectors, half: Vectors) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = (
        (float(at - reach), float(at + reach)) for at, reach in zip(centre, half, strict=True)
    )
    return (a, b), (c, d)


def _unit(subject: SeenLoss, name: str) -> str:
    return subject.given.units.get(name.partition("[")[0], "")


def _copied(subject: SeenLoss, place: Vectors) -> Arrays:
    return {name: np.array(x) for name, x in subject.layout.views(place).items()}
