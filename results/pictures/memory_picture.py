"""The picture of memory: what a first call adds to a process, against the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gradparity.results.pictures.growth import DrawnPoint, Scale, growth_figure
from gradparity.results.pictures.time_layout import count
from gradparity.results.pictures.time_picture import main_setting
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.records.record import Cell, Run

PAGE = 4096
"""Bytes: what is less is not seen, and stands here."""

UNITS = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


def memory_figure(run: Run, cells: Sequence[Cell]) -> Figure:
    """Return the figure: bytes that a first call took beyond what the process held.

    Raises: NothingToDraw if no cell says what it took.
    """
    chosen = main_setting(cells)
    found = points([cell for cell in cells if cell.setting == chosen])
    if not found:
        raise NothingToDraw("no cell says how much memory its first call took")
    largest = max(found, key=lambda point: point.cell.parameters).cell
    there = [p for p in found if (p.cell.problem, p.cell.size) == (largest.problem, largest.size)]
    there.sort(key=lambda point: point.estimate)
    told = ", ".join(f"{point.cell.label} {in_bytes(point.estimate)}" for point in there[:4])
    title = f"{largest.problem} with {count(largest.parameters)} parameters takes {told}"
    under = (
        f"run {run.id}: {chosen}. What the first call raised the process's memory by; "
        f"less than a page, {PAGE // 1024} KiB, stands there."
    )
    return growth_figure(found, Scale("memory of a call", _ticks), title, under)


def points(cells: Sequence[Cell]) -> list[DrawnPoint]:
    """Return the bytes of each cell that says them, a page at least."""
    return [
        DrawnPoint(cell, *[float(max(cell.peak_bytes, PAGE))] * 3)
        for cell in cells
        if cell.peak_bytes is not None
    ]


def in_bytes(value: float, _: int | None = None) -> str:
    """Write a number of bytes: "4 KiB", "1.5 MiB"."""
    for name, unit in UNITS:
        if value >= 0.9995 * unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f} B"


def _ticks(axis: Any) -> None:
    axis.set_major_locator(LogLocator(base=4, numticks=8))
    axis.set_major_formatter(FuncFormatter(in_bytes))
    axis.set_minor_locator(NullLocator())
