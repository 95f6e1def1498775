"""How descents ended, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gradparity.results.records.descent import Descent
from gradparity.results.records.statuses import ENDED, UNANSWERED
from gradparity.results.words import wording

NEVER = "never"


def failures(descents: Iterable[Descent]) -> list[str]:
    """Return a line for every reason for which there is no descent, with whose and how many."""
    found = Counter(
        f"{d.backend}, {d.optimizer}, {d.problem} {d.size}: {failure(d)}"
        for d in descents
        if d.status in UNANSWERED
    )
    return [text + (f" ({count} descents)" if count > 1 else "") for text, count in found.items()]


def failure(descent: Descent) -> str:
    """Return why there is no descent: "crashed: signal 9"."""
    reason = wording.printable(descent.reason)
    return reason if reason.startswith(descent.status) else f"{descent.status}: {reason}"


def ended(descents: Sequence[Descent]) -> str:
    """Return how they ended: "7 target, 3 diverged at step 12–40"; "budget" where all did."""
    kinds = Counter(descent.status for descent in descents)
    told = []
    for status, count in kinds.most_common():
        where = ""
        if status in ("diverged", "unbounded"):
            steps = sorted(d.steps for d in descents if d.status == status)
            where = f" at step {_between(steps[0], steps[-1])}"
        number = "" if len(kinds) == 1 else f"{count} "
        told.append(f"{number}{wording.printable(status)}{where}")
    return ", ".join(told)


def missing(descents: Sequence[Descent]) -> str:
    """Return the word for a target that the median descent did not reach."""
    statuses = Counter(descent.status for descent in descents)
    status = statuses.most_common(1)[0][0]
    return status if status in UNANSWERED or status == "diverged" else NEVER


def _between(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def outcome(descent: Descent) -> str:
    """How a descent ended, in words: "target after 154 steps, loss 9.6e-10"."""
    if descent.status not in ENDED:
        return failure(descent)
    loss = "" if descent.final_loss is None else f", loss {descent.final_loss:.3g}"
    return f"{descent.status} after {descent.steps:,} steps{loss}"
