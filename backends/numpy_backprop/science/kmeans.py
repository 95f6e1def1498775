"""The gradient of `problems.science.kmeans`.

Point i counts for its nearest centre k(i) alone, whose distance changes by 2 (c_k - x_i):

    d f / d c_k = Σ_{i: k(i) = k} 2 (c_k - x_i) = 2 (n_k c_k - Σ x_i).

At a tie the first of the nearest centres has the point: one of the subgradients, a convention.
‖x - c‖² is compared without ‖x‖², as ‖c‖² - 2 x·c, whose matrix is one product; the chosen distance
is then taken from the difference itself, which does not cancel. Sums by centre: x in the order of
its centres, added up from one to the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.kmeans import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and 2 Σ (c_k - x_i) over the points of each centre."""
    x, c = data["x"], params["c"]
    nearest = np.argmin(np.einsum("kd,kd->k", c, c) - 2.0 * (x @ c.T), axis=1)
    order = np.argsort(nearest, kind="stable")
    apart = c[nearest[order]] - x[order]
    used, starts = np.unique(nearest[order], return_index=True)
    slope = np.zeros_like(c)
    slope[used] = 2.0 * np.add.reduceat(apart, starts, axis=0)
    return np.sum(np.square(apart)), {"c": slope}


DERIVATIONS: dict[str, Derive] = {"kmeans": by_gradient(loss, gradient)}
