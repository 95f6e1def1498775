"""The loss of a problem with two parameters on a plane, for the pictures of paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.problems import Problem
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import NUMPY


def loss_plane(problem: Problem, size: str, seed: int, sides: Sequence[Any]) -> Any:
    """The loss at (x[j], y[i]), (m, n), the two numbers of the parameters in their order.

    Of one number, where y is empty, the loss at x[j], (n,).
    """
    instance, xp = problem.instance(size, seed), NUMPY
    layout = Layout.of(instance.params)
    x, y = (np.asarray(side, dtype=np.float64) for side in sides)
    line = not len(y)
    z = np.empty(len(x) if line else (len(y), len(x)))
    with np.errstate(all="ignore"):  # beyond its domain a loss is no number, and no warning
        for place in np.ndindex(z.shape):
            point = [x[place[-1]]] if line else [x[place[1]], y[place[0]]]
            z[place] = problem.loss(xp, layout.views(np.array(point)), instance.data)
    return z
