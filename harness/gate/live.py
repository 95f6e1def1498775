"""`gate --against`: base and head in one run: gradients first, then times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np

from gradparity.harness.gate.bench import Bench, Say
from gradparity.harness.gate.clock import Clock
from gradparity.harness.gate.confirmation import confirm
from gradparity.harness.gate.effort import Effort, check
from gradparity.harness.gate.gradients import judged
from gradparity.harness.gate.row import GateRow, exit_code
from gradparity.harness.gate.screening import screen
from gradparity.harness.gate.sides import sides
from gradparity.harness.planning.plan import Plan
from gradparity.harness.planning.possible import check_possible
from gradparity.harness.processes import environment
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.results.records.environment import Identity


@dataclass(frozen=True, slots=True)
class Gated:
    """What a gate found. against: a commit or a file. notes: for under the table.

    seconds: of wall time, for judging, for preparing and sampling, and in all. Judging is without
    the preparing that it waits for.
    """

    against: str
    rows: tuple[GateRow, ...]
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    environment: Identity = field(default_factory=Identity)

    def exit_code(self, strict: bool = False) -> int:
        """0 good, 1 regression, 3 wrong gradient, 4 something did not finish."""
        return exit_code(self.rows, strict)


def gate(
    plan: Plan,
    against: str,
    effort: Effort | None = None,
    say: Say = lambda _: None,
    head: str | None = None,
) -> Gated:
    """Base, the commit `against`, and head, the working tree, on the same subjects.

    say: told how far it is. head: a commit in place of the working tree. Raises InputError.
    """
    effort = check(effort or Effort())
    clock = Clock(effort.total_s)
    check_possible(plan)
    options = plan.options
    cores = environment.timing_cores(options.threads)
    limits = Limits(cores, options.timeout_s, options.memory_gib, clock.cut)
    with sides(against, plan.files, head) as found, temporary_folder() as folder:
        for remark in found.remarks:
            say(remark)
        say(f"base is {found.commit.label}; judging {len(plan.workloads)} workloads")
        in_time = replace(limits, until=clock.end)
        gradients = judged(plan, found, in_time, folder, effort.margin)
        trials = gradients.trials
        judged_s = clock.spent_s()
        rng = np.random.default_rng(plan.options.seed)
        bench = Bench(found, limits, effort, rng, say, clock)
        screen(bench, trials)
        confirm(bench, trials)
    seconds = {
        "judging": judged_s - gradients.preparing_s,
        "preparing and sampling": gradients.preparing_s + bench.busy_s,
        "all": clock.spent_s(),
    }
    rows = tuple(replace(trial.row, file=found.named(trial.row.file)) for trial in trials)
    return Gated(
        against=found.commit.label,
        rows=rows,
        notes=(*found.remarks, *_notes(rows), _spent(seconds)),
        seconds={name: round(value, 1) for name, value in seconds.items()},
        environment=environment.identity(plan.files),
    )


def _spent(seconds: dict[str, float]) -> str:
    share = seconds["preparing and sampling"] / seconds["all"]
    return f"time: {seconds['all']:.0f} s, {share:.0%} of it preparing and sampling"


def _notes(rows: Sequence[GateRow]) -> list[str]:
    """What a reader should know of the whole: the noise, and if there was nothing to compare."""
    unjudged = sum(row.unjudged for row in rows)
    notes = []
    if unjudged:
        notes.append(
            f"not judged: {unjudged} of {len(rows)} gradients; the gate's time was spent, "
            "--total-seconds gives it more"
        )
    floors = {row.label: row.change.floor for row in rows if row.change is not None}
    if not floors:
        return [*notes, *(["no row was timed against base"] if rows else [])]
    worst = max(floors, key=floors.__getitem__)
    return [
        *notes,
        f"noise: two copies of head differed by {median(floors.values()):.1%} (median of "
        f"{len(floors)} rows), at most {floors[worst]:.1%} ({worst})",
    ]
