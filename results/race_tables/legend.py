"""What stands under a race's sheets: what its figures mean, and what failed why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradparity.results.race_tables.endings import failures
from gradparity.results.races.arrivals import too_slow
from gradparity.results.races.race import Contest
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.words.display import printable


def legend(
    run: Run, descents: Sequence[Descent], contests: Sequence[Contest], all_rates: bool = False
) -> list[str]:
    """Return the lines under the sheets. all_rates: whether these show them all."""
    lines = []
    if run.status != "finished":
        lines.append(f"run {run.id}: {run.status}; these are the descents stored so far")
    if not descents:
        return [*lines, "no descent is stored"]
    if any(contest.seeds > 1 for contest in contests):
        lines.append(
            "Medians over seeds [first and third quartile]; a descent that never gets there, "
            "or fails, counts as infinitely bad."
        )
    lines.append(
        "f0: the loss at the start. never: not within its steps. per step: by which factor f - f* "
        "shrank, or the gradient's norm where f* is unknown or far, over the second half."
    )
    if any(contest.entrants < len(contest.standings) for contest in contests):
        lines.append(
            "Best rate: the lowest loss at the end; if that is f* to rounding, the fewest steps to "
            "1e-7. Good rates: around the best, those that get within a tenth of the way it goes "
            "(in decades, above a known minimum)."
        )
    lines += _tuning(contests)
    averaged = dict.fromkeys(d.optimizer for d in descents if d.options.get("average"))
    if averaged:
        lines.append(
            f"average: losses, held-out losses, norms and targets of {', '.join(averaged)} are of "
            "the average of the iterates, from which no step is made."
        )
    lines += [line for contest in contests for line in _slow(contest)]
    if any(contest.batch is not None for contest in contests):
        lines.append(
            "With batches, targets are held against the loss of each step's batch, which is noisy; "
            "the final loss is that of all cases."
        )
    began = [d.history for d in descents if d.history is not None]
    taken = [s for c in contests for standing in c.standings for s in standing.seconds or ()]
    if began and all(history.seconds is None for history in began):
        lines.append("No wall time: the descents ran side by side.")
    elif any(math.isfinite(s.median) for s in taken):
        norms = any(history.norms for history in began)
        also = ", the norms of the gradient included (--no-norms leaves them out)" * norms
        lines.append(f"Wall time is that of the steps alone{also}.")
    if contests and not all_rates:
        lines.append(f"Every rate and every τ: gradparity show {run.id} --all-rates")
    return [*lines, *failures(descents)]


def _slow(contest: Contest) -> list[str]:
    """Say where the best rate was too small for the way that the budget had to be enough for."""
    everything = [descent for line in contest.standings for descent in line.descents]
    lost = {id(one.descent): one for one in too_slow(everything)}
    found = []
    for line in contest.standings:
        mine = [lost[id(descent)] for descent in line.descents if id(descent) in lost]
        if not line.best or not mine:
            continue
        one = sorted(mine, key=lambda one: one.needed)[len(mine) // 2]
        who = printable(f"{line.first.optimizer} on {contest.problem}")
        found.append(
            f"{who} moves about η = {one.rate:.3g} a step: "
            f"{one.distance:.3g} away needs {one.needed:,} steps, the budget was {one.steps:,}."
        )
    return found


def _tuning(contests: Sequence[Contest]) -> list[str]:
    """Say what tuning is, and whose best lies at the edge of what was tried."""
    tuned = [(c, line) for c in contests for line in c.standings if line.tuned is not None]
    if not tuned:
        return []
    evaluations = sum(line.tuned.evaluations for _, line in tuned if line.tuned)
    lines = [f"Tuning: evaluations that finding the setting took, {evaluations:,} in all."]
    edges = [
        printable(f"{line.first.optimizer} on {contest.problem} ({', '.join(line.tuned.edges)})")
        for contest, line in tuned
        if line.tuned and line.tuned.edges
    ]
    if edges:
        more = f" and {len(edges) - 6} more" if len(edges) > 6 else ""
        lines.append(
            f"Best at the edge of what was tried, extend it: {'; '.join(edges[:6])}{more}."
        )
    return lines
