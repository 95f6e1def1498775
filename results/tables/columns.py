"""The words of every cell of the table, before anybody decides how wide it may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gradparity.results.records.record import Cell, Run, label
from gradparity.results.records.statuses import RIGHT
from gradparity.results.times import statistics
from gradparity.results.times.reference import Key, case
from gradparity.results.times.row import Row, rows
from gradparity.results.words import wording
from gradparity.results.words.wording import NONE


@dataclass(frozen=True, slots=True)
class Line:
    """One row in words. best: whether it is the fastest of its group, or ties with it.

    row: the figures that the words are of.
    """

    words: dict[str, str]
    best: bool
    failed: bool
    row: Row


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one problem and size under one operator and setting; times share their units."""

    problem: str
    size: str
    parameters: str
    setting: str
    lines: list[Line]


def groups(run: Run, cells: Sequence[Cell]) -> list[Group]:
    """Return the run's groups, all of one setting together, otherwise in the order of the cells."""
    members: dict[Key, list[tuple[Cell, Row]]] = {}
    for cell, row in zip(cells, rows(run, cells), strict=True):
        members.setdefault(case(cell), []).append((cell, row))
    settings = list(dict.fromkeys(group[0][0].setting for group in members.values()))
    ordered = sorted(members.values(), key=lambda group: settings.index(group[0][0].setting))
    return [_group([cell for cell, _ in group], [row for _, row in group]) for group in ordered]


def _group(cells: list[Cell], found: list[Row]) -> Group:
    first = cells[0]
    best = statistics.fastest([cell.samples for cell in cells])
    units = {
        "median_s": wording.unit(row.median_s for row in found if row.median_s is not None),
        "prepare_s": _unit(row.prepare_s for row in found),
        "first_s": _unit(row.first_s for row in found),
    }
    lines = [_line(row, units, i in best) for i, row in enumerate(found)]
    return Group(
        problem=wording.printable(first.problem),
        size=wording.printable(first.size),
        parameters=f"{max(cell.parameters for cell in cells):,}",
        setting=first.setting,
        lines=lines,
    )


def _unit(seconds: Iterable[float | None]) -> tuple[str, float]:
    # A compilation takes thousands of times longer than none: the long ones decide.
    return wording.unit((time for time in seconds if time is not None), largest=True)


def _line(row: Row, units: dict[str, tuple[str, float]], best: bool) -> Line:
    status = wording.status(row.status)
    words = {
        "problem": wording.printable(row.problem),
        "size": wording.printable(row.size),
        "backend": wording.printable(label(row.backend, row.variant)),
        "parameters": f"{row.parameters:,}",
        "error": wording.error(row.max_error),
        "prepare": wording.time(row.prepare_s, units["prepare_s"]),
        "first call": wording.time(row.first_s, units["first_s"]),
        "status": status,
        "reason": wording.printable(row.reason),
    }
    words |= _times(row, units["median_s"], status) | _ratios(row)
    cores = row.cpu_per_wall
    words["cpu/wall"] = NONE if cores is None else f"{cores:.2f}"
    return Line(words, best, row.status not in RIGHT, row)


def _times(row: Row, of: tuple[str, float], status: str) -> dict[str, str]:
    median, low, high = row.median_s, row.low_s, row.high_s
    if median is None or low is None or high is None:
        return {"median": "not timed" if status == "ok" else status, "interval": NONE, "±": NONE}
    # A single sample has no interval, and a zero-width one would claim certainty.
    one = len(row.samples) < 2
    return {
        "median": wording.time(median, of, wording.digits(median, low, high)),
        "interval": NONE if one else wording.time_between(median, low, high, of),
        "±": NONE if one else wording.plus_minus(median, low, high),
    }


def _ratios(row: Row) -> dict[str, str]:
    value, low, high = row.ratio, row.ratio_low, row.ratio_high
    if value is None or low is None or high is None:
        return {"ratio": NONE, "ratio interval": NONE}
    one = len(row.samples) < 2
    return {
        "ratio": wording.ratio(value, low, high),
        "ratio interval": NONE if one else wording.ratio_between(value, low, high),
    }
