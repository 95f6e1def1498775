"""What a report is made of: stored runs, and what lies beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradparity.problems import InputError
from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.columns import Group, groups

if TYPE_CHECKING:
    from gradparity.harness.conventions.atlas import Atlas
    from gradparity.harness.history.record import CommitHistory
    from gradparity.results.store.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class TimedRun:
    """A run of verdicts and times; groups: its rows in words, as `show` has them."""

    run: Run
    cells: Sequence[Cell]
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True, eq=False)
class RacedRun:
    """A run of training. descents: all, trials of tuning among them."""

    run: Run
    descents: Sequence[Descent]


@dataclass(frozen=True, slots=True, eq=False)
class ExploredRun:
    """A run on the course's claims."""

    run: Run
    findings: Sequence[ClaimFinding]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All of it.

    gate: (against, rows), as `gate --format json` writes them. solids: with surfaces in 3-D.

    teach: whether the course is in the report. history: of times over commits.
    """

    timed: Sequence[TimedRun] = ()
    raced: Sequence[RacedRun] = ()
    explored: Sequence[ExploredRun] = ()
    gate: tuple[str, Sequence[dict[str, Any]]] | None = None
    atlas: Atlas | None = None
    solids: bool = False
    teach: bool = False
    history: CommitHistory | None = None

    @property
    def runs(self) -> list[Run]:
        """All runs, those of times first, then races, then claims."""
        return [one.run for some in (self.timed, self.raced, self.explored) for one in some]


def gathered(
    store: Store,
    wanted: Sequence[str | None],
    gate: Path | None = None,
    solids: bool = False,
    history: Path | None = None,
) -> Material:
    """Return the runs that are wanted (None: the newest), with the newest atlas of conventions.

    gate: a file of `gate --format json`; history: one of the verb `history`, else the one that lies
    where that verb keeps it, if there is one. Raises StoreError for a run that does not exist,
    InputError for a file that is no gate's or history's, and for runs with nothing in them.
    """
    from gradparity.harness.history.file import known_history
    from gradparity.harness.report.material.gate_file import read_gate

    found = {run.id: run for run in (store.find(one) for one in wanted)}
    timed, raced, explored = [], [], []
    for run in found.values():
        if run.kind == "train":
            raced.append(RacedRun(run, store.descents(run.id)))
        elif run.kind == "claims":
            by_number = sorted(store.findings(run.id), key=lambda one: one.number)
            explored.append(ExploredRun(run, by_number))
        else:
            cells = store.cells(run.id)
            timed.append(TimedRun(run, cells, groups(run, cells)))
    empty = [one.run.id for one in timed if not one.cells]
    empty += [one.run.id for one in raced if not one.descents]
    empty += [one.run.id for one in explored if not one.findings]
    if len(empty) == len(found):
        raise InputError(f"run {', '.join(empty)} has no results to show; gradparity show --all")
    return Material(
        [one for one in timed if one.cells],
        [one for one in raced if one.descents],
        [one for one in explored if one.findings],
        read_gate(gate) if gate else None,
        _atlas(),
        solids,
        history=known_history(history),
    )


def _atlas() -> Atlas | None:
    from gradparity.harness.conventions.files import load, stored

    paths = sorted(stored().values(), key=lambda path: path.stat().st_mtime)
    return load(paths[-1]) if paths else None
