"""What a baseline is made of: a run, with a ratio and the counters of every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gradparity.harness.planning.plan import Plan
from gradparity.harness.planning.possible import check_possible
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.timing.execution import execute
from gradparity.results.records.record import Cell, Run
from gradparity.results.records.statuses import exit_code
from gradparity.results.store.store import open_store
from gradparity.results.times import statistics

PROCESSES = 4
"""Of every subject: a ratio that is to be kept must not be that of two lucky processes."""


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A row: its verdict, its time over the reference's (estimate, low, high), its counters."""

    verdict: str
    ratio: tuple[float, float, float] | None
    counters: dict[str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished run: its cells by key, the counters and the row of each, in order."""

    run: Run
    cells: dict[str, Cell]
    rows: dict[str, SavedRow]
    floors: dict[str, float]

    @property
    def exit_code(self) -> int:
        """As `gradparity run`."""
        return exit_code((cell.status for cell in self.cells.values()), self.run.status)


def measured(
    plan: Plan, say: Callable[[str], None] = lambda _: None, until: float | None = None
) -> Measured:
    """Run a plan: verdicts, ratios, counters.

    until: when all must be done, by `monotonic`; a cell that is not is "inconclusive".
    Ctrl-C raises KeyboardInterrupt; a plan of which nothing can run here, InputError.
    """
    check_possible(plan)
    options = replace(plan.options, processes=PROCESSES, precision=0.01, extra_s=1.0, counters=True)
    plan = replace(plan, options=options)
    say(f"measuring {len(plan.workloads)} workloads")
    with temporary_folder() as folder, open_store(folder / "run.db") as store:
        outcome = execute(plan, store, Progress(), until=until)
    if outcome.run.status == "interrupted":
        raise KeyboardInterrupt
    every = iter(outcome.cells)
    subjects = [(w, subject, next(every)) for w in plan.workloads for subject in plan.subjects(w)]
    references = {
        id(workload): cell
        for workload, subject, cell in subjects
        if subject == plan.reference_of(workload)
    }
    cells, rows, floors = {}, {}, {}
    for workload, _, cell in subjects:
        key = key_of(cell)
        reference = references[id(workload)]
        ratio = None
        if cell is not reference and cell.samples and reference.samples:
            ratio = statistics.ratio(cell.samples, reference.samples)
        noise = statistics.ratio(reference.control, reference.samples)
        cells[key] = cell
        floors[key] = 0.0 if noise is None else abs(noise.estimate - 1)
        rows[key] = SavedRow(
            cell.status,
            None if ratio is None else (ratio.estimate, ratio.low, ratio.high),
            dict(cell.counters),
        )
    return Measured(outcome.run, cells, rows, floors)


def key_of(cell: Cell) -> str:
    """Under which a row stands in a baseline: "booth tiny gradient float64 torch (idiomatic)"."""
    return f"{cell.problem} {cell.size} {cell.operator} {cell.dtype} {cell.label}"
