"""Is this backend's gradient of this problem right? In this process, in float64 and in float32."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import DTYPES, Answer, Backend, Operator, Setting
from gradparity.backends.catalogue import load
from gradparity.harness.judging.departures import departures
from gradparity.harness.judging.places import place
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import Ruling, judge_pair
from gradparity.problems import InputError, Instance, Problem


@dataclass(frozen=True, slots=True)
class Part:
    """One array of an answer beside the truth.

    name: "" is the value. norm: of the answer, Euclidean. cosine: of the angle to the truth, NaN
    where one of the two is zero. u: the largest departure. worst: where, "w1[2,7]".
    dtype: of the answer, float64 if there is one.
    """

    name: str
    norm: float
    cosine: float
    u: float
    worst: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one backend, problem, size, seed and operator.

    ruling: the verdict. oracle: who judged. parts: array by array.
    """

    backend: str
    problem: str
    operator: Operator
    ruling: Ruling
    oracle: str
    parts: tuple[Part, ...]

    @property
    def status(self) -> str:
        """The verdict's name, see `harness/judging/verdicts.py`."""
        return self.ruling.status

    @property
    def right(self) -> bool:
        """Whether the verdict is "ok" or "convention"."""
        return self.ruling.right

    def line(self) -> str:
        """Return one line: "tape is wrong on mlp/w1[2,7]: ..., should be ... : formula"."""
        said = {"ok": "right", "convention": "right", "unstable": "inaccurate"}
        word = said.get(self.status, "inaccurate" if self.status == "low-precision" else "wrong")
        what = "" if self.operator == "gradient" else f" ({self.operator})"
        joint = ": " if self.status == "ok" or self.ruling.worst is None else "/"
        return f"{self.backend} is {word} on {self.problem}{what}{joint}{self.ruling.line()}"


def check_problem(
    problem: Problem,
    backend: str | Backend,
    size: str,
    seed: int,
    operator: Operator = "gradient",
    truth: Truth | None = None,
) -> Check:
    """Return whether `backend` is right on the problem's instance of this size and seed.

    backend: one, or its name. truth: of the same instance and operator, if it is at hand.
    Raises: InputError if the backend is not available, or knows no such operator; Unsupported if it
    cannot serve this instance; Disagreement if the truth cannot be established.
    """
    one = load(backend) if isinstance(backend, str) else backend
    missing = one.unavailable() or one.unsupported(problem, operator)
    if missing:
        raise InputError(f"{one.name}: {missing}")
    instance = problem.instance(size, seed)
    known = Truth(problem, instance, operator, seed) if truth is None else truth
    wide, narrow = (answered(problem, one, operator, instance, dtype) for dtype in DTYPES[::-1])
    return checked(known, one.name, wide, narrow)


def answered(
    problem: Problem, backend: Backend, operator: Operator, instance: Instance, dtype: str
) -> Answer:
    """Return what a backend answers at an instance; it is prepared at zeros."""
    with np.errstate(all="ignore"):
        prepared = backend.prepare(problem, operator, instance.zeros(), Setting(dtype))
        return prepared(instance)


def checked(truth: Truth, backend: str, wide: Answer | None, narrow: Answer | None) -> Check:
    """Return what is to be said of the answers of `backend` in float64 and float32."""
    ruling = judge_pair(truth, wide, narrow)
    found: tuple[Part, ...] = ()
    if ruling.worst is not None:
        answer, dtype = (wide, "float64") if wide is not None else (narrow, "float32")
        assert answer is not None
        found = parts(truth, answer, dtype)
    return Check(backend, truth.problem.name, truth.operator, ruling, truth.oracle, found)


def parts(truth: Truth, answer: Answer, dtype: str) -> tuple[Part, ...]:
    """Return the arrays of an answer beside the truth."""
    own, _ = truth.seen(answer)
    exact = {} if truth.value is None else {"": np.asarray(truth.value)}
    exact.update(truth.derivative)
    found = []
    for name, u in departures(truth, answer, dtype).items():
        got = np.ravel(own[name]).astype(np.longdouble)
        true = np.ravel(exact[name])
        norms = _norm(got), _norm(true)
        both = norms[0] * norms[1]
        cosine = float(got @ true) / both if both else math.nan
        index = tuple(int(i) for i in np.unravel_index(np.argmax(u), u.shape)) if u.size else ()
        worst = place(name, index)
        found.append(Part(name, norms[0], cosine, float(np.max(u, initial=0)), worst, dtype))
    return tuple(found)


def _norm(x: Any) -> float:
    return float(np.sqrt(np.sum(np.square(x))))
