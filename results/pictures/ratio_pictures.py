"""Ratios of times: the gradient over its loss alone, and float64 over float32."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gradparity.results.pictures.growth import DrawnPoint, Scale, growth_figure
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.records.record import Cell, Run
from gradparity.results.times import statistics
from gradparity.results.words.wording import number

CHEAP = 5
"""What the gradient of arithmetic costs at most, in evaluations of it, counted in operations.

Source: W. Baur, V. Strassen, The complexity of partial derivatives, Theor. Comput. Sci. 22, 1983.
"""


def forward_figure(run: Run, cells: Sequence[Cell]) -> Figure:
    """Return the figure: time of the gradient (with its value) over that of the value alone.

    Raises: NothingToDraw if no backend has both.
    """
    dtypes = [cell.dtype for cell in cells if cell.operator == "gradient" and cell.samples]
    dtype = max(dtypes, default="")  # float64 before float32
    found = over(
        [cell for cell in cells if cell.dtype == dtype],
        *("gradient", "value"),
        lambda cell: cell.operator,
    )
    if not found:
        raise NothingToDraw("no backend has times of both gradient and value")
    title = f"A gradient costs so many evaluations of its loss: {_told(found)}"
    under = (
        f"run {run.id}: {dtype}; value and gradient together over the value alone, medians "
        f"measured independently. In arithmetic operations it is {CHEAP} at most."
    )
    return growth_figure(found, Scale("gradient / value", in_ratios, one=True), title, under)


def dtype_figure(run: Run, cells: Sequence[Cell]) -> Figure:
    """Return the figure: time in float64 over time in float32, of the operator with most of both.

    Raises: NothingToDraw if no backend has both.
    """
    each = [
        over([c for c in cells if c.operator == name], "float64", "float32", lambda c: c.dtype)
        for name in sorted({cell.operator for cell in cells}, key=lambda name: name != "gradient")
    ]
    found = max(each, key=len, default=[])
    if not found:
        raise NothingToDraw("no backend has times in both float64 and float32")
    title = f"float64 takes so many times as long as float32: {_told(found)}"
    under = (
        f"run {run.id}: {found[0].cell.operator}; medians measured independently. About 2× where "
        "one waits for memory, 1× where one waits for the call."
    )
    return growth_figure(found, Scale("float64 / float32", in_ratios, one=True), title, under)


def over(
    cells: Sequence[Cell], upper: str, lower: str, which: Callable[[Cell], str]
) -> list[DrawnPoint]:
    """Return the time of each cell of which `which` is `upper` over that of its twin, the `lower`.

    A twin differs in nothing else. The intervals are those of independent samples.
    """
    twins = {_but(cell, which): cell for cell in cells if which(cell) == lower and cell.samples}
    pairs = [
        (cell, twins[_but(cell, which)])
        for cell in cells
        if which(cell) == upper and cell.samples and _but(cell, which) in twins
    ]
    ratios = statistics.independent_ratios([(one.samples, of.samples) for one, of in pairs])
    return [
        DrawnPoint(cell, ratio.estimate, ratio.low, ratio.high)
        for (cell, _), ratio in zip(pairs, ratios, strict=True)
        if ratio is not None
    ]


def _but(cell: Cell, which: Callable[[Cell], str]) -> tuple[Any, ...]:
    """Return the identity of a cell without one of its parts."""
    return tuple(part for part in cell.identity if part != which(cell))


def _told(found: Sequence[DrawnPoint]) -> str:
    """Say "2.1 with numpy, 3.4 with jax": medians over the cases of each, smallest first."""
    by_backend: dict[str, list[float]] = {}
    for point in found:
        by_backend.setdefault(point.cell.label, []).append(math.log(point.estimate))
    medians = {name: math.exp(median(logs)) for name, logs in by_backend.items()}
    ordered = sorted(medians.items(), key=lambda one: one[1])
    parts = [f"{number(value, 2)} with {name}" for name, value in ordered]
    return ", ".join(parts) if len(parts) <= 4 else f"{parts[0]} to {parts[-1]}"


def in_ratios(axis: Any) -> None:
    """Label a logarithmic axis 0.5×, 1×, 2×, 5×, ..."""
    low, high = sorted(axis.get_view_interval())
    bases = (1, 2, 5) if high / low > 4 else (1, 1.2, 1.5, 2, 3, 4, 5, 7)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    axis.set_major_locator(FixedLocator([base * 10.0**power for power in powers for base in bases]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.3g}×"))
    axis.set_minor_locator(NullLocator())
