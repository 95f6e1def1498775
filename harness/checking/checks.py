"""`gradparity check`: verdicts alone, without times.

Every subject answers in float64 and in float32, unless one of them is asked for: the two together
are what a verdict is made of. A worker calls what the user wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from gradparity.backends import DTYPES, Answer
from gradparity.backends.catalogue import load
from gradparity.harness.findings import words
from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.part import Part
from gradparity.harness.judging import gradient_check
from gradparity.harness.judging.answers import malformed
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.messages.judged import JudgedSubject, JudgeSubject
from gradparity.harness.messages.spec import Question
from gradparity.harness.plain.outcome import judged_to
from gradparity.harness.planning.faults import fault
from gradparity.harness.planning.lookup import find
from gradparity.harness.planning.plan import Plan, Subject, Workload, check_command
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.problems import InputError
from gradparity.results.records.record import Cell, label


@dataclass(frozen=True, slots=True)
class CheckedSubject:
    """What was found out about one subject on one problem, size, seed and operator.

    command: shows it again. status: the verdict, or one of `UNANSWERED`. reason: why there is no
    verdict, or none in one of the dtypes; else "". finding: None if there is none. parts: the
    arrays of the answer beside the truth.
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

    @property
    def dtypes(self) -> str:
        """In which it was judged: "float64 and float32"."""
        return " and ".join(DTYPES[::-1] if self.finding is None else self.finding.dtypes)

    def to(self, accuracy: float | None) -> CheckedSubject:
        """The same, judged by a stated accuracy."""
        if self.finding is None or self.finding.worst is None:
            return self
        found = judged_to(self.finding, accuracy)
        return replace(self, finding=found, status=found.status)

    def told(self) -> tuple[str, str]:
        """Return what is found, or why nothing is, in one line, and what is behind it."""
        if self.finding is None or self.status == "ok":
            return self.reason, ""
        found = self.finding
        return "; ".join(filter(None, (words.sentence(found), self.reason))), words.why(found)

    @property
    def advice(self) -> str:
        """What to do about it, in a sentence; "" if nothing is known."""
        return "" if self.finding is None else words.advice(self.finding)

    def cell(self) -> Cell:
        """The same as the cell of a run, for exports."""
        found = self.finding
        return Cell(
            *(self.problem, self.size, self.parameters, self.backend, self.variant),
            *(self.operator, self.dtypes, "cpu", 1, self.status),
            reason="" if self.status == "ok" else self.message(),
            max_error=None if found is None else found.u64,
            bound=None if found is None else found.bound,
            oracle="" if found is None else found.oracle,
            file=self.file,
        )

    def message(self) -> str:
        """Return what is found, what to do and the command that shows it again, in lines."""
        return "\n".join(filter(None, (*self.told(), self.advice, self.command)))

    def document(self) -> dict[str, Any]:
        """The same in JSON's types; what is not finite is None."""
        line, why = self.told()
        figures = dict.fromkeys(("u64", "u32", "bound"))
        nothing = {**figures, "oracle": "", "right": False, "advice": ""}
        judged = nothing if self.finding is None else words.document(self.finding)
        own: dict[str, Any] = words.plain(asdict(self))
        del own["reason"]
        return own | judged | {"finding": line, "why": why}


def check_plan(
    plan: Plan, seconds: float = SECONDS, dtypes: tuple[str, ...] = DTYPES[::-1]
) -> Iterator[CheckedSubject]:
    """The verdicts on every subject of every workload, one after the other, from a worker.

    seconds: how long the cause of a wrong gradient is looked for. dtypes: float64 first.
    A problem of a user's file that cannot be evaluated costs its own verdicts; InputError is raised
    where there is no other.
    """
    options = plan.options
    limits = Limits(allowed_cores(), options.timeout_s, options.memory_gib)
    worker = WorkerProcess("numpy", limits, heard=True, threads=1)
    try:
        problems = dict.fromkeys((w.file, w.problem.name) for w in plan.workloads)
        faults: dict[tuple[str | None, str], str] = {
            (file, name): told
            for file, name in problems
            if file is not None and (told := fault(worker, file, name, options.seed)) is not None
        }
        if len(faults) == len(problems):
            for told in faults.values():
                raise InputError(told)
        for workload in plan.workloads:
            wrong = faults.get((workload.file, workload.problem.name))
            for subject in plan.subjects(workload):
                yield _checked(worker, workload, subject, wrong, options.seed, seconds, dtypes)
    finally:
        worker.end()


def _checked(
    worker: WorkerProcess,
    workload: Workload,
    subject: Subject,
    wrong: str | None,
    seed: int,
    seconds: float,
    dtypes: tuple[str, ...],
) -> CheckedSubject:
    problem = workload.problem.name
    question = Question(problem, workload.file, workload.size, seed, workload.operator)
    asked = JudgeSubject(question, subject.source, subject.variant, dtypes, seconds)
    try:
        found = worker.request(asked) if wrong is None else _faulty(wrong)
    except WorkerFailure as failure:
        found = _faulty(failure.reason)
    return CheckedSubject(
        *(problem, workload.size, found.parameters, subject.backend, subject.variant),
        *(workload.operator, seed, workload.file, check_command(workload, subject, seed)),
        *(found.status, found.reason, found.finding, found.parts),
    )


def _faulty(reason: str) -> JudgedSubject:
    return JudgedSubject(0, "error", reason, None, ())


def answered(workload: Workload, subject: Subject, dtype: str, seed: int) -> Answer:
    """What a subject answers, prepared at zeros. Raises InputError for one of the wrong form."""
    problem, operator = find(workload.problem.name, workload.file), workload.operator
    if subject.variant == "idiomatic":
        problem = problem.idiomatic_for(subject.backend)
    instance = problem.instance(workload.size, seed)
    backend = load(subject.source)
    answer = gradient_check.answered(problem, backend, operator, instance, dtype)
    fault = malformed(answer, operator, instance, dtype)
    if fault is not None:
        raise InputError(fault)
    return answer
