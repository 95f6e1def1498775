"""The history of a descent while it grows: all iterates to a thousand, then 200 per factor of ten.

A descent of 10⁶ steps then leaves 1600 descents, which a logarithmic axis cannot tell from all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.results.records.descent import History

ALL = 1000
PER_FACTOR_OF_TEN = 200


def wanted(step: int) -> bool:
    """Whether the iterate of this number is recorded."""
    return step <= ALL or _place(step) > _place(step - 1)


def _place(step: int) -> int:
    # The small number keeps the powers of ten, whose logarithm may come out just below, in place.
    return math.floor(PER_FACTOR_OF_TEN * math.log10(step) + 1e-9)


class GrowingHistory:
    """Entries, one per recorded iterate. names: of the parameters; () where no norms are kept.

    timed: whether seconds are kept. plane: whether the parameters, one or two, are.
    """

    def __init__(self, names: tuple[str, ...], timed: bool, plane: bool) -> None:
        self._names, self._timed, self._plane = names, timed, plane
        self._rows: list[tuple[int, float, int, float]] = []
        self._norms: list[Mapping[str, float]] = []
        self._path: list[np.ndarray[Any, Any]] = []

    @property
    def last(self) -> int:
        """The number of the last recorded iterate; -1 without any."""
        return self._rows[-1][0] if self._rows else -1

    def add(
        self,
        step: int,
        loss: float,
        evaluations: int,
        seconds: float,
        norms: Mapping[str, float],
        point: np.ndarray[Any, Any] | None,
    ) -> None:
        """Append the iterate: its loss, what it took to know it, norms ({} if unknown), place."""
        self._rows.append((step, loss, evaluations, seconds))
        self._norms.append(norms)
        if self._plane and point is not None:
            self._path.append(point)

    def copy(self) -> GrowingHistory:
        """One of its own with the same descents."""
        other = GrowingHistory(self._names, self._timed, self._plane)
        other._rows, other._norms = [*self._rows], [*self._norms]
        other._path = [*self._path]
        return other

    def complete(self, step: int, norms: Mapping[str, float]) -> None:
        """Give the last planned, if it is of this iterate, the norms that it lacked."""
        if self.last == step and not self._norms[-1]:
            self._norms[-1] = norms

    def history(self) -> History:
        """What has been recorded, as arrays."""
        table = np.array(self._rows, dtype=np.float64).reshape(-1, 4)
        steps, losses, evaluations, seconds = np.ascontiguousarray(table.T)
        return History(
            steps=steps,
            losses=losses,
            evaluations=evaluations,
            seconds=seconds if self._timed else None,
            norms={
                name: np.array([norms.get(name, math.nan) for norms in self._norms])
                for name in self._names
            },
            path=np.array(self._path, dtype=np.float64) if self._plane else None,
        )
