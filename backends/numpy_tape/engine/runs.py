"""The random numbers ξ of the perturbed runs: ±(½ ... 1½), scaled to mean square one.

Two equal ±1 might cancel. In some runs ξ is one number for the whole array of a result: that is the
bias of a function that always rounds to one side.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems import Array

_MEAN_SQUARE = 13 / 12  # of a number uniform in ½ ... 1½

_AHEAD = 4096
"""Random numbers that are made at a time."""

_BLOCK = 1 << 15
"""Of many, as many as a cache holds."""


class Runs:
    """The random numbers of the perturbed runs, and the longest accumulation seen in them.

    independent, shared: how many runs have a ξ for every entry, and one ξ for every array.
    step: the precision ε whose errors are meant, to all orders; 0 for the first order alone.
    within: a dtype whose range every result is in: what it overflows to, and what is left of it
    under its smallest normal number; None for that of longdouble. above: whether what it overflows
    to counts. by_hand: whether functions are computed from others, as a power from a logarithm, and
    err by more than their last digit. double: whether the unperturbed arrays are of float64: what
    moves is known to as many digits, and needs no more. primitives: the names of all that was
    computed.
    """

    def __init__(
        self,
        seed: Any,
        independent: int,
        shared: int,
        step: float = 0.0,
        within: np.dtype[Any] | None = None,
        by_hand: bool = False,
        above: bool = True,
        double: bool = False,
    ) -> None:
        self.independent, self.shared, self.step = independent, shared, step
        self.double = double
        self.within, self.by_hand, self.above = within, by_hand, above
        self.longest = 0
        self.primitives: set[str] = set()
        self._rng = np.random.default_rng(seed)
        self._ahead = np.empty(0, np.float32)

    @property
    def count(self) -> int:
        """The number of runs."""
        return self.independent + self.shared

    def each(self, shape: tuple[int, ...]) -> Array:
        """New ξ, (count, *shape)."""
        return self.sized(np.ones(()), shape)

    def sized(self, deviation: Any, shape: tuple[int, ...]) -> Array:
        """New ξ times their deviation, which broadcasts to the shape; (count, *shape)."""
        xi = np.empty((self.count, *shape))
        kinds = (self.independent, *shape), (self.shared, *(1,) * len(shape))
        for part, own in zip((xi[: self.independent], xi[self.independent :]), kinds, strict=True):
            np.multiply(self._draw(own), deviation, out=part, dtype=np.float64)
        return xi

    def one(self, rank: int) -> Array:
        """New ξ, one for each run, with `rank` axes of length 1 behind."""
        return self._draw((self.count, *(1,) * rank)).astype(np.float64)

    def _draw(self, shape: tuple[int, ...]) -> Array:
        """Float32: nobody needs more digits of a random number, and there are many.

        A few thousand are made at a time: a loop asks for a handful in each of its rounds.
        """
        count = math.prod(shape)
        if count > len(self._ahead):
            found = np.empty(max(count, len(self._ahead) + _AHEAD), np.float32)
            found[: len(self._ahead)] = self._ahead
            for i in range(len(self._ahead), len(found), _BLOCK):
                self._fill(found[i : i + _BLOCK])
            self._ahead = found
        found, self._ahead = self._ahead[:count], self._ahead[count:]
        return found.reshape(shape)

    def _fill(self, xi: Array) -> None:
        self._rng.random(out=xi, dtype=np.float32)
        xi -= 0.5
        xi += np.copysign(np.float32(0.25), xi)
        xi *= 2.0 / math.sqrt(_MEAN_SQUARE)
