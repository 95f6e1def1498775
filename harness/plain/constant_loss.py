"""A loss that reads none of its parameters has the gradient 0, and says nothing of anybody's.

It is nearly always a mistake: a model from outside is called, with its own weights, where the
parameters that the function is given are meant.
"""

from __future__ import annotations

from gradparity.harness.findings.finding import Finding
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.steps.translation import Unmoved, Untranslatable
from gradparity.problems import InputError


class ConstantLossError(InputError):
    """A loss is the same number wherever its parameters are."""


def refuse_constant(asked: PlainGradient, found: Finding, reason: Untranslatable) -> None:
    """Raise ConstantLossError where a right gradient is 0 because the loss reads no parameter.

    A loss of steps, as an accuracy, reads them: it has another value far away.
    """
    if not found.right or not isinstance(reason, Unmoved):
        return
    values = []
    for scale, shift in ((1, 0), (-2, 3), (0.25, -50)):
        point = {path: scale * x + shift for path, x in asked.point.items()}
        try:
            values.append(float(asked.caller("float64", point).loss(asked.loss, once=True)))
        except InputError:  # it does move where it is not defined everywhere
            return
    if len(set(values)) == 1:
        raise ConstantLossError(
            f"the loss reads no parameter: it is {values[0]:g} wherever they are; compute it from "
            "what the function is given, as torch.func.functional_call(model, params, x) does, "
            "and not from a model or array from outside"
        )
