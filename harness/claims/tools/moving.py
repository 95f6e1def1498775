"""A claim's picture over the quantity that a reader would move, by the experiment's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule

COLOURS = "abcdef"

Seen = Mapping[str, float]
"""What is drawn, by its name -> its value where the quantity is."""


def over(
    number: int,
    title: str,
    lead: str,
    moved: Number,
    measured: Callable[[float], Seen],
    y: Axis,
    said: Callable[[float, Seen], str],
    rules: Sequence[Rule] = (),
) -> View:
    """The view of a claim that has one: a line for each name, over the stops of what is moved.

    measured: what the experiment finds where the quantity is so, the same names everywhere; kept,
    so that a line is computed once. said: the sentence for where it is.
    """
    kept = lru_cache(maxsize=256)(measured)

    def frame(given: Mapping[str, Any]) -> Frame:
        at = float(given[moved.name])
        here, along = kept(at), [kept(float(stop)) for stop in moved.stops]
        marks: list[Any] = []
        for name, colour in zip(here, COLOURS, strict=False):
            marks.append(Polyline(moved.stops, [one[name] for one in along], name, colour))
            marks.append(
                Points([at], [here[name]], "", colour, names=[f"{name}: {here[name]:.4g}"])
            )
        told = said(at, here)
        x = Axis(moved.label, moved.unit, scale=moved.scale, whole=moved.whole)
        chart = Chart(f"claim-{number}", title, x, y, [*marks, *rules])
        return Frame(told, (chart,), numbers={moved.label: at, **here})

    return View(f"claim-{number}", f"Claim {number}", title, lead, (moved,), frame)


def log_stops(low: float, high: float, count: int = 7) -> tuple[float, ...]:
    """Stops of equal ratio from low to high, to three digits."""
    return tuple(float(f"{stop:.3g}") for stop in np.geomspace(low, high, count))
