"""A loss that runs in float32 alone: read off, and answered, in float32.

The truth is that of the steps that were read, in extended precision. One answer in one dtype does
not tell poor arithmetic from a small error in the formula; other points do. Rounding differs from
point to point, in sign and in size, and what is wrong with a formula does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.words import held_constant
from gradparity.harness.plain.judging import judged, truth_of
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Arrays, InputError

# Points beside the given one, and how far, relative to each number.
_BESIDE, _APART = 6, 0.01
# Errors whose sizes are within this factor of one another, of one sign, are no rounding.
_ALIKE = 3.0


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
        if found.status == "low-precision" and _is_systematic(answered, asked, seed, found):
            found = replace(found, status="formula")
    except Untranslatable as error:
        raise InputError(
            f"{reason}; in float32, in which it runs, it cannot be judged either: {error}"
        ) from error
    because = str(reason).partition(":")[0]
    held = translation.held + translation.lost
    return replace(found, held=held, oracle=f"{found.oracle}, in float32 alone, because {because}")


def _is_systematic(
    answered: Callable[[Arrays], Answer], asked: PlainGradient, seed: int, found: Finding
) -> bool:
    """Whether the worst number is off by about as much, to the same side, at points beside."""
    worst = found.worst
    if worst is None or worst.index is None:
        return False
    rng = np.random.default_rng((seed, 7))
    errors = []
    for _ in range(_BESIDE):
        beside = {name: _moved(x, rng) for name, x in asked.point.items()}
        truth = truth_of(asked.translated("float32", beside), beside, seed).exact
        got: Any = answered(beside)
        have = got.derivative[worst.parameter] if worst.parameter else got.value
        true = truth[worst.parameter][worst.index]
        errors.append(float(np.asarray(have)[worst.index] - true) / max(abs(float(true)), 1e-300))
    sizes = np.abs(errors)
    alike = abs(np.sum(np.sign(errors))) == len(errors)
    return bool(alike and np.max(sizes) <= _ALIKE * np.min(sizes))


def _moved(x: Any, rng: np.random.Generator) -> Any:
    moved = x * (1 + _APART * rng.uniform(-1, 1, np.shape(x)))
    return np.asarray(moved, np.float32).astype(np.float64)
