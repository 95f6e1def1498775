"""A loss that runs in float32 alone: read off, and answered, in float32.

The truth is that of the steps that were read, in extended precision. Points beside tell poor
arithmetic from a small error in the formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gradparity.backends import Answer
from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.words import held_constant
from gradparity.harness.plain.judging import judged
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.harness.plain.systematic import is_systematic
from gradparity.problems import Arrays, InputError


def judged_alone(
    answered: Callable[[Arrays], Answer],
    asked: PlainGradient,
    seed: int,
    seconds: float,
    reason: InputError,
) -> Finding:
    """What is found of the float32 answer at the point, where `reason` says why there is no other.

    answered: point -> value and gradient in float32. seconds: how long a cause is looked for.
    Raises: InputError if the loss cannot be read off, for differences of a float32 loss say
    nothing.
    """
    point = asked.point
    answer = answered(point)
    try:
        translation = asked.translated("float32")
        if lost := translation.without(asked.constants):
            raise Untranslatable(f"derivatives do not pass through {held_constant(lost)}")
        found = judged(translation, point, {"float32": answer}, seed, seconds)
        if found.status == "low-precision" and is_systematic(
            answered, partial(asked.translated, "float32"), point, seed, found
        ):
            found = replace(found, status="formula")
    except Untranslatable as error:
        raise InputError(
            f"{reason}; in float32, in which it runs, it cannot be judged either: {error}"
        ) from error
    because = str(reason).partition(":")[0]
    held = translation.held + translation.lost
    return replace(found, held=held, oracle=f"{found.oracle}, in float32 alone, because {because}")
