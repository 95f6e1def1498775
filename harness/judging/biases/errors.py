"""Signed errors of the numbers of one array, and what rounding would have made of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradparity.problems import Array

_FEW = 64
"""Numbers that are needed to see that all are cut off."""


@dataclass(frozen=True, slots=True, eq=False)
class OtherFormula:
    """What a gradient would be if its backward recomputed another function.

    key: of the cause. text: what is done wrongly. difference: (that gradient - the true one) / eps.
    """

    key: str
    text: str
    difference: Array


@dataclass(frozen=True, eq=False)
class SignedErrors:
    """The errors of a parameter's gradient, in units of eps.

    parameter: its name. true: the true gradient; moves: M of each number; errors: (got - true) /
    eps; runs: (K, *shape), the errors that rounding after every operation makes, at random, with a
    mean square of one eps for each operation: 3.5 times what rounding to nearest does.
    value: of the parameter itself. All float64, of one shape. others: what mistakes would make.
    """

    parameter: str
    true: Array
    moves: Array
    errors: Array
    runs: Array
    value: Array
    others: tuple[OtherFormula, ...] = ()

    @cached_property
    def weights(self) -> Array:
        """One over the square of the scale on which a number may be off; 0 where it has none."""
        square = np.square(self.moves) + np.square(self.true)
        least = 1e-12 * np.max(square, initial=0)
        found: Array = np.where(square > least, 1.0 / np.maximum(square, least or 1.0), 0.0)
        return np.where(np.isfinite(self.errors), found, 0.0)

    @cached_property
    def rows(self) -> Array:
        """The errors and then the runs, (1 + K, *shape), not finite ones as 0."""
        own = np.where(np.isfinite(self.errors), self.errors, 0.0)
        return np.concatenate([own[np.newaxis], self.runs])

    @cached_property
    def cut(self) -> bool:
        """Whether the numbers are cut off rather than rounded: to one side, by more than half."""
        with np.errstate(all="ignore"):
            half = np.exp2(np.floor(np.log2(np.abs(self.true)))) / 2  # of a last digit, in eps
            side = self.errors * np.sign(self.true)
        known = (self.weights > 0) & (half > 0)
        if np.count_nonzero(known) < _FEW:
            return False
        beyond = np.mean(np.abs(side[known]) > 1.1 * half[known])
        one_side = np.mean(side[known] <= 0.1 * half[known])
        return bool(beyond > 0.25 and max(one_side, 1 - one_side) > 0.95)

    @property
    def total(self) -> float:
        """The weighted sum of the squares of the errors."""
        return float(np.sum(self.weights * np.square(self.rows[0])))
