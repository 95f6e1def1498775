"""What plain functions answer in float32; where they do not, why."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.plain.caller import Caller
from gradparity.harness.plain.patience import NotEnded, at_most
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.steps.endless import Endless
from gradparity.harness.plain.steps.widening import Widened
from gradparity.problems import Arrays, InputError

_PATIENCE, _SLOWER = 5.0, 20.0
"""How long float32 may take: seconds, or so many times what float64 took."""


def in_float32(
    asked: PlainGradient, point: Arrays | None = None, took: float = 0.0
) -> Answer | str:
    """The answer in float32; why there is none where the functions leave it or its range.

    took: how long the same took in float64, in seconds; 0 if that is not known.
    """
    seconds = max(_PATIENCE, _SLOWER * took)
    try:
        with at_most(seconds):
            return _answered(asked, point)
    except NotEnded:
        return f"it does not end in float32 (given up after {seconds:.0f} s)"


def answer_of(value: Any, gradient: Arrays, loss: Any, dtype: str) -> Answer:
    """The answer in `dtype`; value: as the gradient returned it, None for that of the loss."""
    found = loss if value is None else value
    return Answer(np.array(found, dtype), {p: np.array(x, dtype) for p, x in gradient.items()})


def _answered(asked: PlainGradient, point: Arrays | None) -> Answer | str:
    caller = asked.caller("float32", point)
    try:
        value = None if asked.automatic else caller.loss(asked.loss)
        own, found = caller.gradient(asked.gradient)
        value = own if asked.automatic else value
    except Endless as error:
        return f"it does not end in float32 ({error})"
    except InputError:
        return "it does not run in float32"
    computed = [value if own is None else own, *found.values()]
    if any(np.asarray(x).dtype != np.float32 for x in computed):
        where = _widened(asked)
        return f"it computes in float64 whatever it is given{where and ': '}{where}"
    if value is None or not np.isfinite(value):
        return f"the loss is {value} in float32"
    return answer_of(own, found, value, "float32")


def _widened(asked: PlainGradient) -> str:
    """What makes float64 of float32, and in which line; "" if that cannot be seen."""
    watching = asked.home.watching(asked.home)
    caller = Caller(watching, asked.params, asked.point, asked.args, "float32")
    try:
        if not asked.automatic:
            caller.loss(asked.loss)
        caller.gradient(asked.gradient)
    except Widened as found:
        return str(found)
    except Exception:  # it cannot take watched arrays
        return ""
    return ""
