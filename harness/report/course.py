"""The views that teach, precomputed: a report has no backend behind it, only stops.

Each view keeps a few of its controls, with the stops that are named here; the others have their
defaults. Presets are computed as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from gradparity.harness.claims import live
from gradparity.harness.play.views import TEACHING
from gradparity.harness.report.material.keys import key_of
from gradparity.harness.report.material.stored_view import StoredView
from gradparity.harness.views.controls import Control, Number, Selection
from gradparity.harness.views.view import View

Stops = Mapping[str, Sequence[Any]]

PRECOMPUTED: dict[str, Stops] = {
    "slope": {
        "function": ["price-linear", "price-elastic", "price-logit"],
        "p": [40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 100.0, 110.0, 120.0],
        "h": [1e-8, 1e-4, 1.0, 10.0],
    },
    "steepest": {
        "angle": [
            0.0,
            30.0,
            60.0,
            79.0,
            90.0,
            120.0,
            150.0,
            180.0,
            210.0,
            240.0,
            270.0,
            300.0,
            330.0,
        ],
        "dimensions": [2, 10, 100, 1000],
    },
    "flow": {
        "depth": [1, 2, 3, 5, 10],
        "activation": ["sigmoid", "tanh", "relu"],
        "mistake": ["none", "no slope", "sum"],
    },
    "descent": {
        "surface": ["quadratic", "rosenbrock", "himmelblau", "bounded-saddle"],
        "first": ["gd", "momentum"],
        "rate": [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.15, 0.19, 0.21, 0.3, 1.0],
    },
    "xor": {"hidden": [2, 4], "seed": [0, 1, 2, 3, 4]},
}

SMALLER: dict[str, Mapping[str, Any]] = {
    "descent": {"steps": 50, "beside": "rates"},
    "xor": {"steps": 1000},
}
"""What is set otherwise than by default, so that a report stays small."""


def course(solid: bool = True) -> list[StoredView]:
    """The views, with the frame of every stop and preset.

    solid: whether there is a surface in three dimensions, which needs Plotly's script.
    """
    kept = [_kept(view) for view in TEACHING.values()]
    views = [StoredView(one, dict(_frames(TEACHING[one.name], one, solid))) for one in kept]
    claims, frames = live.precomputed()
    kept_frames = {key_of(claims.controls, at): frame for at, frame in frames}
    kept_frames |= {f"preset:{title}": frame for title, frame in live.preset_frames()}
    return [*views, StoredView(claims, kept_frames)]


def _kept(view: View) -> View:
    """The view with the controls that have stops, and those stops alone."""
    stops = PRECOMPUTED[view.name]
    controls = [_stopped(one, stops[one.name]) for one in view.controls if one.name in stops]
    return replace(view, controls=controls)


def _stopped(control: Control, stops: Sequence[Any]) -> Control:
    if isinstance(control, Number):
        default = min(stops, key=lambda stop: abs(stop - control.default))
        return replace(control, stops=stops, default=default, when=None)
    assert isinstance(control, Selection)
    known = dict(control.options)
    return replace(control, options=[(stop, known[stop]) for stop in stops], default=stops[0])


def _frames(whole: View, kept: View, solid: bool) -> Iterable[tuple[str, Any]]:
    names = [control.name for control in kept.controls]
    smaller = SMALLER.get(whole.name, {})
    for values in product(*(PRECOMPUTED[whole.name][name] for name in names)):
        given = dict(zip(names, values, strict=True))
        yield key_of(kept.controls, given), whole.frame({**smaller, **given})
    for preset in whole.presets:
        more = {"solid": True} if solid and preset.values.get("surface") == "bounded-saddle" else {}
        yield f"preset:{preset.title}", whole.frame({**smaller, **preset.values, **more})
