"""Parameters of whose gradient a loss determines no digit: rounding alone has lost them all.

Of a map iterated until it is chaotic, or sin(10¹⁴ p), any gradient is within rounding, a wrong sign
too. Within rounding are also the gradients at an optimum and of a saturated network; but they are
small, and that they are is known. So two things are asked of a parameter θ:

    C ε (M_i + |g_i|) ≥ |g_i| of one of its numbers: an error of all of it is within the bound.
    Σ |g_i θ_i| > 10⁹ V, V = max |loss| at θ and 10⁻⁶ θ beside it: already there the loss does not
    follow its slope, which at an optimum, and in the tail of a sigmoid, it does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.rounding import NONE, perturbed
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Array

_BESIDE, _APART, _STEEP = 4, 1e-6, 1e9


def lost_digits(truth: Truth, dtype: str, accused: bool) -> tuple[str, ...]:
    """Return the parameters of whose gradient nothing can be said in `dtype`.

    accused: whether the answer is off by more than rounding; then rounding θ has to move the loss
    by more than there is of it, C ε Σ |g_i θ_i| > V.
    """
    if truth.operator != "gradient" or not np.isfinite(truth.exact[""]):
        return ()
    wide = truth.bound * EPS[dtype]
    moving = {}
    for name, x in truth.instance.params.items():
        g = np.abs(truth.exact[name])
        least = np.sum(g * _size(x)) * (wide if accused else 1 / _STEEP)
        undetermined = (g > 0) & (wide * (truth.moves[name] + g) >= g)
        if np.any(undetermined) and np.abs(truth.exact[""]) < least < np.inf:
            moving[name] = least
    if not moving:
        return ()
    rng = np.random.default_rng((0, 8))
    largest = max(_beside(truth, rng) for _ in range(_BESIDE))
    # A loss that is 0 in longdouble too has been rounded away, as that of a trained classifier.
    return tuple(name for name, least in moving.items() if least > largest > 0)


def _size(x: Array) -> Array:
    """|x|, of zeros that of the largest."""
    size = np.abs(np.asarray(x, np.longdouble))
    return np.where(size == 0, np.max(size, initial=0) or np.longdouble(1), size)


def _beside(truth: Truth, rng: np.random.Generator) -> float:
    """|loss| at a point beside; 0 where it is not finite."""
    params = {
        name: np.asarray(x, np.longdouble) + _APART * rng.uniform(-1, 1, np.shape(x)) * _size(x)
        for name, x in truth.instance.params.items()
    }
    near = replace(truth.instance, params=params)
    value = abs(float(perturbed(truth.problem, near, "value", 0, NONE).exact[""]))
    return value if np.isfinite(value) else 0.0
