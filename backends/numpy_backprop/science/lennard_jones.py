"""The gradient of `problems.science.lennard_jones`: minus the forces.

A pair's energy is 4 s (s - 1) with s = r^-6, and d s / d(r²) = -3 s / r². So

    d e / d(r²) = 4 (2 s - 1) (-3 s / r²) = -12 s (2 s - 1) / r²,
    d e / d x_i = 2 (x_i - x_j) d e / d(r²) = -d e / d x_j.

A pair's share is added to one atom and taken from the other, so that the forces add up to 0. Shares
are collected with `bincount`, one coordinate at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.backends.numpy_backprop.contract.vectors import collected, inner
from gradparity.problems import Arrays
from gradparity.problems.science.lennard_jones import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The energy, and its derivative by every coordinate, (N, 3)."""
    x, first, second = params["x"], data["first"], data["second"]
    columns = np.ascontiguousarray(x.T)
    apart = np.take(columns, first, axis=1)
    apart -= np.take(columns, second, axis=1)
    inverse = 1.0 / inner(apart, apart)
    s = inverse * inverse
    s *= inverse
    share = 2.0 * s
    share -= 1.0
    share *= s
    share *= inverse
    share *= -24.0
    apart *= share
    slope = collected(apart, first, len(x))
    slope -= collected(apart, second, len(x))
    return 4.0 * np.sum(s * (s - 1.0)), {"x": slope}


DERIVATIONS: dict[str, Derive] = {"lennard-jones": by_gradient(loss, gradient)}
