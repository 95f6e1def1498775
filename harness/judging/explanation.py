"""What a verdict means for this answer, in a sentence or two."""

from __future__ import annotations

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.diagnosis import diagnose
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import Ruling
from gradparity.problems import Arrays
from gradparity.results.records.statuses import MEANINGS

_EPS = float(np.finfo(np.float64).eps)
# Beyond, causes that differentiate the loss again would take longer than the verdict.
_PARAMETERS = 10_000


def explained(truth: Truth, ruling: Ruling, wide: Answer | None, narrow: Answer | None) -> str:
    """Return what is behind a ruling; "" for "ok" and where nothing can be said.

    wide, narrow: the float64 and the float32 answer that were ruled on.
    """
    if ruling.status == "ok":
        return ""
    if ruling.status != "formula":
        return MEANINGS[ruling.status]
    answer = wide if wide is not None else narrow
    if ruling.worst is None or answer is None:
        return ""
    if ruling.worst.parameter == "":
        return "The value of the loss itself is not that of the problem."
    if truth.operator not in ("gradient", "hvp"):
        return ""
    instance = truth.instance
    small = truth.operator == "gradient" and instance.parameters <= _PARAMETERS
    eps = _EPS if wide is not None else float(np.finfo(np.float32).eps)
    found = diagnose(
        {name: np.asarray(x) for name, x in answer.derivative.items()},
        truth.derivative,
        params=instance.params,
        data=instance.data,
        loss=truth.problem.loss if small else None,
        scale=allowed(truth, eps),
        narrow=None if narrow is None or wide is None else narrow.derivative,
    )
    right = f" Right: {', '.join(found.right)}." if found.right else ""
    return found.sentence + right


def allowed(truth: Truth, eps: float) -> Arrays:
    """Return per component what rounding may do: C eps (M + |true|), and underflow."""
    least = float(np.finfo(np.float64 if eps < 1e-10 else np.float32).smallest_normal)
    return {
        name: truth.bound * (eps * (truth.moves[name] + np.abs(x)) + least)
        for name, x in truth.derivative.items()
    }
