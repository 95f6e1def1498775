"""Where an answer or the truth is no finite number: what the one-sided slopes of the loss say.

No chain rule tells what is right at the tip of a norm, where a root or a logarithm begins, or where
a branch that is not taken leaks NaN; the loss itself does (`differences.py`), and its definition of
what is lawful there is the atlas's.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.backends.longdouble.point import LONGDOUBLE
from gradparity.harness.findings.finding import Finding
from gradparity.harness.judging import differences
from gradparity.harness.judging.rounding import LARGE
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Arrays, InputError


def by_slopes(truth: Truth, found: Finding, wide: Answer) -> Finding:
    """Return what the slopes of the loss say of a float64 gradient; else `found`.

    Raises: InputError where nothing else is known, and they are too rough.
    """
    large = truth.instance.parameters > LARGE
    if truth.operator != "gradient" or large or not np.isfinite(wide.value):
        return found
    data = {
        name: np.asarray(x, np.longdouble) if np.asarray(x).dtype.kind == "f" else x
        for name, x in truth.instance.data.items()
    }
    known = not truth.tip and all(np.isfinite(x).all() for x in truth.exact.values())
    try:
        value = partial(_value, truth, data)
        slopes = differences.judged(value, truth.instance.params, wide, "longdouble", 0)
    except InputError:
        if known:
            return found
        raise
    return slopes if slopes.right or not known else found


def _value(truth: Truth, data: Arrays, params: Arrays) -> Any:
    return truth.problem.loss(LONGDOUBLE, params, data)
