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
from gradparity.problems import Arrays
from gradparity.problems.science.lennard_jones import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The energy, and its derivative by every coordinate, (N, 3)."""
    x, first, second = params["x"], data["first"], data["second"]
    apart = x[first] - x[second]
    inverse = 1.0 / np.einsum("pd,pd->p", apart, apart)
    s = inverse * inverse * inverse
    share = (-24.0 * (s * (2.0 * s - 1.0) * inverse))[:, None] * apart
    slope = np.empty_like(x)
    for axis in range(3):
        of_pair, atoms = share[:, axis], len(x)
        slope[:, axis] = np.bincount(first, of_pair, atoms) - np.bincount(second, of_pair, atoms)
    return 4.0 * np.sum(s * (s - 1.0)), {"x": slope}


DERIVATIONS: dict[str, Derive] = {"lennard-jones": by_gradient(loss, gradient)}
