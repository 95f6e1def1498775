"""A loss in one variable: its curve, its slope, and descents along it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.landscapes.directions import Vectors
from gradparity.harness.landscapes.seen_loss import SeenLoss, guarded
from gradparity.harness.landscapes.settings import descent_controls
from gradparity.harness.views.controls import Number
from gradparity.harness.views.descent_charts import COLOURS, DASHES
from gradparity.harness.views.descent_frame import MOST_STEPS, WHILE_MOVING, options_of
from gradparity.harness.views.descent_words import short
from gradparity.harness.views.paths import Path
from gradparity.harness.views.rates import plan_of
from gradparity.harness.views.view import View
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule, Table

ACROSS = 161


def curve_view(subject: SeenLoss) -> View:
    """The view of a loss in one variable."""
    (name,), start = subject.names(), float(subject.start[0])
    best = _best(subject)
    half = max(3.0, abs(start), 0.0 if best is None else 1.3 * abs(best - start))
    controls = (
        Number("x0", f"Start, {name}", start - 2 * half, start + 2 * half, start, positions=400),
        *descent_controls(0.01),
        Number("reach", "Width of the picture", 0.02, 2.0, 1.0, scale="log", positions=100),
    )

    def compute(given: Mapping[str, Any]) -> Frame:
        paths = _paths(subject, given)
        reach = given["reach"] * half
        window = start - reach, start + reach
        first = paths[given["first"]]
        objective = subject.objective(given["backend"])
        bends = [float(objective.hvp(at, np.ones(1))[0]) for at in first.points]
        slopes = [float(objective.gradient(at)[1][0]) for at in first.points]
        return Frame(
            sentence=_sentence(given, paths, bends),
            charts=(_curve(subject, given, window, name, paths, best), _losses(subject, paths)),
            tables=(_table(paths),),
            steps=max(len(path.points) for path in paths.values()) - 1,
            captions=[
                f"step {k}: {name} = {at[0]:.6g}, loss {short(float(loss), 4)}, slope "
                f"{short(slope)}, bend {short(bend)}."
                for k, (at, loss, slope, bend) in enumerate(
                    zip(first.points, first.losses, slopes, bends, strict=True)
                )
            ],
            answer=("the loss at the end", float(first.losses[-1])),
            numbers={
                "points": {name: path.points for name, path in paths.items()},
                "losses": {name: path.losses for name, path in paths.items()},
                "bend": bends[-1],
            },
        )

    title = f"{subject.given.name}: where does a descent lead?"
    lead = "Click or drag to move the start; change the rate; play the steps."
    asks = "What will the loss at the end be?"
    return View(
        "landscape", subject.given.name, title, lead, controls, guarded(subject, compute), (), asks
    )


def _paths(subject: SeenLoss, given: Mapping[str, Any]) -> dict[str, Path]:
    plan, _ = plan_of(given, MOST_STEPS, WHILE_MOVING)
    start = np.array([given["x0"]])
    names = [given["first"]] + ([given["second"]] if given["second"] != "none" else [])
    return {
        name: subject.descended(given["backend"], name, options_of(name, given), plan, start)
        for name in names
    }


def _best(subject: SeenLoss) -> float | None:
    known = subject.minimum
    if known is None or known.params is None:
        return None
    return float(subject.layout.flatten(known.params, np.float64)[0])


def _sentence(given: Mapping[str, Any], paths: Mapping[str, Path], bends: list[float]) -> str:
    name = given["first"]
    path = paths[name]
    if path.diverged is not None:
        return f"{name} diverges at step {path.diverged}: the rate {short(given['rate'])} is large."
    bend, rate = bends[-1], given["rate"]
    told = f"{name} ends at {float(path.points[-1][0]):.6g}, loss {float(path.losses[-1]):.6g}. "
    if bend <= 0.0:
        return f"{told}The curve bends down there ({short(bend)}): it is no minimum."
    if name != "gd":
        return f"{told}The bend is {short(bend)} there."
    told += f"The bend is {short(bend)} there: a rate below {short(2.0 / bend)} converges, "
    return f"{told}and {short(rate)} multiplies the distance by {short(1.0 - rate * bend)} a step."


def _curve(
    subject: SeenLoss,
    given: Mapping[str, Any],
    window: tuple[float, float],
    name: str,
    paths: Mapping[str, Path],
    best: float | None,
) -> Chart:
    xs = np.linspace(*window, ACROSS)
    values = _along(subject, given["backend"], xs)
    marks: list[Any] = [Polyline(xs, values, "loss", "ink")]
    for index, (label, path) in enumerate(paths.items()):
        at = path.points[:, 0]
        colour, marker = COLOURS[index], ("circle", "diamond")[index]
        marks.append(Points(at, path.losses, label, colour, marker, 4, by_step=True))
        marks.append(Points(at, path.losses, "", colour, marker, 8, by_step=True, last=True))
    if best is not None:
        marks.append(Rule(best, f"best {best:,.4g}", "good"))
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = 0.06 * (high - low or 1.0)
    return Chart(
        "curve",
        "The loss, and the steps along it",
        Axis(name, subject.given.units.get(name, ""), low=window[0], high=window[1], sets="x0"),
        Axis("loss", subject.given.units.get("", ""), low=low - room, high=high + room),
        marks,
        height=400,
    )


def _along(subject: SeenLoss, backend: str, xs: Vectors) -> Vectors:
    value = subject.objective(backend).value
    return np.array([value(np.array([x])) for x in xs])


def _losses(subject: SeenLoss, paths: Mapping[str, Path]) -> Chart:
    known = subject.minimum
    low = None if known is None or not np.isfinite(known.value) else float(known.value)
    marks = [
        Polyline(
            list(range(len(path.losses))),
            path.losses if low is None else path.losses - low,
            label,
            COLOURS[index],
            DASHES[index],
            by_step=True,
        )
        for index, (label, path) in enumerate(paths.items())
    ]
    longest = max(len(path.losses) for path in paths.values())
    return Chart(
        "losses",
        "Loss, step by step" if low is None else "Loss above the minimum, step by step",
        Axis("step", low=0, high=max(1, longest - 1)),
        Axis("loss" if low is None else "loss - minimum", scale="linear" if low is None else "log"),
        marks,
    )


def _table(paths: Mapping[str, Path]) -> Table:
    return Table(
        "At the end",
        {
            "optimiser": list(paths),
            "steps": [len(path.points) - 1 for path in paths.values()],
            "where": [float(path.points[-1][0]) for path in paths.values()],
            "loss": [float(path.losses[-1]) for path in paths.values()],
        },
    )
