"""One gradient, every backend side by side: array by array, and each against each.

Workers call what the user wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gradparity.harness.findings.part import Part
from gradparity.harness.messages.judged import (
    AnsweredSubject,
    AnswersApart,
    AnswerSubject,
    CompareAnswers,
    ComparedAnswers,
)
from gradparity.harness.planning.plan import Plan, Workload
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.terminal.console import say, write_json, write_rows
from gradparity.problems import InputError


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One workload.

    missing: backend -> why it has no answer; broken: those of them that raise, end, crash or never
    end.
    """

    workload: Workload
    found: ComparedAnswers
    missing: dict[str, str]
    broken: frozenset[str]


def side_by_side(plan: Plan, workload: Workload, worker: WorkerProcess) -> SideBySide:
    """Return what every subject of a workload answers in its dtype, compared.

    Raises InputError if the truth cannot be had.
    """
    files: dict[str, str] = {}
    missing: dict[str, str] = {}
    broken = set()
    with temporary_folder() as folder:
        for number, subject in enumerate(plan.subjects(workload)):
            spec, skipped = plan.spec(workload, subject), workload.skipped.get(subject.backend)
            if spec.low and skipped is not None:
                missing[subject.label] = skipped.reason
                continue
            file = str(folder / f"{number}.npz")
            try:
                answer = worker.request(AnswerSubject(spec, file))
            except WorkerFailure as failure:
                answer = AnsweredSubject("error", failure.reason)
            if answer.status == "ok":
                files[subject.label] = file
                continue
            missing[subject.label] = answer.reason
            if answer.status == "error":
                broken.add(subject.label)
        try:
            dtype = workload.setting.dtype
            found = worker.request(CompareAnswers(plan.question(workload), files, dtype))
        except WorkerFailure as failure:
            raise InputError(f"{workload.problem.name}: {failure.reason}") from None
    return SideBySide(workload, found, missing, frozenset(broken))


def write_gradients(found: Sequence[SideBySide], form: str) -> None:
    """Print them: one table of arrays and one of pairs for each; json is one document."""
    if form == "json":
        write_json([_plain(one) for one in found])
        return
    for one in found:
        w = one.workload
        dtype = w.setting.dtype
        if form == "table":
            say(f"{w.problem.name} {w.size}, {w.operator}, {dtype}; {one.found.oracle}")
        write_rows([_array_row(x.whose, x.part) for x in one.found.arrays], form)
        write_rows([_pair_row(pair) for pair in one.found.pairs], form)
        if form == "table":
            for who, why in one.missing.items():
                say(f"{who}: {why}")
            say(
                f"u: error in eps of {dtype}, relative to the number and what rounding does to it; "
                f"right is u <= {one.found.bound:.3g}. cosine: to the oracle."
            )


def _array_row(who: str, part: Part) -> dict[str, str]:
    return {
        "array": part.name or "value",
        "backend": who,
        "norm": f"{part.norm:.6g}",
        "largest u": f"{part.u:.2g}",
        "1 - cosine": f"{max(0.0, 1 - part.cosine):.1e}" if part.cosine == part.cosine else "-",
        "worst at": part.worst,
    }


def _pair_row(pair: AnswersApart) -> dict[str, str]:
    return {
        "array": pair.array or "value",
        "between": f"{pair.first}, {pair.second}",
        "largest u": f"{pair.u:.2g}",
        "at": pair.worst,
    }


def _plain(one: SideBySide) -> dict[str, Any]:
    w = one.workload
    return {
        "problem": w.problem.name,
        "size": w.size,
        "operator": w.operator,
        "dtype": w.setting.dtype,
        "oracle": one.found.oracle,
        "bound": one.found.bound,
        "arrays": [{"backend": x.whose, **asdict(x.part)} for x in one.found.arrays],
        "pairs": [asdict(pair) for pair in one.found.pairs],
        "missing": one.missing,
    }


def gradients(plan: Plan, form: str) -> bool:
    """The verb: everything in the plan, side by side; return whether no answer is broken."""
    if any(w.operator == "value" for w in plan.workloads):
        raise InputError("value has no gradient; use --operator gradient")
    options = plan.options
    limits = Limits(allowed_cores(), options.timeout_s, options.memory_gib)
    worker = WorkerProcess("numpy", limits, heard=True, threads=1)
    try:
        found = [side_by_side(plan, workload, worker) for workload in plan.workloads]
    finally:
        worker.end()
    write_gradients(found, form)
    return not any(one.broken for one in found)
