"""What every mistake would make of each parameter's gradient, beside the truth."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.biases.errors import OtherFormula
from gradparity.harness.judging.diagnosis.chain.altered_chain import chain
from gradparity.harness.judging.diagnosis.evidence.deadline import Deadline, OutOfTimeError
from gradparity.harness.judging.formulas.mistakes import formula_mistakes
from gradparity.harness.judging.formulas.recomputed import recomputed
from gradparity.problems import Arrays, Loss

LARGEST_LOSS = 300_000
"""Numbers of all parameters up to which other formulas are tried."""

_SECONDS = 10.0
_HUGE = 1e100
"""A difference whose square would not be finite is no hypothesis."""


def other_formulas(
    loss: Loss, given: Arrays, data: Arrays, exact: Arrays, dtype: str
) -> dict[str, tuple[OtherFormula, ...]]:
    """Other formulas by parameter, those that differ at all; none for a large loss.

    given: the parameters. exact: the true gradient, by name.
    """
    params = {name: np.asarray(x, np.float64) for name, x in given.items()}
    if sum(x.size for x in params.values()) > LARGEST_LOSS:
        return {}
    made: dict[str, list[OtherFormula]] = defaultdict(list)
    try:
        found = chain(loss, params, data, Deadline.after(_SECONDS))
        if found is None:
            return {}
        for key, text, changes, saved in formula_mistakes(found):
            gradient = recomputed(found, changes, saved)
            for name, g in (gradient or {}).items():
                with np.errstate(all="ignore"):
                    difference = (g - np.asarray(exact[name], np.float64)) / EPS[dtype]
                if np.any(difference) and np.max(np.abs(difference)) < _HUGE:
                    made[name].append(OtherFormula(key, text, difference))
    except OutOfTimeError:
        pass
    return {name: tuple(found) for name, found in made.items()}
