"""JUnit's XML, which every CI shows as tests: one test suite per problem, one test per cell.

A wrong answer is a failure, what did not finish an error, what the machine or the backend cannot do
is skipped. A right formula in poor arithmetic passes, as it does in the exit code, and its output
says so. The time of a test is what measuring it took.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree

from gradparity.results.records.record import Cell, Run
from gradparity.results.records.statuses import SKIPPED, TIMED, UNFINISHED
from gradparity.results.times import statistics
from gradparity.results.words import wording

# XML 1.0, section 2.2: no other character may stand in a document, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export(run: Run, cells: Sequence[Cell]) -> str:
    """Return the run as an XML document; characters that XML cannot hold are written as codes."""
    root = ElementTree.Element("testsuites", name=_legal(f"gradparity {run.suite}".strip()))
    members: dict[str, list[Cell]] = {}
    for cell in cells:
        members.setdefault(cell.problem, []).append(cell)
    for problem, found in members.items():
        suite = ElementTree.SubElement(
            root, "testsuite", name=_legal(problem), timestamp=_legal(run.started)
        )
        _count(suite, found)
        for cell in found:
            _testcase(suite, cell)
    _count(root, cells)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def outcome(status: str) -> str:
    """Return "passed", "skipped", "error" or "failure" for a cell's status.

    A status that nobody knows is a failure: better seen than hidden.
    """
    if status in TIMED:
        return "passed"
    if status in SKIPPED:
        return "skipped"
    return "error" if status in UNFINISHED else "failure"


def _count(element: ElementTree.Element, cells: Sequence[Cell]) -> None:
    outcomes = [outcome(cell.status) for cell in cells]
    element.set("tests", str(len(cells)))
    for name, word in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(outcomes.count(word)))
    element.set("time", f"{math.fsum(map(_seconds, cells)):.6f}")


def _testcase(suite: ElementTree.Element, cell: Cell) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_legal(f"{cell.problem}.{cell.size}"),
        name=_legal(f"{cell.label} ({cell.setting})"),
        time=f"{_seconds(cell):.6f}",
    )
    found = outcome(cell.status)
    if found != "passed":
        told = cell.reason or cell.status
        message = _legal(f"{cell.status}: {' '.join(told.split())}")
        verdict = ElementTree.SubElement(case, found, message=message)
        if found != "skipped":
            verdict.set("type", _legal(cell.status))
            verdict.text = _legal(told)
    if said := _said(cell):
        ElementTree.SubElement(case, "system-out").text = _legal(said)


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
    return _ILLEGAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
