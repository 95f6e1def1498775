"""The frame of descents on a surface, whichever it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.harness.training.descents.prepared_cache import PreparedCache
from gradparity.harness.views import descent_charts as drawn
from gradparity.harness.views.descent_words import caption, sentence
from gradparity.harness.views.paths import (
    GRID,
    Path,
    adam_state,
    curvatures,
    descended,
    grid,
    slopes,
)
from gradparity.harness.views.rates import plan_of
from gradparity.harness.views.surfaces import Surface
from gradparity.results.pages.charts import Chart, Frame, Table

MOST_STEPS = 1000
WHILE_MOVING = 200
"""Steps while a slider moves: so many can follow it."""


def descents(
    here: Surface,
    given: Mapping[str, Any],
    start: tuple[float, float],
    others: Mapping[str, Path] | None = None,
    side: int = GRID,
) -> Frame:
    """Both optimisers' paths, with what the Hessian and Adam's memory say at each iterate.

    given: the values of the controls of `descent.py`, whatever the surface. others: further paths
    to draw, by what they are called. side: of the grid that contours are drawn from.
    """
    names = _names(given)
    plan, left_out = plan_of(given, MOST_STEPS, WHILE_MOVING)
    backend = given["backend"]
    paths = {name: _path(here, name, given, plan, start) for name in names}
    first = paths[given["first"]]
    values = curvatures(here, backend, first.points)
    downhill = slopes(here, backend, first.points)
    memory = (
        adam_state(
            downhill if paths["adam"] is first else slopes(here, backend, paths["adam"].points),
            0.9,
            given["beta2"],
        )
        if "adam" in paths
        else None
    )
    seen = {**paths, **(others or {})}
    heights = _kept.once(
        (here.identity(), backend, side, "grid"), lambda: grid(here, backend, side)
    )
    charts = [
        drawn.plane(here, heights, seen, downhill),
        drawn.losses(here, seen),
        drawn.factors(given, values),
    ]
    if memory is not None:
        charts.append(drawn.memory(here, memory, given["rate"]))
    charts.extend(_beside(here, given, start))
    if given["solid"]:
        charts.append(drawn.solid(here, heights, paths))
    return Frame(
        sentence=sentence(here, given, paths, values) + left_out,
        charts=charts,
        tables=(_table(seen),),
        steps=max(len(path.points) for path in seen.values()) - 1,
        captions=[
            caption(k, given, first, values[k], downhill[k], memory)
            for k in range(len(first.points))
        ],
        answer=("the loss at the end", float(first.losses[-1])),
        challenge=_challenge(here, paths),
        numbers={
            "points": {name: path.points for name, path in seen.items()},
            "losses": {name: path.losses for name, path in seen.items()},
            "diverged": {name: path.diverged for name, path in seen.items()},
            "eigenvalues": values[-1],
        },
    )


_kept = PreparedCache()
"""Grids and curves over rates: costly, and the same while a step or a start moves."""


def _names(given: Mapping[str, Any]) -> list[str]:
    return [given["first"]] + ([given["second"]] if given["second"] != "none" else [])


def options_of(name: str, given: Mapping[str, Any]) -> dict[str, float]:
    """The options that the controls give an optimiser."""
    if name in ("momentum", "nesterov"):
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
        here, given["backend"], name, options_of(name, given), rates, start, given["noise"]
    )


def _beside(here: Surface, given: Mapping[str, Any], start: tuple[float, float]) -> list[Chart]:
    """The loss at the end at every rate, or at every rate and momentum, by the tape.

    It is costly: kept, and while a slider moves only what is kept is shown.
    """
    if given["beside"] == "nothing":
        return []
    given = {**given, "backend": "tape"}
    own = (
        "rate",
        "rates",
        "solid",
        "beside",
        "moving",
        "reach",
        "whole",
        *(("momentum",) if given["beside"] == "map" else ()),
    )
    key = json.dumps({name: value for name, value in given.items() if name not in own})
    steps = min(given["steps"], 100)

    def end(name: str, rate: float, options: Mapping[str, Any]) -> float:
        path = _path(here, name, {**given, **options}, [rate] * steps, start)
        return float(path.losses[-1])

    def over_rates() -> dict[str, list[float]]:
        return {n: [end(n, float(rate), {}) for rate in drawn.RATES] for n in _names(given)}

    def over_momenta() -> list[list[float]]:
        some = drawn.RATES[::2]
        return [
            [end("momentum", float(rate), {"momentum": float(mu)}) for rate in some]
            for mu in drawn.MOMENTA
        ]

    identity = (here.identity(), key, start, given["beside"])
    if given["moving"] and not _kept.has(identity):
        return []
    if given["beside"] == "map":
        return [drawn.rate_map(here, _kept.once(identity, over_momenta), given)]
    return [drawn.rates(here, _kept.once(identity, over_rates), given)]


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
                "no" if p.diverged is None else f"at step {p.diverged}" for p in paths.values()
            ],
        },
    )
