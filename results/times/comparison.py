"""Two stored runs side by side: what differs between them, and every cell that either has.

Runs at different times drift: a machine that is warmer, or busier, shifts all rows. What is found
here is a hint; the paired way to ask "did this change slow it down?" is `gradparity gate`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Cell, Run
from gradparity.results.records.statuses import RIGHT
from gradparity.results.times import statistics
from gradparity.results.times.reference import Key

NOTE = (
    "These runs were made at different times, and machines drift: a difference may be the "
    "machine's. `gradparity gate` samples both versions in turn, in the same seconds."
)

SETTING = ("dtype", "device", "threads")
_NAMED = ("problem", "size", "backend", "variant", "operator")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in which two runs differ. blocks: times are then not comparable."""

    what: str
    before: str
    after: str
    blocks: bool

    def line(self) -> str:
        """Return "numpy: 2.1.0 before, 2.2.0 after"."""
        return f"{self.what}: {self.before} before, {self.after} after"


@dataclass(frozen=True, slots=True)
class Side:
    """A cell as one of the two runs has it; status and reason are None where it has not.

    s, low_s, high_s: seconds per call, and the ends of the interval; None if it was not timed.
    rounds: how many values that rests on.
    """

    status: str | None
    reason: str | None
    s: float | None
    low_s: float | None
    high_s: float | None
    rounds: int


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A cell of both runs, or of either.

    problem to threads: as in `Cell`. change: "slower", "faster", "tie" (the ratio's interval holds
        1), "new", "gone", "not timed", or the statuses where they differ ("ok, then crashed") or
        leave nothing to time ("crashed").
    ratio, ratio_low, ratio_high: time after over time before, with its interval for independent
        samples (`statistics.independent_ratio`). ratio_level: which that interval has, 0 to 1.
    """

    problem: str
    size: str
    backend: str
    variant: str
    operator: str
    dtype: str
    device: str
    threads: int
    change: str
    before: Side
    after: Side
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    ratio_level: float | None

    def columns(self) -> dict[str, Any]:
        """Return every figure by its column's name, in order: "before_s", "after_s", "ratio"."""
        return {name: read(self) for name, read in COLUMNS.items()}


_PATHS = [
    path
    for field in fields(ComparedRow)
    for path in (
        [f"{field.name}.{part.name}" for part in fields(Side)]
        if field.type == "Side"
        else [field.name]
    )
]
COLUMNS = {path.replace(".", "_"): attrgetter(path) for path in _PATHS}
"""The columns of a file, in order, each with what reads it off a row."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs. rows: see `compare`; differences: everything in which the runs differ."""

    before: Run
    after: Run
    differences: tuple[Difference, ...]
    rows: tuple[ComparedRow, ...]

    @property
    def blocking(self) -> tuple[Difference, ...]:
        """The differences for which times are not comparable."""
        return tuple(found for found in self.differences if found.blocks)


def compare(
    before: Run, cells_before: Sequence[Cell], after: Run, cells_after: Sequence[Cell]
) -> Comparison:
    """Return both runs' cells in one row each, matched by everything that names a cell.

    Rows are those of `after` in its order, then those that only `before` has.

    A dtype, device or number of threads that is one thing throughout `before` and another
    throughout `after` does not keep rows from matching: it is among the differences, which block.
    """
    crossed = _crossed(cells_before, cells_after)
    old = {_key(cell, crossed): cell for cell in cells_before}
    new = {_key(cell, crossed): cell for cell in cells_after}
    keys = [*new, *(key for key in old if key not in new)]
    rows = tuple(_rows([(old.get(key), new.get(key)) for key in keys]))
    found = (*_settings(cells_before, cells_after), *_environments(before, after))
    return Comparison(before, after, found, rows)


def _key(cell: Cell, crossed: Sequence[str]) -> Key:
    return tuple(getattr(cell, name) for name in (*_NAMED, *SETTING) if name not in crossed)


def _values(cells: Sequence[Cell], name: str) -> list[str]:
    return sorted({str(getattr(cell, name)) for cell in cells})


def _crossed(before: Sequence[Cell], after: Sequence[Cell]) -> list[str]:
    """Return the settings that are constant in each run, and different."""
    return [
        name
        for name in SETTING
        if len(_values(before, name)) == len(_values(after, name)) == 1
        and _values(before, name) != _values(after, name)
    ]


def _settings(before: Sequence[Cell], after: Sequence[Cell]) -> list[Difference]:
    """Return the settings that differ; those of which both runs have some do not block."""
    found = []
    for name in SETTING:
        old, new = _values(before, name), _values(after, name)
        if old and new and old != new:
            apart = not set(old) & set(new)
            found.append(Difference(name, " ".join(old), " ".join(new), apart))
    return found


def _environments(before: Run, after: Run) -> list[Difference]:
    old, new = _facts(before), _facts(after)
    return [
        Difference(name, old.get(name, "unknown"), new.get(name, "unknown"), name not in _HARMLESS)
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


# gradparity's own version is what one may want to compare.
_HARMLESS = ("gradparity", "commit", "os", "seed", "affinity")


def _facts(run: Run) -> dict[str, str]:
    """Return what makes times comparable, in words, without what the run does not tell."""
    environment = run.environment
    found: dict[str, Any] = {
        "CPU": environment.cpu,
        "cores": environment.cores,
        "python": environment.python,
        **environment.versions,
        "BLAS": _blas(environment.blas),
        "os": environment.os,
        "affinity": list(environment.affinity) or None,
        "commit": _commit(environment),
        "seed": run.options.get("seed"),
    }
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def _blas(pools: Sequence[dict[str, Any]]) -> str:
    names = {f"{pool.get('internal_api')} {pool.get('version') or ''}".strip() for pool in pools}
    return ", ".join(sorted(names))


def _commit(environment: Environment) -> str | None:
    commit = environment.commit
    return f"{commit[:12]}, changed" if commit and environment.dirty else commit


def _rows(pairs: Sequence[tuple[Cell | None, Cell | None]]) -> Iterator[ComparedRow]:
    """Yield a row for each pair, all statistics in one go."""
    sides = [[cell.samples if cell else () for cell in pair] for pair in pairs]
    ratios = statistics.independent_ratios([(new, old) for old, new in sides])
    times = statistics.times([samples for pair in sides for samples in pair])
    for i, ((old, new), ratio) in enumerate(zip(pairs, ratios, strict=True)):
        cell = new or old
        assert cell is not None
        yield ComparedRow(
            **{name: getattr(cell, name) for name in (*_NAMED, *SETTING)},
            change=_change(old, new, ratio),
            before=_side(old, times[2 * i]),
            after=_side(new, times[2 * i + 1]),
            ratio=ratio.estimate if ratio else None,
            ratio_low=ratio.low if ratio else None,
            ratio_high=ratio.high if ratio else None,
            ratio_level=ratio.level if ratio else None,
        )


def _side(cell: Cell | None, time: statistics.Interval | None) -> Side:
    status, reason = (cell.status, cell.reason) if cell else (None, None)
    if time is None:
        return Side(status, reason, None, None, None, 0)
    return Side(status, reason, time.estimate, time.low, time.high, time.rounds)


def _change(old: Cell | None, new: Cell | None, ratio: statistics.Interval | None) -> str:
    if old is None or new is None:
        return "gone" if new is None else "new"
    if old.status != new.status:
        return f"{old.status}, then {new.status}"
    if ratio is None:
        return "not timed" if new.status in RIGHT else new.status
    if ratio.low <= 1.0 <= ratio.high:
        return "tie"
    return "slower" if ratio.estimate > 1.0 else "faster"


def counts(rows: Sequence[ComparedRow]) -> dict[str, int]:
    """Return how many rows changed in which way, the commonest words first."""
    order = ("slower", "faster", "tie", "not timed", "new", "gone")
    found: dict[str, int] = dict.fromkeys(order, 0)
    for row in rows:
        found[row.change] = found.get(row.change, 0) + 1
    return {word: count for word, count in found.items() if count}


def mean_ratio(rows: Sequence[ComparedRow]) -> float | None:
    """Return the geometric mean of the ratios, after over before; None without one."""
    logs = [math.log(row.ratio) for row in rows if row.ratio is not None]
    return math.exp(math.fsum(logs) / len(logs)) if logs else None
