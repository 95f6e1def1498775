"""Gradient norms as they are drawn: a row per parameter, columns equally wide on the step axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.results.records.descent import Descent
from gradparity.results.training_pictures.step_axis import FEW, place

COLUMNS = 160
"""Of a panel: more cannot be seen."""


def layers(descent: Descent) -> list[str]:
    """Return the names of the parameters whose norms were recorded."""
    return list(descent.history.norms) if descent.history is not None else []


def has_gradients(descent: Descent) -> bool:
    """Whether most iterates have a gradient, as they have not where none is used."""
    assert descent.history is not None
    norms = np.concatenate([np.ravel(norm) for norm in descent.history.norms.values()])
    return bool(np.isfinite(norms).mean() >= 0.5)


def columns_of(descent: Descent) -> tuple[Any, float]:
    """Return the norms as they are drawn, (layers, columns), and the step at the right edge.

    Columns are equally wide on the axis of steps. Where one holds several iterates it is 0 if a
    norm is 0 there, NaN if all are, and their median otherwise; where it holds none, the norm is
    that of the last iterate before.
    """
    assert descent.history is not None
    steps = np.asarray(descent.history.steps, float)
    norms = np.stack([np.asarray(norm, float) for norm in descent.history.norms.values()])
    edge = float(steps[-1]) + 1
    number = int(edge) if edge <= FEW else COLUMNS
    borders = np.linspace(0, 1, number + 1)
    at = place(steps, edge)
    # The first iterate at or behind each border; a place may fall short of its border by rounding.
    firsts = np.searchsorted(at, borders - 1e-9)
    drawn = np.empty((len(norms), number))
    for column in range(number):
        first, last = firsts[column], firsts[column + 1]
        held = norms[:, first:last] if first < last else norms[:, max(first - 1, 0) : max(first, 1)]
        known = np.isfinite(held)
        for row in range(len(norms)):
            values = held[row, known[row]]
            zero = bool((values == 0).any())
            drawn[row, column] = 0 if zero else np.median(values) if len(values) else np.nan
    return drawn, edge
