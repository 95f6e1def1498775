"""Answers beside the truth and beside each other, array by array, in one dtype."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from gradparity.harness.findings.finding import EPS
from gradparity.harness.findings.notation import component
from gradparity.harness.judging.answer_errors import AnswerErrors, errors_of, place_of_largest
from gradparity.harness.judging.answers import read
from gradparity.harness.judging.gradient_check import parts
from gradparity.harness.judging.rounding import bound_in
from gradparity.harness.messages.judged import AnswersApart, ArrayOf, ComparedAnswers
from gradparity.harness.messages.spec import Question
from gradparity.harness.worker.judge import Judge

_TINY = float(np.finfo(np.float64).smallest_normal)


def compared(
    judge: Judge, question: Question, files: dict[str, str], dtype: str
) -> ComparedAnswers:
    """Return how the answers in the files compare, by label. Raises as `Judge.find_truth`."""
    truth = judge.find_truth(question)
    answers = {who: errors_of(truth, read(Path(x)), dtype) for who, x in files.items()}
    rows = [ArrayOf(who, part) for who, one in answers.items() for part in parts(one)]
    names = list(dict.fromkeys(row.part.name for row in rows))
    rows.sort(key=lambda row: names.index(row.part.name))
    found = [
        difference
        for first, second in itertools.combinations(answers, 2)
        for difference in _apart(first, answers[first], second, answers[second])
    ]
    found.sort(key=lambda difference: names.index(difference.array))
    return ComparedAnswers(truth.oracle, bound_in(dtype, truth.bound), tuple(rows), tuple(found))


def _apart(first: str, a: AnswerErrors, second: str, b: AnswerErrors) -> list[AnswersApart]:
    """Return how far two answers are apart, array by array."""
    found = []
    for name, scale in a.scale.items():
        x, y = (np.asarray(side.got[name]).astype(np.longdouble) for side in (a, b))
        with np.errstate(all="ignore"):
            size = np.abs(x - y) / (EPS[a.dtype] * scale + _TINY)
        size = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, size).astype(np.float64)
        size = np.where(np.isnan(size), np.inf, size)
        where = component(name, place_of_largest(size))
        found.append(AnswersApart(name, first, second, float(np.max(size, initial=0.0)), where))
    return found
