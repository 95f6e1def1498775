"""Axes of training: steps from 0 on, losses that may end at 0, and how their ticks are written."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from gradparity.results.pictures.time_layout import count
from gradparity.results.words.wording import plain

FEW = 30
"""Up to so many steps the axis is linear."""


def in_steps(axes: Axes, largest: float) -> None:
    """Scale x for steps from 0 to `largest`: as log(1 + step), which has room for step 0."""
    if largest <= FEW:
        axes.set_xlim(-0.02 * max(largest, 1), 1.04 * max(largest, 1))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        return
    axes.set_xscale("function", functions=(_log1p, np.expm1))
    axes.set_xlim(0, (1 + largest) ** 1.03)
    axes.xaxis.set_major_locator(FixedLocator(step_ticks(largest)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def step_ticks(largest: float) -> list[float]:
    """Return the steps that are labelled on such an axis."""
    decades = math.floor(math.log10(max(largest, 1)))
    if decades < 3:
        ones = [base * 10**power for power in range(decades + 1) for base in (1, 3)]
        return [0.0, *(float(tick) for tick in ones if tick <= largest)]
    stride = math.ceil(decades / 5)
    return [0.0, *(10.0**power for power in range(0, decades + 1, stride))]


def place(step: Any, largest: float) -> Any:
    """Return where steps stand on such an axis, 0 to 1."""
    if largest <= FEW:
        return np.asarray(step) / max(largest, 1)
    return np.log1p(step) / math.log1p(largest)


def in_decades(axis: Any, floor: float | None = None) -> None:
    """Label a log axis "0.1", "1e-6"; a tick at `floor` is labelled 0, which it stands for."""
    low, high = sorted(axis.get_view_interval())
    found = [tick for tick in LogLocator(numticks=7).tick_values(low, high) if low <= tick <= high]
    if len(found) < 2:
        found = [tick for tick in _between_decades(low, high) if low <= tick <= high]
    if floor is not None:
        found = [floor, *(tick for tick in found if tick > 8 * floor)]
    axis.set_minor_locator(NullLocator())
    axis.set_major_locator(FixedLocator(found))
    axis.set_major_formatter(FuncFormatter(lambda v, _: "0" if _at(v, floor) else plain(v)))


def _at(value: float, floor: float | None) -> bool:
    return floor is not None and value <= 1.001 * floor


def _between_decades(low: float, high: float) -> list[float]:
    """Return ticks of a log axis that holds no two powers of ten: 1, 2, 5, or even steps."""
    decade = 10.0 ** math.floor(math.log10(low))
    found = [base * decade for base in (1, 2, 5, 10, 20, 50)]
    if sum(low <= tick <= high for tick in found) > 1:
        return found
    return [float(tick) for tick in MaxNLocator(3).tick_values(low, high)]


def _log1p(steps: Any) -> Any:
    # The margins of an axis may reach below -1, where there is no logarithm.
    return np.log1p(np.maximum(steps, -0.9))
