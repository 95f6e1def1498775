"""Whether anything of a plan can be answered here, asked before a worker is started."""

from __future__ import annotations

from gradparity.harness.planning.plan import Plan
from gradparity.problems import InputError


def check_possible(plan: Plan) -> None:
    """Raise InputError, one line with every reason, if nobody can answer anything of a plan."""
    reasons: dict[str, list[str]] = {}
    for workload in plan.workloads:
        for subject in plan.subjects(workload):
            skipped = workload.skipped.get(subject.backend)
            if skipped is None:
                return
            names = reasons.setdefault(skipped.reason, [])
            if subject.backend not in names:
                names.append(subject.backend)
    if reasons:
        told = [_reason(why, who) for why, who in list(reasons.items())[:MOST]]
        more = f"; and {len(reasons) - MOST} reasons more" if len(reasons) > MOST else ""
        raise InputError(f"nothing of this can run here: {'; '.join(told)}{more}")


MOST = 6
"""Reasons that are told."""


def _reason(why: str, who: list[str]) -> str:
    return why if why.startswith(f"{who[0]} ") and len(who) == 1 else f"{', '.join(who)}: {why}"
