"""JUnit's XML, which every CI shows as tests: one test suite per problem, one test per cell.

A wrong answer is a failure, what did not finish an error, what the machine or the backend cannot do
is skipped. A right formula in poor arithmetic passes, as it does in the exit code, and its output
says so. The time of a test is what measuring it took.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from gradparity.results.records.record import Cell, Run
from gradparity.results.records.statuses import SKIPPED, UNFINISHED, is_timed
from gradparity.results.times import statistics
from gradparity.results.words import wording
from gradparity.results.words.display import visible

# XML 1.0, section 2.2: no other character may stand in a document, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test. suite: the problem; place: the problem's name and size, "booth.tiny".

    seconds: what it took. outcome: "passed", "skipped", "error" or "failure"; status: what was
    found. message: one line; told: the rest, of a test that failed. said: the test's output.
    """

    __test__ = False  # no test of pytest's

    suite: str
    place: str
    name: str
    seconds: float
    outcome: str
    status: str
    message: str
    told: str
    said: str


def export(run: Run, cells: Sequence[Cell]) -> str:
    """Return the run as an XML document."""
    title = f"gradparity {run.suite}".strip()
    return document(
        title, run.started, [_case(cell, bool(run.options.get("strict"))) for cell in cells]
    )


def document(title: str, timestamp: str, cases: Sequence[TestCase]) -> str:
    """Return tests as an XML document; characters that XML cannot hold are written as codes."""
    root = ElementTree.Element("testsuites", name=_legal(title))
    members: dict[str, list[TestCase]] = {}
    for case in cases:
        members.setdefault(case.suite, []).append(case)
    for name, found in members.items():
        suite = ElementTree.SubElement(
            root, "testsuite", name=_legal(name), timestamp=_legal(timestamp)
        )
        _count(suite, found)
        for case in found:
            _add(suite, case)
    _count(root, cases)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def outcome(status: str, strict: bool = False) -> str:
    """Return "passed", "skipped", "error" or "failure" for a cell's status.

    strict: whether what loses digits fails.
    A status that nobody knows is a failure: better seen than hidden.
    """
    if is_timed(status, strict):
        return "passed"
    if status in SKIPPED:
        return "skipped"
    return "error" if status in UNFINISHED else "failure"


def _count(element: ElementTree.Element, cases: Sequence[TestCase]) -> None:
    outcomes = [case.outcome for case in cases]
    element.set("tests", str(len(cases)))
    for name, word in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(outcomes.count(word)))
    element.set("time", f"{math.fsum(case.seconds for case in cases):.6f}")


def _add(suite: ElementTree.Element, case: TestCase) -> None:
    element = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_legal(case.place),
        name=_legal(case.name),
        time=f"{case.seconds:.6f}",
    )
    if case.outcome != "passed":
        verdict = ElementTree.SubElement(element, case.outcome, message=_legal(case.message))
        if case.outcome != "skipped":
            verdict.set("type", _legal(case.status))
            verdict.text = _legal(case.told)
    if case.said:
        ElementTree.SubElement(element, "system-out").text = _legal(case.said)


def _case(cell: Cell, strict: bool) -> TestCase:
    told = cell.reason or cell.status
    return TestCase(
        suite=cell.problem,
        place=f"{cell.problem}.{cell.size}",
        name=f"{cell.label} ({cell.setting})",
        seconds=_seconds(cell),
        outcome=outcome(cell.status, strict),
        status=cell.status,
        message=f"{cell.status}: {' '.join(told.split())}",
        told=told,
        said=_said(cell),
    )


def _seconds(cell: Cell) -> float:
    warm = (sample.seconds * sample.calls for sample in cell.samples)
    return math.fsum([cell.prepare_s or 0.0, cell.first_s or 0.0, *warm])


def _said(cell: Cell) -> str:
    time = statistics.time(cell.samples)
    remark = "" if cell.status == "ok" else "\n".join(filter(None, (cell.status, cell.reason)))
    if time is None:
        return remark if outcome(cell.status) == "passed" else ""
    unit = wording.unit([time.estimate])
    between = wording.time_between(time.estimate, time.low, time.high, unit)
    error = "" if cell.max_error is None else f"; error {wording.error(cell.max_error)}"
    told = f"median {wording.time(time.estimate, unit)} per call, interval {between}{error}"
    return "\n".join(filter(None, (told, remark)))


def _legal(text: str) -> str:
    """Write lines of text in letters that XML may hold, and that are seen."""
    legal = _ILLEGAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))
    return "\n".join(map(visible, legal.split("\n")))
