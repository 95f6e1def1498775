"""The y axis of losses: what is drawn, on which scale, and where it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.results.races.quartiles import floor, start
from gradparity.results.records.descent import Descent

ABOVE = 30.0
"""A log axis ends at so many times the first loss: what diverges leaves it there."""

DECADES = 1.5
"""Positive losses that span so many decades are drawn on a log axis, minimum or not."""


@dataclass(frozen=True, slots=True)
class Height:
    """A y axis. known: it shows the loss above its minimum. log: on a logarithmic scale.

    low, high: its ends. bottom: where all is drawn that is 0 to rounding; None if nothing is.
    """

    known: bool
    log: bool
    low: float
    high: float
    bottom: float | None = None

    @property
    def name(self) -> str:
        """What the axis is called."""
        return "loss − minimum" if self.known else "loss"

    @property
    def above(self) -> float:
        """A finite height well out of sight, where infinity is drawn."""
        return self.high * 10 if self.log else self.high + 10 * (self.high - self.low)

    def drawn(self, losses: Any) -> Any:
        """Return where losses are drawn, infinity above the axis."""
        return np.clip(losses, -np.inf if self.bottom is None else self.bottom, self.above)

    def scaled(self, loss: float) -> float:
        """Return the height of a loss on paper, in decades or in units of the loss."""
        seen = float(self.drawn(loss))
        return math.log10(seen) if self.log else seen


def height_of(descents: Sequence[Descent], losses: Any) -> Height:
    """Choose the axis: logarithmic above a known minimum, and for positive losses over decades.

    losses: what will be drawn of these descents, above the minimum where `above_minimum` says so.
    """
    known = above_minimum(descents)
    losses = np.asarray(losses, float)
    losses = losses[np.isfinite(losses)]
    firsts = [
        first - ((descent.minimum or 0.0) if known else 0.0)
        for descent in descents
        if (first := start(descent)) is not None and math.isfinite(first)
    ]
    if not len(losses) or not firsts:
        return Height(known, False, 0.0, 1.0)
    first, least, most = max(firsts), float(losses.min()), float(losses.max())
    if any(descent.unbounded for descent in descents):
        size = max(1.0, *map(abs, firsts))  # by which an escape has fallen
        return Height(False, False, max(least, min(firsts) - 4 * size) - 0.1 * size, first + size)
    smallest = floor(descents)
    spans = least >= 0 and max(most, first) > least * 10**DECADES
    if first > smallest and (known or spans):
        low = float(losses[losses > smallest].min(initial=first))
        bottom = low / 10 if least <= smallest else None
        high = 2 * min(max(most, first), ABOVE * first)
        lowest = bottom or low
        return Height(known, True, lowest / max(2.0, (high / lowest) ** 0.06), high, bottom)
    high = min(most, first + 0.5 * (first - least or abs(first)))
    margin = 0.06 * (high - least) or 0.1 * abs(high) or 1.0
    return Height(known, False, least - margin, high + margin)


def above_minimum(descents: Sequence[Descent]) -> bool:
    """Whether losses are drawn above the minimum: where it is known of every descent."""
    return bool(descents) and all(
        descent.minimum is not None and not descent.unbounded for descent in descents
    )
