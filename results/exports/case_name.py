"""One name per cell, the same in every export and every run."""

from __future__ import annotations

from gradparity.results.records.record import Cell, label
from gradparity.results.tables.columns import setting


def case_name(cell: Cell) -> str:
    """Return "rosenbrock tiny (gradient, float64, cpu, 1 thread)"."""
    return f"{cell.problem} {cell.size} ({setting(cell)})"


def cell_name(cell: Cell) -> str:
    """Return "rosenbrock tiny (gradient, float64, cpu, 1 thread): torch (idiomatic)"."""
    return f"{case_name(cell)}: {label(cell.backend, cell.variant)}"
