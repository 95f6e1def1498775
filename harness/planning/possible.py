"""Whether anything of a plan can be answered here, asked before a worker is started."""

from __future__ import annotations

from gradparity.backends import Backend, DeviceBackend, ProbingBackend
from gradparity.backends.catalogue import load
from gradparity.harness.planning.plan import Plan
from gradparity.problems import InputError, Problem


def why_skipped(
    backend: Backend, problem: Problem, operator: str, device: str
) -> tuple[str, str] | None:
    """Why a backend does not answer, as ("unavailable" or "unsupported", reason); None if it may.

    Raises InputError for a backend that cannot be asked.
    """
    for status, reason in (
        ("unavailable", backend.unavailable()),
        ("unavailable", _elsewhere(backend, device)),
        ("unsupported", backend.unsupported(problem, operator)),
    ):
        if reason is not None:
            return status, reason
    return None


def check_possible(plan: Plan) -> None:
    """Raise InputError, one line with every reason, if nobody can answer anything of a plan."""
    reasons: dict[str, list[str]] = {}
    for workload in plan.workloads:
        for subject in plan.subjects(workload):
            skipped = why_skipped(
                load(subject.source), workload.problem, workload.operator, workload.setting.device
            )
            if skipped is None:
                return
            names = reasons.setdefault(skipped[1], [])
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


def _elsewhere(backend: Backend, device: str) -> str | None:
    """Why a backend does not compute on this device; None if it does."""
    devices = backend.devices if isinstance(backend, DeviceBackend) else ("cpu",)
    if device in devices:
        # The CPU is always there, and asking would import the library.
        if device != "cpu" and isinstance(backend, ProbingBackend):
            return backend.absent(device)
        return None
    return f"{backend.name} computes on {' or '.join(devices)} alone"
