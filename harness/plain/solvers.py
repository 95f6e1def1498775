"""Whether a loss is the result of a solver that stops when it is near enough, and how near that is.

Newton's method and fixed points end when a number is small. Such a loss is off by the tolerance,
and so are the derivative of its steps and that of the equation which it solves, each in its own
way: neither is a wrong formula for it. How far they may be apart is measured: the loss is read off
again, its loops going on for 1, 2, 4, ... rounds more, until the gradient of its steps stays. What
that has moved by is what stopping early explains. A branch that is no end of a solver's loop does
not settle, or moves the gradient by more than a tolerance would.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradparity.backends import Answer
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.answer_errors import errors_of
from gradparity.harness.plain.judging import truth_of
from gradparity.harness.plain.steps.decisions import Decisions
from gradparity.harness.plain.steps.translation import Translation
from gradparity.problems import Arrays, InputError

_ROUNDS = (1, 2, 4, 8, 16, 32, 64)
_SETTLED = 0.05
"""Of all that it has moved, how far the gradient may still move in as many rounds again."""
_APART = 4.0
"""How far two lawful gradients may be apart, in what going on moves one of them by."""


def stopped_early(
    read_off: Callable[[Decisions], Translation], params: Arrays
) -> tuple[str, float] | None:
    """What there is of a solver's loop, in words, and the relative error that it explains.

    read_off: reads the loss off at `params`, its comparisons told to `Decisions`. None: no loop of
    the loss ends by a number, or its gradient does not settle when it goes on.
    """
    first = Decisions()
    try:
        translation = read_off(first)
        if not first.ends:
            return None
        truth = truth_of(translation, params, 0)
        last = {name: x.astype(np.float64) for name, x in truth.exact.items() if name}
        for more in _ROUNDS:
            further = read_off(Decisions(more, first.ends))
            value, gradient = _gradient(further, params)
            moved = errors_of(truth, Answer(value, gradient), "float64").largest * EPS["float64"]
            step, last = _distance(gradient, last), gradient
            if not np.isfinite(moved):
                return None
            start = {name: x for name, x in truth.exact.items() if name}
            if more > 1 and step <= max(_SETTLED * _distance(gradient, start), EPS["float64"]):
                told = "a loop of the loss ends when a number is small enough, as a solver's does"
                return f"{told}; going on moves the gradient by {moved:.0e} of it", _APART * moved
    except (InputError, ArithmeticError):
        return None
    return None


def _gradient(translation: Translation, params: Arrays) -> tuple[np.ndarray, Arrays]:
    with np.errstate(all="ignore"):
        value, found = derivatives.value_and_gradient(translation.loss, params, translation.data)
    return np.asarray(value), {name: np.asarray(x) for name, x in found.items()}


def _distance(one: Arrays, other: Arrays) -> float:
    return max(float(np.max(np.abs(one[name] - other[name]), initial=0)) for name in one)
