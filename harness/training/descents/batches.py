"""Mini-batches: which cases each step sees, decided by the seed alone, whatever the backend.

An epoch is a permutation of all n cases; its steps take `size` of them, one after the other. The
last n mod size cases of a permutation are left out, other ones in every epoch.
"""

from __future__ import annotations

import numpy as np

from gradparity.problems import Arrays, Problem

DOMAIN = 2
"""Keeps the generator of the batches apart from those that draw instances and directions."""


def count(problem: Problem, data: Arrays) -> int:
    """How many cases these data have."""
    return len(data[problem.cases[0]])


class Batches:
    """The batches of a descent. per_epoch: how many an epoch has."""

    def __init__(self, problem: Problem, data: Arrays, size: int, seed: int) -> None:
        self.cases = problem.cases
        self.data = data
        self.size = size
        self.seed = seed
        self.total = count(problem, data)
        self.per_epoch = self.total // size
        self._epoch = -1
        self._order = np.arange(0)

    def rows(self, step: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Which cases the step of this number sees, (size,); steps count from 0."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, DOMAIN, epoch])
            self._epoch, self._order = epoch, rng.permutation(self.total)
        return self._order[place * self.size : (place + 1) * self.size]

    def batch(self, step: int) -> Arrays:
        """The data that the step sees: rows of the arrays that run over cases, the others whole."""
        rows = self.rows(step)
        return {name: x[rows] if name in self.cases else x for name, x in self.data.items()}
