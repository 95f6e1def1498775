"""Whom ratios refer to: the run's reference, or who stands in where that has no time."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.records.record import Cell, Run

Key = tuple[str | int, ...]


def case(cell: Cell) -> Key:
    """Return what cells must share to be compared: problem, size, operator, setting, machine."""
    where = cell.machine or ""
    return (cell.problem, cell.size, cell.operator, cell.dtype, cell.device, cell.threads, where)


def overall(run: Run, cells: Sequence[Cell]) -> str:
    """Name the backend that ratios refer to wherever it was timed.

    It is the run's reference; if that has no time at all, the next backend in order that has.
    """
    timed = [cell.backend for cell in cells if _may_stand_in(cell)]
    return run.reference if run.reference in timed or not timed else timed[0]


def references(run: Run, cells: Sequence[Cell]) -> dict[Key, Cell]:
    """Return the cell that the ratios of each case refer to; a case without times has none.

    It is the first cell of `overall`, or of the next backend in order that was timed there.
    """
    name = overall(run, cells)
    found: dict[Key, Cell] = {}
    for cell in cells:
        held = found.get(case(cell))
        if _may_stand_in(cell) and (held is None or cell.backend == name != held.backend):
            found[case(cell)] = cell
    return found


def stand_ins(run: Run, cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Return who stands in for the run's reference, each with the cells that ratios refer to."""
    found: dict[str, list[Cell]] = {}
    for cell in references(run, cells).values():
        if cell.backend != run.reference:
            found.setdefault(cell.backend, []).append(cell)
    return found


def _may_stand_in(cell: Cell) -> bool:
    return bool(cell.samples) and cell.variant != "idiomatic"
