"""One name per cell, the same in every export and every run."""

from __future__ import annotations

from gradparity.results.records.record import Cell


def case_name(cell: Cell) -> str:
    """Return "rosenbrock tiny (gradient, float64, cpu, 1 thread)"."""
    return f"{cell.problem} {cell.size} ({cell.setting})"


def cell_name(cell: Cell) -> str:
    """Return "rosenbrock tiny (gradient, float64, cpu, 1 thread): torch (idiomatic)"."""
    return f"{case_name(cell)}: {cell.label}"
