"""Two directions through a point of a loss in many parameters.

Random ones are filter-normalised: the weights into each unit, a column of W, get the length that
the weights at the point have, so that scale does not make a valley look sharp or flat; biases
likewise, as one vector. Beside the gradient, a random direction is made orthogonal to it.
Source: Li, Xu, Taylor, Studer, Goldstein, Visualizing the loss landscape of neural nets, NeurIPS
2018, section 4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gradparity.problems import Arrays
from gradparity.problems.layout import Layout

Vectors = npt.NDArray[np.float64]


def filter_normalised(direction: Arrays, trained: Arrays) -> Arrays:
    """A direction with the length of the trained weights, unit by unit (columns of W)."""
    scaled = {}
    for name, drawn in direction.items():
        axis = 0 if np.ndim(drawn) == 2 else None
        length = np.sqrt(np.sum(np.square(drawn), axis=axis))
        wanted = np.sqrt(np.sum(np.square(trained[name]), axis=axis))
        scaled[name] = drawn * (wanted / np.where(length == 0.0, 1.0, length))
    return scaled


def random_pair(layout: Layout, centre: Vectors, seed: int) -> Vectors:
    """Two filter-normalised directions (2, P) through `centre` (P,)."""
    rng = np.random.default_rng(seed)
    here = layout.views(centre)
    drawn = [
        {name: rng.standard_normal(np.shape(held)) for name, held in here.items()} for _ in range(2)
    ]
    return np.array([layout.flatten(filter_normalised(one, here)) for one in drawn])


def beside_gradient(gradient: Vectors, centre: Vectors, seed: int) -> Vectors:
    """Minus the gradient, and a random direction at right angles to it; both as long as `centre`.

    Where the centre is 0 they have length 1; where the gradient is 0 the first is random, too.
    """
    rng = np.random.default_rng(seed)
    first = -gradient if np.any(gradient) else rng.standard_normal(len(centre))
    first = first / np.linalg.norm(first)
    second = rng.standard_normal(len(centre))
    second -= (second @ first) * first
    return np.array([first, second / np.linalg.norm(second)]) * (np.linalg.norm(centre) or 1.0)


def along_axes(size: int, first: int, second: int) -> Vectors:
    """The directions (2, P) of two parameters alone, by their places."""
    found = np.zeros((2, size))
    found[0, first] = found[1, second] = 1.0
    return found
