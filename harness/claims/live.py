"""Claims to move: one view, where a claim is chosen, and then the control that is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from gradparity.harness.claims.catalogue import CLAIMS
from gradparity.harness.views.controls import Control, Number, Selection, read
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import Frame, Table

STOPS = 7
"""Of a slider, where frames are computed beforehand."""

SEEN = {str(number): claim for number, claim in CLAIMS.items() if claim.view is not None}
"""The claims that have a control, by the value that chooses them."""


NAMED: Mapping[str, Mapping[str, str]] = {
    "1": {"delta": "δ", "first": "left by the slope", "second": "left by slope and bend"},
    "3": {"top": "steepest of all, of ‖g‖", "mean of squares": "mean of cos²"},
    "5": {"arrives": "share that arrives"},
    "8": {"rank": "rank of the gradient"},
    "12": {"counted": "forward passes, counted"},
    "13": {"backprop": "forward passes, backprop", "differences": "forward passes, differences"},
    "16": {"factor": "factor of the error a step"},
    "17": {"steps": "steps to a thousandth"},
    "19": {"ratio": "descent's steps over the heavy ball's"},
    "20": {"ratio": "speed over descent's"},
    "23": {"share": "share of minima"},
    "25": {"theory": "mean square, by theory", "seen": "mean square, measured"},
    "28": {"needed": "steps to a millionth"},
    "30": {"solved": "starts that solve it"},
    "33": {"gain": "gain of 1 more", "by the slope": "the same, by the slope"},
    "34": {"error": "error of the difference"},
    "35": {"share": "share that reaches the global minimum"},
    "45": {"share": "λmax over 2/η", "loss": "loss at the end"},
    "46": {"gap": "how far the logits are apart"},
}
"""Claim -> its number's name in the code -> what its table calls it; others have words already."""


def _own(number: str) -> list[Control]:
    """The controls of a claim, under names that no other claim's have."""
    view = SEEN[number].view
    assert view is not None
    when = {"claim": (number,)}
    return [replace(one, name=f"{one.name}-{number}", when=when) for one in view.controls]


def _frame(given: Mapping[str, Any]) -> Frame:
    number = given["claim"]
    view = SEEN[number].view
    assert view is not None
    frame = view.compute({one.name: given[f"{one.name}-{number}"] for one in view.controls})
    if frame.tables:
        return frame
    plain = {name: x for name, x in frame.numbers.items() if isinstance(x, int | float)}
    told = [NAMED.get(number, {}).get(name, name) for name in plain]
    table = Table("Here", {"what": told, "value": list(plain.values())})
    return replace(frame, tables=[table] if plain else [])


def _called(number: str) -> str:
    return f"{number}. {SEEN[number].statement.rstrip('.')}"


CONTROLS: Sequence[Control] = (
    Selection("claim", "Claim", [(one, _called(one)) for one in SEEN], next(iter(SEEN))),
    *(control for number in SEEN for control in _own(number)),
)

PRESETS = (
    Preset(
        "Just beyond the threshold",
        "No rate beyond 2/λmax converges: a little more, and every step leads away.",
        {"claim": "16", "share-16": 2.05},
    ),
    Preset(
        "A feature in other units",
        "Thirty times the unit is nine hundred times the condition number.",
        {"claim": "28", "scale-28": 30.0},
    ),
    Preset(
        "One hidden unit too few",
        "With two units whether XOR is learned depends on the start.",
        {"claim": "30", "hidden-30": 2},
    ),
)

VIEW = View(
    "claims",
    "Claims",
    "Does the course's claim hold?",
    "One picture and one sentence for each, with the control that one would move first. "
    "The command gradparity claims measures all of them, with intervals over seeds.",
    CONTROLS,
    _frame,
    PRESETS,
)


def precomputed() -> tuple[View, Iterator[tuple[dict[str, Any], Frame]]]:
    """The view with a few stops for every slider; and (values of what is shown, frame) of each."""
    stopped = [_stopped(control) for control in CONTROLS]
    return replace(VIEW, controls=stopped), _frames(stopped)


def preset_frames() -> Iterator[tuple[str, Frame]]:
    """(title, frame) of each preset."""
    for preset in PRESETS:
        yield preset.title, VIEW.frame(preset.values)


def _frames(controls: Sequence[Control]) -> Iterator[tuple[dict[str, Any], Frame]]:
    for number in SEEN:
        own = [one for one in controls if one.when == {"claim": (number,)}]
        for values in product(*(_values(one) for one in own)):
            given = {"claim": number} | dict(zip([one.name for one in own], values, strict=True))
            with np.errstate(all="ignore"):
                yield given, _frame(read(controls, given))


def _stopped(control: Control) -> Control:
    if not isinstance(control, Number):
        return control
    stops = [float(f"{stop:.3g}") for stop in control.stops or _spread(control)]
    stops = list(dict.fromkeys(min(max(stop, control.low), control.high) for stop in stops))
    default = min(stops, key=lambda stop: abs(stop - control.default))
    return replace(control, stops=stops, default=default)


def _spread(control: Number) -> Sequence[float]:
    along = np.geomspace if control.scale == "log" else np.linspace
    found = along(control.low, control.high, STOPS)
    return list(np.round(found) if control.whole else found)


def _values(control: Control) -> Sequence[Any]:
    if isinstance(control, Number):
        return control.stops
    if isinstance(control, Selection):
        return [value for value, _ in control.options]
    return [control.default]
