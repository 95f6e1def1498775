"""One gradient, every backend side by side: array by array, and each against each."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.catalogue import load
from gradparity.harness.checking.checks import answered
from gradparity.harness.findings.finding import EPS
from gradparity.harness.findings.notation import component
from gradparity.harness.findings.part import Part
from gradparity.harness.judging.answer_errors import AnswerErrors, errors_of, place_of_largest
from gradparity.harness.judging.gradient_check import parts
from gradparity.harness.judging.truth import Truth
from gradparity.harness.planning.plan import Plan, Workload
from gradparity.harness.terminal.console import say, write_json, write_rows
from gradparity.problems import InputError

_TINY = float(np.finfo(np.float64).smallest_normal)


@dataclass(frozen=True, slots=True)
class AnswersApart:
    """Two answers apart: the largest |a - b| / (eps (M + |true|)) over an array, and where."""

    array: str
    first: str
    second: str
    u: float
    worst: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One workload. arrays: (backend, `Part`) per array of its answer; pairs: every two backends.

    missing: backend -> why it has no answer. bound: C; oracle: what `Part.u` and cosine refer to.
    """

    workload: Workload
    oracle: str
    bound: float
    arrays: tuple[tuple[str, Part], ...]
    pairs: tuple[AnswersApart, ...]
    missing: dict[str, str]


def side_by_side(plan: Plan, workload: Workload) -> SideBySide:
    """Return what every subject of a workload answers in float64, compared.

    Raises InputError if the truth cannot be had.
    """
    instance = workload.problem.instance(workload.size, plan.options.seed)
    truth = Truth(workload.problem, instance, workload.operator, plan.options.seed)
    answers: dict[str, AnswerErrors] = {}
    missing: dict[str, str] = {}
    for subject in plan.subjects(workload):
        backend = load(subject.source)
        why = backend.unavailable() or backend.unsupported(workload.problem, workload.operator)
        if why is None:
            try:
                answer = answered(workload, subject, "float64", plan.options.seed)
                answers[subject.label] = errors_of(truth, answer, "float64")
                continue
            except Exception as error:
                why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        missing[subject.label] = why
    rows = [(who, part) for who, one in answers.items() for part in parts(one)]
    names = list(dict.fromkeys(part.name for _, part in rows))
    rows.sort(key=lambda row: names.index(row[1].name))
    found = [
        difference
        for first, second in itertools.combinations(answers, 2)
        for difference in _apart(first, answers[first], second, answers[second])
    ]
    found.sort(key=lambda difference: names.index(difference.array))
    return SideBySide(workload, truth.oracle, truth.bound, tuple(rows), tuple(found), missing)


def _apart(first: str, a: AnswerErrors, second: str, b: AnswerErrors) -> list[AnswersApart]:
    """Return how far two answers are apart, array by array."""
    found = []
    for name, scale in a.scale.items():
        x, y = (np.asarray(side.got[name]).astype(np.longdouble) for side in (a, b))
        with np.errstate(all="ignore"):
            size = np.abs(x - y) / (EPS["float64"] * scale + _TINY)
        size = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, size).astype(np.float64)
        size = np.where(np.isnan(size), np.inf, size)
        where = component(name, place_of_largest(size))
        found.append(AnswersApart(name, first, second, float(np.max(size, initial=0.0)), where))
    return found


def write_gradients(found: Sequence[SideBySide], form: str) -> None:
    """Print them: one table of arrays and one of pairs for each; json is one document."""
    if form == "json":
        write_json([_plain(one) for one in found])
        return
    for one in found:
        if form == "table":
            w = one.workload
            say(f"{w.problem.name} {w.size}, {w.operator}, float64; {one.oracle}")
        write_rows([_array_row(who, part) for who, part in one.arrays], form)
        write_rows([_pair_row(pair) for pair in one.pairs], form)
        if form == "table":
            for who, why in one.missing.items():
                say(f"{who}: {why}")
            say(
                f"u: error in eps of float64, relative to the number and what rounding does to it; "
                f"right is u <= {one.bound:.3g}. cosine: to the oracle."
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
    from dataclasses import asdict

    w = one.workload
    return {
        "problem": w.problem.name,
        "size": w.size,
        "operator": w.operator,
        "oracle": one.oracle,
        "bound": one.bound,
        "arrays": [{"backend": who, **asdict(part)} for who, part in one.arrays],
        "pairs": [asdict(pair) for pair in one.pairs],
        "missing": one.missing,
    }


def gradients(plan: Plan, form: str) -> None:
    """The verb: everything in the plan, side by side."""
    if any(w.operator == "value" for w in plan.workloads):
        raise InputError("value has no gradient; use --operator gradient")
    with redirect_stdout(sys.stderr):  # what a user's code prints is no table
        found = [side_by_side(plan, workload) for workload in plan.workloads]
    write_gradients(found, form)
