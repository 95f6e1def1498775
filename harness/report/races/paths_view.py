"""Races step by step: paths on contours, the loss against steps and wall time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, selection, shown, stored
from gradparity.harness.report.races.curve_chart import CurveGround, curve_chart
from gradparity.harness.report.races.race_entries import (
    BEST,
    ReportedRace,
    entry,
    entry_options,
    reported_races,
)
from gradparity.harness.report.races.walkers import Walker, rounded, walkers_of, way
from gradparity.harness.training.ground import ground
from gradparity.problems.python_file import files_among
from gradparity.results.pages.charts import (
    Axis,
    Chart,
    Contours,
    Frame,
    Mark,
    Points,
    Polyline,
    Quantity,
    Solid,
    Table,
)
from gradparity.results.race_tables.figures import loss as in_words
from gradparity.results.races.heights import Height, above_minimum, height_of
from gradparity.results.races.quartiles import heights
from gradparity.results.races.verdict import verdict
from gradparity.results.records.descent import Descent
from gradparity.results.training_pictures.landscapes import Grid, levels
from gradparity.results.words.display import printable
from gradparity.results.words.wording import plain, time, unit

SIDE = 60
"""Points of a side of the plane under the paths."""

Grids = Mapping[tuple[str, str], Grid]
Curves = Mapping[tuple[str, str], CurveGround]
"""Both by run and problem."""


def paths_view(material: Material) -> StoredView | None:
    """Return the view; None without training that has a history."""
    races = reported_races(material)
    if not races:
        return None
    grids, curves = _grounds(material)
    entries = entry_options(races)
    frames: dict[tuple[str, ...], Frame] = {}
    for race in races:
        best = walkers_of(race, {race.names[who]: (who, d) for who, d in race.best().items()})
        frames[race.option[0], BEST] = _frame(race, best, grids, curves, material.solids)
        single = {entry(race, *key): (key[0], d) for key, d in race.at_rates().items()}
        for name, (value, _) in entries.items():
            mine = walkers_of(race, {name: single[name]}) if name in single else []
            frames[race.option[0], value] = _frame(race, mine, grids, curves, False, name)
    return stored(
        "paths",
        "Race",
        "Which way does each optimiser go?",
        "Every optimiser from the same start, step by step. Play them, or choose one at one rate: "
        "the rates are those that were raced, and the next tab shows them all.",
        [
            selection("race", "Race", [race.option for race in races]),
            selection("who", "Who", [(BEST, "all, each at its best rate"), *entries.values()]),
        ],
        frames,
    )


def _grounds(material: Material) -> tuple[Grids, Curves]:
    planes, curves = {}, {}
    for of in material.raced:
        files = files_among(of.run.options.get("targets", ()))
        under = ground(of.descents, files, SIDE)
        for problem, grid in under.planes.items():
            planes[of.run.id, problem] = grid
        for problem, (x, y, names, _, minima) in under.curves.items():
            curves[of.run.id, problem] = CurveGround(x, y, names, minima)
    return planes, curves


def _frame(
    race: ReportedRace,
    walkers: Sequence[Walker],
    grids: Grids,
    curves: Curves,
    solids: bool,
    name: str = "",
) -> Frame:
    if not walkers:
        return Frame(f"{shown(name)} was not raced on {race.option[1]}; choose another.", [])
    grid = grids.get((race.run.id, race.problem))
    planar = [one for one in walkers if grid and _is_on(one.descent, grid)]
    charts = [_plane(grid, planar, race)] if grid and planar else []
    line = curves.get((race.run.id, race.problem))
    if line is not None and (curve := curve_chart(line, walkers, shown(race.problem))) is not None:
        charts.append(curve)
    charts += _losses(walkers)
    if solids and grid and planar:
        charts.append(_solid(grid, planar))
    told = _one(walkers[0]) if name else printable(verdict(race.descents)) + "."
    steps = max(len(one.at) for one in walkers) - 1
    return Frame(
        told,
        charts,
        [_table(walkers)],
        steps=steps,
        captions=[_caption(walkers, k) for k in range(steps + 1)],
    )


def _is_on(descent: Descent, grid: Grid) -> bool:
    path = None if descent.history is None else descent.history.path
    return path is not None and path.ndim == 2 and path.shape[1] == 2 and len(grid.x) > 1


def _one(walker: Walker) -> str:
    """How one descent went: how it ended, and where."""
    made = walker.descent
    text = f"{walker.name}: {printable(made.reason) or made.status}"
    if made.final_loss is not None:
        text += f", loss {in_words(made.final_loss)}"
    return f"{text}, after {made.steps:,} steps and {made.evaluations:,} evaluations."


def _plane(grid: Grid, walkers: Sequence[Walker], race: ReportedRace) -> Chart:
    z = np.asarray(grid.z, float)
    unbounded = any(one.descent.unbounded for one in walkers)
    marks: list[Mark] = [
        Contours(rounded(grid.x), rounded(grid.y), list(map(rounded, z)), levels(z, unbounded))
    ]
    minima = np.asarray(grid.minima, float).reshape(-1, 2)
    if len(minima):
        marks.append(Points(minima[:, 0], minima[:, 1], "minimum", "ink", "plus", 8.0))
    for one in walkers:
        points, look = way(one), one.look
        x, y = rounded(points[:, 0]), rounded(points[:, 1])
        marks.append(Polyline(x, y, one.name, look.colour, look.dash, arrow=True, by_step=True))
        marks.append(
            Points(x, y, "", look.colour, look.marker, 6.0, look.filled, by_step=True, last=True)
        )
    start = way(walkers[0])[0]
    marks.append(Points([start[0]], [start[1]], "start", "ink", "circle", 5.0, filled=False))
    x0, x1, y0, y1 = (float(end) for side in (grid.x, grid.y) for end in (side[0], side[-1]))
    alike = 0.25 < (x1 - x0) / (y1 - y0) < 4.0
    return Chart(
        "plane",
        f"{shown(race.problem)}: {_lowest(walkers)}",
        Axis(printable(grid.names[0]), low=x0, high=x1),
        Axis(printable(grid.names[1]), low=y0, high=y1),
        marks,
        equal=alike,
        height=420,
        note="" if alike else "The two axes are not to one scale.",
    )


def _solid(grid: Grid, walkers: Sequence[Walker]) -> Chart:
    z = np.asarray(grid.z, float)
    paths = []
    for one in walkers:
        points = way(one)
        assert one.descent.history is not None
        up = np.asarray(one.descent.history.losses, float)[one.at]
        inside = np.all(np.isfinite(points), axis=1) & (up <= np.nanmax(z))
        kept = points[inside]
        across, along = rounded(kept[:, 0]), rounded(kept[:, 1])
        paths.append((one.name, one.look.colour, across, along, rounded(up[inside])))
    surface = Solid(rounded(grid.x), rounded(grid.y), list(map(rounded, z)), "loss", paths)
    names = [printable(name) for name in grid.names]
    return Chart("solid", "In three dimensions", Axis(names[0]), Axis(names[1]), [surface])


def _losses(walkers: Sequence[Walker]) -> list[Chart]:
    descents = [one.descent for one in walkers]
    known = above_minimum(descents)
    drawn = [heights(one.descent, known)[one.at] for one in walkers]
    height = height_of(descents, np.concatenate(drawn))
    title = _ended(walkers, drawn, height)
    charts = [_loss("loss", title, Axis("step"), walkers, drawn, height, "steps")]
    if all(d.history is not None and d.history.seconds is not None for d in descents):
        axis = Axis("wall time", "s")
        title = _took(walkers)
        charts.append(_loss("time", title, axis, walkers, drawn, height, "seconds"))
    return charts


def _lowest(walkers: Sequence[Walker]) -> str:
    """Who ends lowest."""
    losses = {one.name: one.descent.final_loss for one in walkers}
    ended = {who: loss for who, loss in losses.items() if loss is not None and np.isfinite(loss)}
    if not ended:
        return "nobody arrives"
    who = min(ended, key=lambda name: ended[name])
    return f"{who} ends{' lowest' * (len(walkers) > 1)} at {in_words(ended[who])}"


def _ended(walkers: Sequence[Walker], drawn: Sequence[Any], height: Height) -> str:
    """Who is lowest at the end, of what is drawn."""
    last = [float(height.drawn(losses[-1])) if len(losses) else np.inf for losses in drawn]
    least = min(last)
    if not np.isfinite(least) or least >= height.above:
        return "Diverged" if len(walkers) == 1 else "All diverged"
    names = [one.name for one, loss in zip(walkers, last, strict=True) if loss == least]
    if least == height.bottom:
        where = "at the minimum, to rounding" if height.known else "at 0, to rounding"
    else:
        where = f"{in_words(least)} above the minimum" if height.known else f"at {in_words(least)}"
    if len(names) == len(walkers):
        return f"{'All end' if len(names) > 1 else 'It ends'} {where}"
    return f"{' and '.join(names)} end{'s' * (len(names) == 1)} lowest, {where}"


def _took(walkers: Sequence[Walker]) -> str:
    """What a step costs, the cheapest and the dearest."""
    each = {}
    for one in walkers:
        history = one.descent.history
        assert history is not None
        assert history.seconds is not None
        each[one.name] = float(history.seconds[-1]) / max(1.0, float(history.steps[-1]))
    order = sorted(each, key=lambda name: each[name])
    words = [time(each[who], unit([each[who]])) for who in order]
    told = f"A step of {order[0]} takes {words[0]}"
    return told if len(order) == 1 else f"{told}, of {order[-1]} {words[-1]}"


def _loss(
    name: str,
    title: str,
    axis: Axis,
    walkers: Sequence[Walker],
    drawn: Sequence[Any],
    height: Height,
    series: str,
) -> Chart:
    marks = []
    scale: Literal["linear", "log"] = "log" if height.log else "linear"
    for one, losses in zip(walkers, drawn, strict=True):
        x = rounded(np.asarray(getattr(one.descent.history, series), float)[one.at])
        y = np.where(np.isfinite(losses), height.drawn(losses), np.nan)
        marks.append(
            Polyline(x, rounded(y), one.name, one.look.colour, one.look.dash, by_step=True)
        )
    return Chart(
        name, title, axis, Axis(height.name, scale=scale, low=height.low, high=height.high), marks
    )


def _caption(walkers: Sequence[Walker], step: int) -> str:
    """The loss of each at a step to play."""
    told, number = [], 0.0
    for one in walkers:
        assert one.descent.history is not None
        place = one.at[min(step, len(one.at) - 1)]
        number = max(number, float(one.descent.history.steps[place]))
        told.append(f"{one.name} {in_words(float(one.descent.history.losses[place]))}")
    return f"step {number:,.0f}: loss of {', '.join(told)}"


def _table(walkers: Sequence[Walker]) -> Table:
    made = [one.descent for one in walkers]
    return Table(
        "At the end",
        {
            "optimiser": [one.name for one in walkers],
            "rate": [Quantity(_rate(d), d.rate) for d in made],
            "steps": [Quantity(f"{d.steps:,}", float(d.steps)) for d in made],
            "evaluations": [Quantity(f"{d.evaluations:,}", float(d.evaluations)) for d in made],
            "loss": [
                "–" if d.final_loss is None else Quantity(in_words(d.final_loss), d.final_loss)
                for d in made
            ],
            "ended": [printable(d.reason) or d.status for d in made],
        },
    )


def _rate(descent: Descent) -> str:
    return "–" if descent.rate is None else plain(descent.rate)
