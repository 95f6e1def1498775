"""Styles of backends and optimisers in the words of a chart's marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradparity.results.colours.backends import Style, style

MARKERS = {
    **{"o": "circle", "s": "square", "^": "triangle", "D": "diamond", "d": "diamond"},
    **{"*": "star", "P": "plus", "X": "cross", "x": "cross", "+": "plus"},
}
"""matplotlib's names of markers -> ours; of others the dash tells who it is."""

ROLES = {"numpy": "numpy", "jax": "jax", "torch": "torch", "tape": "tape"}
"""Backends whose colour each theme has of its own."""


class MarkStyle(NamedTuple):
    """Arguments of a mark."""

    colour: str
    marker: str
    dash: Sequence[float]
    filled: bool


def backend_look(backend: str, variant: str) -> MarkStyle:
    """Return how a backend is drawn; its idiomatic variant is dashed and hollow."""
    return as_look(style(backend, variant), ROLES.get(backend))


def as_look(found: Style, role: str | None = None) -> MarkStyle:
    """Return a style as a mark has it; role: its colour in each theme."""
    dash: Sequence[float] = ()
    if isinstance(found.dash, tuple):
        dash = [2.0 * length for length in found.dash[1]]
    marker = MARKERS.get(found.marker, "triangle" if found.marker in "v<>" else "circle")
    return MarkStyle(role or found.colour, marker, dash, found.filled)
