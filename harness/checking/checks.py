"""What a verdict without a time is: the record of a checked subject, and its one answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from gradparity.backends import DTYPES, Answer
from gradparity.backends.catalogue import load
from gradparity.harness.findings import words
from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.part import Part
from gradparity.harness.judging import gradient_check
from gradparity.harness.judging.answers import malformed
from gradparity.harness.plain.outcome import judged_to
from gradparity.harness.planning.lookup import find
from gradparity.harness.planning.plan import Subject, Workload
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


def answered(workload: Workload, subject: Subject, dtype: str, seed: int) -> Answer:
    """What a subject answers, prepared at zeros. Raises InputError for one of the wrong form."""
    operator = workload.operator
    problem = find(workload.problem.name, workload.file).variant(subject.backend, subject.variant)
    instance = problem.instance(workload.size, seed)
    backend = load(subject.source)
    answer = gradient_check.answered(problem, backend, operator, instance, dtype)
    fault = malformed(answer, operator, instance, dtype)
    if fault is not None:
        raise InputError(fault)
    return answer
