"""Why an answer is wrong: the finding of `verdicts.py`, diagnosed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, SMALLEST, Diagnosis, Finding
from gradparity.harness.judging.answers import by_name
from gradparity.harness.judging.diagnosis import diagnose
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.judging.diagnosis.hessian_causes import diagnose_hessian
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Arrays

# Beyond, causes that differentiate the loss again would take longer than the verdict.
_PARAMETERS = 10_000

_MISTAKES = frozenset(
    {
        *("sign", "factor", "parameter-missing", "transposed", "swapped", "permuted", "cases"),
        *("term-missing", "term-added", "wrong-derivative", "wrong-axis", "broadcast-sum"),
        *("absolute-value", "repeated-index", "stale"),
    }
)
"""Causes that no rounding has."""


def diagnosed(
    truth: Truth,
    found: Finding,
    wide: Answer | None,
    narrow: Answer | None,
    *,
    seconds: float = SECONDS,
) -> Finding:
    """Return the finding with what is behind a wrong gradient, Hessian or Hessian's product.

    A Hessian too large to be judged whole has none.

    What is wrong in float32 alone, by a mistake that explains all of it, becomes `formula`.

    wide, narrow: the float64 and the float32 answer that it is about. seconds: how long a cause is
    looked for; `Diagnosis.ran_out` says if that was too short.
    """
    answer, dtype = (narrow, "float32") if wide is None else (wide, "float64")
    if found.status == "low-precision" and narrow is not None:
        answer, dtype = narrow, "float32"
    if found.relative or found.status not in ("formula", "low-precision") or answer is None:
        return found
    if truth.operator == "hessian" and found.status == "formula" and truth.weights is None:
        return replace(found, diagnosis=_of_hessian(truth, answer, dtype))
    if truth.operator not in ("gradient", "hvp") or not (found.worst and found.worst.parameter):
        return found
    instance = truth.instance
    small = truth.operator == "gradient" and instance.parameters <= _PARAMETERS
    diagnosis = diagnose(
        {name: np.asarray(x) for name, x in answer.derivative.items()},
        {name: x for name, x in truth.exact.items() if name},
        params=instance.params,
        data=instance.data,
        loss=truth.problem.loss if small else None,
        scale=allowed(truth, dtype),
        narrow=None if narrow is None or answer is narrow else narrow.derivative,
        seconds=seconds,
    )
    if found.status == "low-precision":
        # Rounding is scattered; what one mistake explains to float32's last digits is none.
        mistaken = diagnosis.cause.sure and diagnosis.cause.key in _MISTAKES
        return replace(found, status="formula", diagnosis=diagnosis) if mistaken else found
    return replace(found, diagnosis=diagnosis)


def _of_hessian(truth: Truth, answer: Answer, dtype: str) -> Diagnosis:
    instance = truth.instance
    return diagnose_hessian(
        np.asarray(by_name(answer)["hessian"]),
        truth.exact["hessian"],
        allowed(truth, dtype)["hessian"],
        params=instance.params,
        data=instance.data,
        residuals=truth.problem.residuals,
    )


def allowed(truth: Truth, dtype: str) -> Arrays:
    """Return per component what rounding may do: C eps (M + |true|), and underflow."""
    least, moves = SMALLEST[dtype], truth.moves_in(dtype)
    return {
        name: truth.bound * (EPS[dtype] * (moves[name] + np.abs(x)) + least)
        for name, x in truth.exact.items()
        if name
    }
