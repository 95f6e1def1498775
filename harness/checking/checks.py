"""`gradparity check`: verdicts alone, without times, in this process.

Every subject answers in float64 and in float32, whatever the plan says of dtypes: the two together
are what a verdict is made of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gradparity.backends import DTYPES, Answer, Setting, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.judging import user_file
from gradparity.harness.judging.answers import malformed
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.explanation import explained
from gradparity.harness.judging.gradient_check import Part, checked
from gradparity.harness.judging.truth import Truth
from gradparity.harness.planning.plan import Plan, Subject, Workload, check_command
from gradparity.problems import InputError
from gradparity.results.records.record import Cell, label
from gradparity.results.records.statuses import RIGHT


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about one subject on one problem, size, seed and operator.

    status: a verdict, or one of `UNANSWERED`. u64, u32: the largest departures in either dtype,
    bound: what they are held against (C); None where there is no answer. finding: the worst number
    in one line, or why there is no verdict. why: the diagnosis. command: shows it again.
    parts: the arrays of the answer beside the truth.
    """

    problem: str
    size: str
    parameters: int
    backend: str
    variant: str
    operator: str
    seed: int
    status: str
    u64: float | None = None
    u32: float | None = None
    bound: float | None = None
    finding: str = ""
    why: str = ""
    oracle: str = ""
    command: str = ""
    file: str | None = None
    parts: tuple[Part, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the verdict is "ok" or "convention"."""
        return self.status in RIGHT

    @property
    def label(self) -> str:
        """For people: "torch (idiomatic)"."""
        return label(self.backend, self.variant)

    def cell(self) -> Cell:
        """The same as the cell of a run, for exports."""
        told = "\n".join(filter(None, (self.finding, self.why, self.command)))
        return Cell(
            *(self.problem, self.size, self.parameters, self.backend, self.variant),
            *(self.operator, "float64 and float32", "cpu", 1, self.status),
            reason="" if self.status == "ok" else told,
            max_error=self.u64,
            bound=self.bound,
            oracle=self.oracle,
        )

    def plain(self) -> dict[str, Any]:
        """The same in JSON's types; what is not finite is None."""
        found = asdict(self)
        found["right"] = self.right
        return {key: _plain(value) for key, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list | tuple) else value


def check_plan(plan: Plan) -> Iterator[Checked]:
    """The verdicts on every subject of every workload, one after the other.

    Raises InputError for a user's file in which something is of the wrong form.
    """
    tried = set()
    for workload in plan.workloads:
        name = workload.problem.name
        if workload.file is not None and name not in tried:
            user_file.check(workload.problem, workload.file, plan.options.seed)
            tried.add(name)
        yield from check_workload(plan, workload)


def check_workload(plan: Plan, workload: Workload) -> Iterator[Checked]:
    """The verdicts on the subjects of one workload."""
    seed = plan.options.seed
    instance = workload.problem.instance(workload.size, seed)
    truth: Truth | None = None
    for subject in plan.subjects(workload):
        known: dict[str, Any] = {
            "problem": workload.problem.name,
            "size": workload.size,
            "parameters": instance.parameters,
            "backend": subject.backend,
            "variant": subject.variant,
            "operator": workload.operator,
            "seed": seed,
            "file": workload.file,
            "command": check_command(workload, subject, seed),
        }
        backend = load(subject.source)
        missing = {
            "unavailable": backend.unavailable(),
            "unsupported": backend.unsupported(workload.problem, workload.operator),
        }
        reasons = [(status, reason) for status, reason in missing.items() if reason is not None]
        if reasons:
            yield Checked(**known, status=reasons[0][0], finding=str(reasons[0][1]))
            continue
        try:
            if truth is None:
                truth = Truth(workload.problem, instance, workload.operator, seed)
            answers = [answered(workload, subject, dtype, seed) for dtype in DTYPES[::-1]]
            yield _judged(known, truth, *answers)
        except Unsupported as error:
            yield Checked(**known, status="unsupported", finding=str(error))
        except Exception as error:
            yield Checked(**known, status="error", finding=_told(error))


def answered(workload: Workload, subject: Subject, dtype: str, seed: int) -> Answer:
    """What a subject answers, prepared at zeros. Raises InputError for one of the wrong form."""
    problem, operator = workload.problem, workload.operator
    if subject.variant == "idiomatic":
        problem = problem.idiomatic_for(subject.backend)
    instance = problem.instance(workload.size, seed)
    with np.errstate(all="ignore"):  # infinities and NaN are answers
        prepared = load(subject.source).prepare(problem, operator, instance.zeros(), Setting(dtype))
        answer = prepared(instance)
    fault = malformed(answer, operator, instance, dtype)
    if fault is not None:
        raise InputError(fault)
    return answer


def _judged(known: dict[str, Any], truth: Truth, wide: Answer, narrow: Answer) -> Checked:
    found = checked(truth, known["backend"], wide, narrow)
    ruling = found.ruling
    return Checked(
        **known,
        status=ruling.status,
        u64=ruling.u64,
        u32=ruling.u32,
        bound=ruling.bound,
        finding="" if ruling.status == "ok" else ruling.line(),
        why=explained(truth, ruling, wide, narrow),
        oracle=truth.oracle,
        parts=found.parts,
    )


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, InputError | Disagreement):
        return text
    return f"{type(error).__name__}: {text}"
