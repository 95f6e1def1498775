"""Is this backend's gradient of this problem right? In this process, in float64 and in float32."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import DTYPES, Answer, Backend, Operator, Setting
from gradparity.backends.catalogue import load
from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.notation import component
from gradparity.harness.findings.part import Part
from gradparity.harness.findings.words import accusation
from gradparity.harness.judging.answer_errors import AnswerErrors, place_of_largest
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import examined
from gradparity.problems import InputError, Instance, Problem


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one backend, problem, size, seed and operator.

    finding: the verdict. parts: array by array.
    """

    backend: str
    problem: str
    operator: Operator
    finding: Finding
    parts: tuple[Part, ...]

    def line(self) -> str:
        """Return one line: "tape is wrong on mlp/w1[2,7]: ..., should be ... : formula"."""
        return accusation(self.backend, self.problem, self.operator, self.finding)


def check_problem(
    problem: Problem, backend: str | Backend, size: str, seed: int, operator: Operator = "gradient"
) -> Check:
    """Return whether `backend` is right on the problem's instance of this size and seed.

    backend: one, or its name. Raises: InputError if the backend is not available, or knows no such
    operator; Unsupported if it cannot serve this instance; Disagreement if the truth cannot be
    established.
    """
    one = load(backend) if isinstance(backend, str) else backend
    missing = one.unavailable() or one.unsupported(problem, operator)
    if missing:
        raise InputError(f"{one.name}: {missing}")
    instance = problem.instance(size, seed)
    truth = Truth(problem, instance, operator, seed)
    wide, narrow = (answered(problem, one, operator, instance, dtype) for dtype in DTYPES[::-1])
    return checked(truth, one.name, wide, narrow)


def answered(
    problem: Problem, backend: Backend, operator: Operator, instance: Instance, dtype: str
) -> Answer:
    """Return what a backend answers at an instance; it is prepared at zeros."""
    with np.errstate(all="ignore"):  # infinities and NaN are answers
        prepared = backend.prepare(problem, operator, instance.zeros(), Setting(dtype))
        return prepared(instance)


def checked(truth: Truth, backend: str, wide: Answer | None, narrow: Answer | None) -> Check:
    """Return what is to be said of the answers of `backend` in float64 and float32, or in one."""
    finding, found = examined(truth, wide, narrow)
    own = parts(next(iter(found.values()))) if found else ()
    return Check(backend, truth.problem.name, truth.operator, finding, own)


def parts(found: AnswerErrors) -> tuple[Part, ...]:
    """Return the arrays of an answer beside the truth."""
    return tuple(_part(found, name) for name in found.u)


def _part(found: AnswerErrors, name: str) -> Part:
    u = found.u[name]
    got = np.ravel(found.got[name]).astype(np.longdouble)
    true = np.ravel(found.truth.exact[name])
    norm, both = _norm(got), _norm(got) * _norm(true)
    cosine = float(got @ true) / both if both else math.nan
    worst = component(name, place_of_largest(u))
    return Part(name, norm, cosine, float(np.max(u, initial=0)), worst, found.dtype)


def _norm(x: Any) -> float:
    return float(np.sqrt(np.sum(np.square(x))))
