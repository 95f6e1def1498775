"""The charts of a descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.views.paths import Path, Vectors, factor
from gradparity.harness.views.surfaces import Surface
from gradparity.results.pages.charts import (
    Axis,
    Bars,
    Chart,
    Contours,
    Heat,
    Points,
    Polyline,
    Rule,
    Segments,
    Solid,
    Zone,
)

COLOURS = ("a", "b", "e")
DASHES: tuple[tuple[float, ...], ...] = ((), (7, 4), (2, 3))
LEVELS = 14
RATES = np.logspace(-5, 1, 41)
CRITICAL = {"minimum": "circle", "maximum": "triangle", "saddle": "cross"}
"""Markers of points without a slope, by kind; the lowest minimum has its star on top."""
MOMENTA = np.array([0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99])


def plane(
    here: Surface,
    grid: tuple[Vectors, Vectors, Vectors],
    paths: Mapping[str, Path],
    downhill: Vectors,
) -> Chart:
    """Contours, both paths, and at the first's iterate -g and the velocity."""
    x, y, z = grid
    (x_low, x_high), (y_low, y_high) = here.window
    first = next(iter(paths.values()))
    tilts = [(float(t), float(u)) for t, u in first.tilts] if first.tilts.any() else ()
    marks: list[Any] = [Contours(x, y, z, levels(z), tilts=tilts)]
    for kind, places in here.critical.items():
        at = np.array(places)
        marks.append(Points(at[:, 0], at[:, 1], kind, "muted", CRITICAL[kind], 6, filled=False))
    if here.minima:
        minima = np.array(here.minima)
        marks.append(Points(minima[:, 0], minima[:, 1], "minimum", "good", "star", 8))
    for index, (name, path) in enumerate(paths.items()):
        u, v = path.points[:, 0], path.points[:, 1]
        colour = COLOURS[index]
        marks.append(Polyline(u, v, name, colour, DASHES[index], by_step=True))
        marks.append(Points(u, v, "", colour, "circle", 2.5, by_step=True))
        marks.append(Points(u, v, "", colour, "circle", 6, by_step=True, last=True))
    marks += _arrows(here, first, downhill)
    note = "Arrows are drawn of one length."
    if not here.equal:
        note += " The axes have scales of their own: distances are not to be compared."
    return Chart(
        "plane",
        _title(here, paths),
        Axis(*here.axes[0], low=x_low, high=x_high, sets=here.sets[0]),
        Axis(*here.axes[1], low=y_low, high=y_high, sets=here.sets[1]),
        marks,
        equal=here.equal,
        height=460,
        note=note,
    )


def _title(here: Surface, paths: Mapping[str, Path]) -> str:
    if here.low is None:
        ends = (
            f"{name} ends at {float(p.losses[-1]):.3g}"
            if p.diverged is None
            else f"{name} diverges"
            for name, p in paths.items()
        )
        return ", ".join(ends)
    ended = {name: float(p.losses[-1]) for name, p in paths.items() if p.diverged is None}
    if not ended:
        return "Diverged" if len(paths) == 1 else "Both diverged"
    best = min(ended, key=lambda name: ended[name])
    return f"{best} ends {ended[best] - here.low:.3g} above the minimum"


def levels(z: Vectors) -> list[float]:
    """Heights that are close where the surface is low: equal steps of its cube root."""
    finite = z[np.isfinite(z)]
    if not finite.size:
        return []
    low, high = float(finite.min()), float(np.quantile(finite, 0.97))
    return [low + (high - low) * share**3 for share in np.linspace(0.12, 1.0, LEVELS)]


def _arrows(here: Surface, path: Path, downhill: Vectors) -> list[Segments]:
    """-g and the velocity at each iterate, of a length that can be seen; their direction counts."""
    span = np.array([high - low for low, high in here.window])
    out = []
    steps = np.vstack([np.zeros((1, 2)), np.diff(path.points, axis=0)])
    for label, vector, colour in (("−gradient", -downhill, "c"), ("last step", steps, "d")):
        size = np.linalg.norm(vector / span, axis=1, keepdims=True)
        reach = np.where(size > 0, 0.12 * vector / np.where(size > 0, size, 1.0), 0.0)
        tip = path.points + reach
        out.append(
            Segments(
                path.points[:, 0],
                path.points[:, 1],
                tip[:, 0],
                tip[:, 1],
                label,
                colour=colour,
                arrow=True,
                last=True,
            )
        )
    return out


def losses(here: Surface, paths: Mapping[str, Path]) -> Chart:
    """The loss above the minimum by step, or the loss itself where none is known."""
    above = here.low is not None
    marks = [
        Polyline(
            list(range(len(path.losses))),
            path.losses - here.low if here.low is not None else path.losses,
            name,
            COLOURS[index],
            DASHES[index],
            by_step=True,
        )
        for index, (name, path) in enumerate(paths.items())
    ]
    diverged = [f"{name} diverged at step {p.diverged}" for name, p in paths.items() if p.diverged]
    longest = max(len(path.losses) for path in paths.values())
    return Chart(
        "losses",
        "; ".join(diverged) or _left(here, paths),
        Axis("step", low=0, high=max(1, longest - 1)),
        Axis("loss − minimum" if above else "loss", scale="log" if above else "linear"),
        marks,
    )


def _left(here: Surface, paths: Mapping[str, Path]) -> str:
    """What is left of each optimiser's loss after its last step."""
    low = here.low or 0.0
    ends = [f"{name} {float(path.losses[-1]) - low:.2g}" for name, path in paths.items()]
    steps = len(next(iter(paths.values())).losses) - 1
    what = "loss" if here.low is None else "loss above the minimum"
    return f"After {steps:,} steps the {what}: {', '.join(ends)}"


def factors(given: Mapping[str, Any], values: Vectors) -> Chart:
    """By how much a step multiplies the error along each eigenvector, step by step."""
    rate, mu, name = given["rate"], given["momentum"], given["first"]
    kind = name if name in ("gd", "momentum") else "gd"
    heights = [[factor(kind, rate, float(value), mu) for value in pair[::-1]] for pair in values]
    clipped = [[float(np.clip(one, -3, 3)) for one in pair] for pair in heights]
    limit = 2 * (1 + (mu if kind == "momentum" else 0.0))
    return Chart(
        "factors",
        f"Between −1 and 1 a direction shrinks: ηλ below {limit:.3g}",
        Axis("direction", ticks=((0.0, "steep"), (1.0, "flat"))),
        Axis(f"factor a step, of {kind}", low=-3.0, high=3.0),
        (
            Zone(1.0, 3.0, "grows", "bad", "y"),
            Zone(-3.0, -1.0, "", "bad", "y"),
            Bars(("steep", "flat"), clipped[-1], colour="a", steps=clipped),
        ),
        height=280,
        note="Cut off at ±3." if np.max(np.abs(heights)) > 3 else "",
    )


def memory(here: Surface, held: tuple[Vectors, Vectors], rate: float) -> Chart:
    """Adam's effective rate of each variable, η/(√v̂ + ε), step by step."""
    first, second = here.axes[0][0], here.axes[1][0]
    effective = rate / (held[1] + 1e-8)
    steps = list(range(len(effective)))
    return Chart(
        "memory",
        f"Adam's own rate: {effective[-1][0]:.3g} for {first}, {effective[-1][1]:.3g} for {second}",
        Axis("step", low=0, high=max(1, len(steps) - 1)),
        Axis("η/(√v̂ + ε)", scale="log"),
        (
            Polyline(steps, effective[:, 0], here.axes[0][0], "a", by_step=True),
            Polyline(steps, effective[:, 1], here.axes[1][0], "b", (7, 4), by_step=True),
            Rule(rate, "η", axis="y"),
        ),
        height=280,
    )


def rates(here: Surface, found: Mapping[str, list[float]], given: Mapping[str, Any]) -> Chart:
    """The U-curve: the loss at the end at every rate; from the first that diverges on, shaded.

    The smallest rate hardly moves: ten times its loss is what counts as diverged here.
    """
    low = here.low if here.low is not None else 0.0
    ceiling = 10.0 * max(values[0] - low for values in found.values())
    marks: list[Any] = []
    best = {}
    for index, (name, values) in enumerate(found.items()):
        above = [value - low if value - low < ceiling else float("nan") for value in values]
        gone = [float(rate) for rate, one in zip(RATES, above, strict=True) if not np.isfinite(one)]
        marks.append(Polyline(RATES, above, name, COLOURS[index], DASHES[index]))
        marks.append(
            Points(
                RATES,
                above,
                "",
                COLOURS[index],
                "circle",
                3,
                sets=[{"rate": float(rate)} for rate in RATES],
            )
        )
        if gone:
            marks.append(Zone(gone[0], float("inf"), f"{name} diverges", COLOURS[index]))
        finite = [
            (value, float(rate))
            for value, rate in zip(above, RATES, strict=True)
            if np.isfinite(value)
        ]
        if finite:
            best[name] = min(finite)[1]
    marks.append(Rule(given["rate"], f"η {given['rate']:.3g}", "ink"))
    log = here.low is not None
    return Chart(
        "rates",
        "Best rate: " + ", ".join(f"{rate:.2g} for {name}" for name, rate in best.items())
        if best
        else "Every rate diverges",
        Axis("rate η", scale="log", low=1e-5, high=10.0, sets="rate"),
        Axis(
            "loss − minimum at the end" if log else "loss at the end",
            scale="log" if log else "linear",
        ),
        marks,
        note=f"After {min(given['steps'], 100)} steps, by the tape. Click a rate to load it.",
    )


def rate_map(here: Surface, found: list[list[float]], given: Mapping[str, Any]) -> Chart:
    """The loss at the end of momentum over rate and μ; what diverges is left empty."""
    low = here.low if here.low is not None else 0.0
    with np.errstate(all="ignore"):
        z = np.log10(np.maximum(np.array(found) - low, 1e-16))
    z = np.where(np.abs(np.array(found)) < 1e100, z, np.nan)
    some = [float(rate) for rate in RATES[::2]]
    return Chart(
        "map",
        _best_of_map(z, some),
        Axis("rate η", ticks=[(k, f"{rate:.0e}") for k, rate in enumerate(some) if k % 4 == 0]),
        Axis("momentum μ", ticks=[(k, f"{mu:g}") for k, mu in enumerate(MOMENTA)]),
        (
            Heat(
                list(range(len(some))),
                list(range(len(MOMENTA))),
                z,
                "log₁₀ of the loss",
                sets=[
                    [{"rate": rate, "momentum": float(mu), "first": "momentum"} for rate in some]
                    for mu in MOMENTA
                ],
            ),
        ),
        note="Dark is low; empty diverges. By the tape. Click a cell to load it.",
    )


def _best_of_map(z: Vectors, some: list[float]) -> str:
    if not np.isfinite(z).any():
        return "Every rate diverges, whatever the momentum"
    row, column = np.unravel_index(np.nanargmin(z), z.shape)
    return f"Lowest at momentum {MOMENTA[row]:g} and rate {some[column]:.2g}"


def solid(
    here: Surface, grid: tuple[Vectors, Vectors, Vectors], paths: Mapping[str, Path]
) -> Chart:
    """The surface in three dimensions, with the paths on it."""
    x, y, z = grid
    drawn = [
        (name, COLOURS[index], path.points[:, 0], path.points[:, 1], path.losses)
        for index, (name, path) in enumerate(paths.items())
    ]
    return Chart(
        "solid",
        "The surface",
        Axis(*here.axes[0]),
        Axis(*here.axes[1]),
        (Solid(x, y, z, "loss", drawn),),
        height=460,
    )
