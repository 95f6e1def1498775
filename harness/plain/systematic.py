"""Whether an error is no rounding: it is about as large, to the same side, at points beside.

One answer in one precision does not tell poor arithmetic from a small error in the formula; other
points do. Rounding differs from point to point, in sign and in size, and what is wrong with a
formula does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import Finding
from gradparity.harness.plain.judging import truth_of
from gradparity.harness.plain.steps.translation import Translation
from gradparity.problems import Arrays

# Points beside the given one, and how far, relative to each number.
_BESIDE, _APART = 6, 0.01
# Errors whose sizes are within this factor of one another, of one sign, are no rounding.
_ALIKE = 3.0


def is_systematic(
    answered: Callable[[Arrays], Answer],
    translated: Callable[[Arrays], Translation],
    point: Arrays,
    seed: int,
    found: Finding,
) -> bool:
    """Whether the worst number of a finding at `point` is off by about as much beside it.

    answered, translated: point -> value and gradient, and the loss as it was read off there.
    """
    worst = found.worst
    if worst is None or worst.index is None:
        return False
    rng = np.random.default_rng((seed, 7))
    errors = []
    for _ in range(_BESIDE):
        beside = {name: _moved(x, rng) for name, x in point.items()}
        truth = truth_of(translated(beside), beside, seed).exact
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
