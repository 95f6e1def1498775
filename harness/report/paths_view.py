"""Races step by step: paths on contours, the loss against steps and wall time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gradparity.harness.report.looks import MarkStyle
from gradparity.harness.report.material import Material
from gradparity.harness.report.race_entries import (
    BEST,
    ReportedRace,
    entry,
    entry_options,
    reported_races,
)
from gradparity.harness.report.stored_view import StoredView, selection, shown, stored
from gradparity.harness.training.ground import ground
from gradparity.problems.python_file import is_file
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
from gradparity.results.race_tables.words import loss as in_words
from gradparity.results.races.heights import Height, above_minimum, height_of
from gradparity.results.races.quartiles import heights
from gradparity.results.races.verdict import verdict
from gradparity.results.records.descent import Descent
from gradparity.results.training_pictures.landscapes import Grid, levels
from gradparity.results.words.display import printable
from gradparity.results.words.wording import plain

MOST = 120
"""Steps to play at most: those of longer descents are thinned, first and last kept."""
SIDE = 60
"""Points of a side of the plane under the paths."""
DIGITS = 5

Grids = Mapping[tuple[str, str], Grid]
"""By run and problem."""


@dataclass(frozen=True, slots=True, eq=False)
class Walker:
    """One descent that is shown. at: the places in its history of each step to play."""

    name: str
    look: MarkStyle
    descent: Descent
    at: Any


def paths_view(material: Material) -> StoredView | None:
    """Return the view; None without training that has a history."""
    races = reported_races(material)
    if not races:
        return None
    grids = _grids(material)
    entries = entry_options(races)
    frames: dict[tuple[str, ...], Frame] = {}
    for race in races:
        best = _walkers(race, {race.names[who]: (who, d) for who, d in race.best().items()})
        frames[race.option[0], BEST] = _frame(race, best, grids, material.solids)
        single = {entry(race, *key): (key[0], d) for key, d in race.at_rates().items()}
        for name, (value, _) in entries.items():
            mine = _walkers(race, {name: single[name]}) if name in single else []
            frames[race.option[0], value] = _frame(race, mine, grids, False, name)
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


def _grids(material: Material) -> dict[tuple[str, str], Grid]:
    found = {}
    for of in material.raced:
        files = [name for name in of.run.options.get("targets", ()) if is_file(name)]
        for problem, grid in ground(of.descents, files, SIDE).planes.items():
            found[of.run.id, problem] = grid
    return found


def _walkers(race: ReportedRace, found: Mapping[str, tuple[Any, Descent]]) -> list[Walker]:
    steps = [np.asarray(d.history.steps, float) for _, d in found.values() if d.history]
    if not steps:
        return []
    every = np.unique(np.concatenate(steps))
    kept = every[np.unique(np.linspace(0, len(every) - 1, MOST + 1).round().astype(int))]
    walkers = []
    for (name, (who, descent)), own in zip(found.items(), steps, strict=True):
        last = int(np.searchsorted(kept, own[-1]))
        at = np.clip(np.searchsorted(own, kept[: last + 1], "right") - 1, 0, len(own) - 1)
        walkers.append(Walker(shown(name), race.looks[who], descent, at))
    return walkers


def _frame(
    race: ReportedRace, walkers: Sequence[Walker], grids: Grids, solids: bool, name: str = ""
) -> Frame:
    if not walkers:
        return Frame(f"{shown(name)} was not raced on {race.option[1]}; choose another.", [])
    grid = grids.get((race.run.id, race.problem))
    planar = [one for one in walkers if grid and _is_on(one.descent, grid)]
    charts = [_plane(grid, planar, race)] if grid and planar else []
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


def _rounded(values: Any) -> list[float]:
    """To so many digits as a picture shows."""
    found = np.asarray(values, float)
    with np.errstate(all="ignore"):
        size = np.where(np.isfinite(found) & (found != 0), np.abs(found), 1.0)
        place = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
        return list(np.where(np.isfinite(place), np.round(found * place) / place, found).tolist())


def _points(walker: Walker) -> Any:
    assert walker.descent.history is not None
    return np.asarray(walker.descent.history.path, float)[walker.at]


def _plane(grid: Grid, walkers: Sequence[Walker], race: ReportedRace) -> Chart:
    z = np.asarray(grid.z, float)
    unbounded = any(one.descent.unbounded for one in walkers)
    marks: list[Mark] = [
        Contours(_rounded(grid.x), _rounded(grid.y), list(map(_rounded, z)), levels(z, unbounded))
    ]
    minima = np.asarray(grid.minima, float).reshape(-1, 2)
    if len(minima):
        marks.append(Points(minima[:, 0], minima[:, 1], "minimum", "ink", "plus", 8.0))
    for one in walkers:
        points, look = _points(one), one.look
        x, y = _rounded(points[:, 0]), _rounded(points[:, 1])
        marks.append(Polyline(x, y, one.name, look.colour, look.dash, arrow=True, by_step=True))
        marks.append(
            Points(x, y, "", look.colour, look.marker, 6.0, look.filled, by_step=True, last=True)
        )
    start = _points(walkers[0])[0]
    marks.append(Points([start[0]], [start[1]], "start", "ink", "circle", 5.0, filled=False))
    x0, x1, y0, y1 = (float(end) for side in (grid.x, grid.y) for end in (side[0], side[-1]))
    alike = 0.25 < (x1 - x0) / (y1 - y0) < 4.0
    return Chart(
        "plane",
        f"{race.option[1]}: the paths",
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
        points = _points(one)
        assert one.descent.history is not None
        up = np.asarray(one.descent.history.losses, float)[one.at]
        inside = np.all(np.isfinite(points), axis=1) & (up <= np.nanmax(z))
        kept = points[inside]
        across, along = _rounded(kept[:, 0]), _rounded(kept[:, 1])
        paths.append((one.name, one.look.colour, across, along, _rounded(up[inside])))
    surface = Solid(_rounded(grid.x), _rounded(grid.y), list(map(_rounded, z)), "loss", paths)
    names = [printable(name) for name in grid.names]
    return Chart("solid", "In three dimensions", Axis(names[0]), Axis(names[1]), [surface])


def _losses(walkers: Sequence[Walker]) -> list[Chart]:
    descents = [one.descent for one in walkers]
    known = above_minimum(descents)
    drawn = [heights(one.descent, known)[one.at] for one in walkers]
    height = height_of(descents, np.concatenate(drawn))
    charts = [_loss("loss", "step", "", walkers, drawn, height, "steps")]
    if all(d.history is not None and d.history.seconds is not None for d in descents):
        charts.append(_loss("time", "wall time", "s", walkers, drawn, height, "seconds"))
    return charts


def _loss(
    name: str,
    axis: str,
    unit: str,
    walkers: Sequence[Walker],
    drawn: Sequence[Any],
    height: Height,
    series: str,
) -> Chart:
    marks = []
    scale: Literal["linear", "log"] = "log" if height.log else "linear"
    for one, losses in zip(walkers, drawn, strict=True):
        x = _rounded(np.asarray(getattr(one.descent.history, series), float)[one.at])
        y = np.where(np.isfinite(losses), height.drawn(losses), np.nan)
        marks.append(
            Polyline(x, _rounded(y), one.name, one.look.colour, one.look.dash, by_step=True)
        )
    return Chart(
        name,
        f"{height.name} against {axis}",
        Axis(axis, unit),
        Axis(height.name, scale=scale, low=height.low, high=height.high),
        marks,
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
