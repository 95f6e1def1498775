"""How rounding moves the result of a maximum, or of |x|, where numbers tie for it.

Rounding may take any of the tied numbers for the result. A unit at 0 that is off by itself moves by
nothing, and by its own error once it is on; so the result moves as the number does that moves most.
"""

from __future__ import annotations

import numpy as np

from gradparity.problems import Array


def most_moved(tied: Array, moves: Array, axis: tuple[int, ...], own: Array) -> Array:
    """Return `own`, the moves of a result, or of the tied number that moves most where some tie.

    tied: (*shape), which of the numbers tie. moves: (K, *shape), of each in every run. axis: over
    which they tie. own: (K, *rest), rest being shape without axis.
    """
    ahead, runs = range(len(axis)), len(moves)
    tied = np.moveaxis(tied, axis, ahead)
    tied = tied.reshape(-1, *tied.shape[len(axis) :])
    by_number = np.moveaxis(moves, [1 + a for a in axis], [1 + a for a in ahead])
    by_number = by_number.reshape(runs, *tied.shape)
    with np.errstate(all="ignore"):
        sizes = np.where(tied, np.mean(np.square(by_number, dtype=np.longdouble), axis=0), -1.0)
    most = np.argmax(sizes, axis=0)
    found = np.take_along_axis(by_number, most[np.newaxis, np.newaxis], axis=1)[:, 0]
    some = tied.any(axis=0)
    return np.where(some, found, own.reshape(found.shape)).reshape(own.shape)
