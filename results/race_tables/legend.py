"""What stands under a race's sheets: what its figures mean, and what failed why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradparity.results.race_tables.endings import failures
from gradparity.results.races.race import Contest
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run


def legend(run: Run, descents: Sequence[Descent], contests: Sequence[Contest]) -> list[str]:
    """Return the lines under the sheets."""
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
    return [*lines, *failures(descents)]


def _tuning(contests: Sequence[Contest]) -> list[str]:
    """Say what tuning is, and whose best lies at the edge of what was tried."""
    tuned = [(c, line) for c in contests for line in c.standings if line.tuned is not None]
    if not tuned:
        return []
    evaluations = sum(line.tuned.evaluations for _, line in tuned if line.tuned)
    lines = [f"Tuning: evaluations that finding the setting took, {evaluations:,} in all."]
    edges = [
        f"{line.first.optimizer} on {contest.problem} ({', '.join(line.tuned.edges)})"
        for contest, line in tuned
        if line.tuned and line.tuned.edges
    ]
    if edges:
        more = f" and {len(edges) - 6} more" if len(edges) > 6 else ""
        lines.append(
            f"Best at the edge of what was tried, extend it: {'; '.join(edges[:6])}{more}."
        )
    return lines
