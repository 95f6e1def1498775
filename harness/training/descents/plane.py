"""The loss of a problem with two parameters on a plane, for the pictures of paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.problems import Namespace, Problem


def loss_plane(problem: Problem, size: str, seed: int, sides: Sequence[Any]) -> Any:
    """The loss at (x[j], y[i]), (m, n), the two numbers of the parameters in their order."""
    instance, xp = problem.instance(size, seed), Namespace("numpy", np)
    shapes = {name: np.shape(array) for name, array in instance.params.items()}
    x, y = (np.asarray(side, dtype=np.float64) for side in sides)
    z = np.empty((len(y), len(x)))
    for i, j in np.ndindex(z.shape):
        numbers, params, used = (x[j], y[i]), {}, 0
        for name, shape in shapes.items():
            count = int(np.prod(shape))
            params[name] = np.array(numbers[used : used + count]).reshape(shape)
            used += count
        z[i, j] = problem.loss(xp, params, instance.data)
    return z
