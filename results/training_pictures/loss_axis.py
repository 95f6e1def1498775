"""The axis of losses of a panel."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from gradparity.results.races.heights import Height
from gradparity.results.training_pictures.step_axis import in_decades
from gradparity.results.words.wording import plain


def in_losses(axes: Axes, height: Height) -> None:
    """Scale y as `height` says; a line is drawn where all is that is 0 to rounding."""
    if height.log:
        axes.set_yscale("log")
    axes.set_ylim(height.low, height.high)
    if height.log:
        in_decades(axes.yaxis, height.bottom)
    elif max(abs(height.low), abs(height.high)) >= 1e5:
        axes.yaxis.set_major_formatter(FuncFormatter(plain))
    if height.bottom is not None:
        axes.axhline(height.bottom, color="#B0B0B0", lw=0.8, zorder=1)
