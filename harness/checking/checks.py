"""`gradparity check`: verdicts alone, without times, in this process.

Every subject answers in float64 and in float32, whatever the plan says of dtypes: the two together
are what a verdict is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from gradparity.backends import DTYPES, Answer, Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.findings import words
from gradparity.harness.findings.finding import Finding
from gradparity.harness.judging import gradient_check, user_file
from gradparity.harness.judging.answers import malformed
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.diagnosis.deadline import SECONDS
from gradparity.harness.judging.explanation import diagnosed
from gradparity.harness.judging.gradient_check import Part, checked
from gradparity.harness.judging.truth import Truth
from gradparity.harness.plain.outcome import judged_to
from gradparity.harness.planning.plan import Plan, Subject, Workload, check_command
from gradparity.problems import InputError
from gradparity.results.records.record import Cell, label


@dataclass(frozen=True, slots=True)
class CheckedSubject:
    """What was found out about one subject on one problem, size, seed and operator.

    command: shows it again. status: the verdict, or one of `UNANSWERED`. reason: why there is no
    verdict, "" if there is one. finding: None if there is none. parts: the arrays of the answer
    beside the truth.
    """

    problem: str
    size: str
    parameters: int
    backend: str
    variant: str
    operator: str
    seed: int
    file: str | None
    command: str
    status: str
    reason: str = ""
    finding: Finding | None = None
    parts: tuple[Part, ...] = ()

    @property
    def label(self) -> str:
        """For people: "torch (idiomatic)"."""
        return label(self.backend, self.variant)

    def to(self, accuracy: float | None) -> CheckedSubject:
        """The same, judged by a stated accuracy."""
        if self.finding is None or self.finding.worst is None:
            return self
        found = judged_to(self.finding, accuracy)
        return replace(self, finding=found, status=found.status)

    def told(self) -> tuple[str, str]:
        """Return what is found, or why nothing is, in one line, and what is behind it."""
        if self.finding is None:
            return self.reason, ""
        found = self.finding
        return "" if self.status == "ok" else words.sentence(found), words.why(found)

    def cell(self) -> Cell:
        """The same as the cell of a run, for exports."""
        found = self.finding
        return Cell(
            *(self.problem, self.size, self.parameters, self.backend, self.variant),
            *(self.operator, "float64 and float32", "cpu", 1, self.status),
            reason="" if self.status == "ok" else self.message(),
            max_error=None if found is None else found.u64,
            bound=None if found is None else found.bound,
            oracle="" if found is None else found.oracle,
        )

    def message(self) -> str:
        """Return what is found and the command that shows it again, in lines."""
        return "\n".join(filter(None, (*self.told(), self.command)))

    def document(self) -> dict[str, Any]:
        """The same in JSON's types; what is not finite is None."""
        line, why = self.told()
        nothing = {"u64": None, "u32": None, "bound": None, "oracle": "", "right": False}
        judged = nothing if self.finding is None else words.document(self.finding)
        own: dict[str, Any] = words.plain(asdict(self))
        del own["reason"]
        return own | judged | {"finding": line, "why": why}


def check_plan(plan: Plan, seconds: float = SECONDS) -> Iterator[CheckedSubject]:
    """The verdicts on every subject of every workload, one after the other.

    seconds: how long the cause of a wrong gradient is looked for.
    Raises InputError for a user's file in which something is of the wrong form.
    """
    tried = set()
    for workload in plan.workloads:
        name = workload.problem.name
        if workload.file is not None and name not in tried:
            user_file.check(workload.problem, workload.file, plan.options.seed)
            tried.add(name)
        yield from check_workload(plan, workload, seconds)


def check_workload(
    plan: Plan, workload: Workload, seconds: float = SECONDS
) -> Iterator[CheckedSubject]:
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
            yield CheckedSubject(**known, status=reasons[0][0], reason=str(reasons[0][1]))
            continue
        try:
            if truth is None:
                truth = Truth(workload.problem, instance, workload.operator, seed)
            both = [answered(workload, subject, dtype, seed) for dtype in DTYPES[::-1]]
            found = checked(truth, subject.backend, *both)
            finding = diagnosed(truth, found.finding, *both, seconds=seconds)
            yield CheckedSubject(**known, status=finding.status, finding=finding, parts=found.parts)
        except Unsupported as error:
            yield CheckedSubject(**known, status="unsupported", reason=str(error))
        except Exception as error:
            yield CheckedSubject(**known, status="error", reason=_told(error))


def answered(workload: Workload, subject: Subject, dtype: str, seed: int) -> Answer:
    """What a subject answers, prepared at zeros. Raises InputError for one of the wrong form."""
    problem, operator = workload.problem, workload.operator
    if subject.variant == "idiomatic":
        problem = problem.idiomatic_for(subject.backend)
    instance = problem.instance(workload.size, seed)
    backend = load(subject.source)
    answer = gradient_check.answered(problem, backend, operator, instance, dtype)
    fault = malformed(answer, operator, instance, dtype)
    if fault is not None:
        raise InputError(fault)
    return answer


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, InputError | Disagreement):
        return text
    return f"{type(error).__name__}: {text}"
