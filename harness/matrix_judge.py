"""The judge of a Hessian or a Jacobian: every row of a small one, a sample of a large one.

A row is the gradient of a scalar loss, and so is a combination of rows
(`harness/derived_oracles.py`): each is judged as a gradient is, parameter by parameter. Of a large
matrix the judge sees four random combinations of all rows, the row with the largest entry of every
answer, and the row where two answers differ most. What fails in a combination is located by
bisection of its rows, as components are.

A Hessian needs no test of its symmetry: the true one is symmetric, and the answer is held to it.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from harness.array_judge import PARTS, ArrayJudge, array_judges, bisected, random_directions
from harness.derived_oracles import Rows, split
from harness.oracle import Oracle
from harness.verdict import Finding
from problems import Arrays

Array = Any

# Every row of a matrix is judged up to this many.
EVERY_ROW = 32
# Rows of an answer that are taken to longdouble at a time.
_BLOCK = 1 << 20


class MatrixJudge:
    """Findings on a matrix: per label, the largest error seen; indices are flat, in C order.

    name: "hessian" or "jacobian". params: whose flat order the columns have.
    matrices: label -> (rows.count, P). floor: added to every scale, what underflow may lose.
    """

    def __init__(
        self,
        name: str,
        rows: Rows,
        params: Arrays,
        matrices: dict[str, Array],
        bound: float,
        floor: float,
        rng: np.random.Generator,
    ) -> None:
        self.name, self._rows, self._params, self._matrices = name, rows, params, matrices
        self._bound, self._floor, self._rng = bound, floor, rng
        sizes = [int(np.size(x)) for x in params.values()]
        self._columns = sum(sizes)
        starts = np.cumsum([0, *sizes[:-1]]).tolist()
        self._starts: dict[str, int] = dict(zip(params, starts, strict=True))
        self._lines: list[tuple[int, ArrayJudge]] = []
        self._mixed: list[tuple[Array, ArrayJudge]] = []
        every = rows.count <= EVERY_ROW
        for row in range(rows.count) if every else self._picked():
            self._judge_row(row)
        # A NaN would spoil every combination: such an answer is judged by its rows alone.
        whole = {label: x for label, x in matrices.items() if np.isfinite(x).all()}
        if not every and whole:
            for weights in random_directions(rows.count, rng):
                combined = {label: _combined(weights, x) for label, x in whole.items()}
                judges = self._judges(rows.combine(weights), combined)
                self._mixed += [(weights, judge) for judge in judges]

    @property
    def findings(self) -> dict[str, Finding]:
        """The worst finding of each label; of those beyond the bound, one at a row if there is."""
        return {label: self._worst(label)[0] for label in self._matrices}

    def located(self, label: str) -> Finding:
        """Return the finding for `label`, at an entry if one can be told."""
        found, row, judge = self._worst(label)
        if found.error <= self._bound:
            return found
        if row is not None:
            return self._placed(row, judge.located(label))
        row = self._search(label, judge)
        if row is None:
            return found
        self._judge_row(row)
        _, row, judge = self._worst(label)
        return found if row is None else self._placed(row, judge.located(label))

    def pair(self, first: str, second: str) -> tuple[float, int]:
        """Return the largest relative difference of two answers, and its flat index."""
        worst = (0.0, 0)
        for row, judge in self._lines:
            error, flat = judge.pair(first, second)
            if error > worst[0]:
                worst = error, self._flat(row, judge.name, flat)
        return worst

    def _picked(self) -> list[int]:
        """The rows of the largest entries, of the largest differences, of what is not finite."""
        picked: set[int] = set()
        for matrix in self._matrices.values():
            broken = np.flatnonzero(~np.isfinite(matrix).all(axis=1))[:PARTS]
            picked.update(broken.tolist())
            picked.add(_top_row(matrix))
        for first, second in itertools.combinations(self._matrices.values(), 2):
            with np.errstate(invalid="ignore"):
                picked.add(_top_row(first - second))
        return sorted(picked)

    def _judge_row(self, row: int) -> None:
        flat = {label: x[row].astype(np.longdouble) for label, x in self._matrices.items()}
        self._lines += [(row, judge) for judge in self._judges(self._rows.row(row), flat)]

    def _judges(self, oracle: Oracle, flat: dict[str, Array]) -> list[ArrayJudge]:
        answers = {label: split(x, self._params) for label, x in flat.items()}
        return array_judges(oracle, self._params, answers, self._bound, self._floor, self._rng)

    def _worst(self, label: str) -> tuple[Finding, int | None, ArrayJudge]:
        """The worst finding, the row it is in (None for a combination) and who found it."""
        found = [(judge.findings[label], row, judge) for row, judge in self._lines]
        row_ = max(found, key=lambda f: f[0].error)
        if row_[0].error > self._bound:
            return self._placed(row_[1], row_[0]), row_[1], row_[2]
        mixed = [judge for _, judge in self._mixed if label in judge.findings]
        worst = max(mixed, key=lambda judge: judge.findings[label].error, default=None)
        if worst is None or worst.findings[label].error <= row_[0].error:
            return self._placed(row_[1], row_[0]), row_[1], row_[2]
        return replace(worst.findings[label], parameter=self.name, index=None), None, worst

    def _placed(self, row: int, found: Finding) -> Finding:
        index = None if found.index is None else self._flat(row, found.parameter, found.index)
        return replace(found, parameter=self.name, index=index)

    def _flat(self, row: int, parameter: str, index: int) -> int:
        return row * self._columns + self._starts[parameter] + index

    def _search(self, label: str, judge: ArrayJudge) -> int | None:
        """Return the row to which the error of a combination leads; None without a column."""
        found = judge.located(label)
        if found.index is None:
            return None
        weights = next(w for w, mixed in self._mixed if mixed is judge)
        column = self._matrices[label][:, self._starts[judge.name] + found.index]
        unit = self._rows.row(0).units(judge.name, np.array([found.index]))

        def errors(parts: Array) -> Array:
            oracles = [self._rows.combine(part) for part in parts]
            true = [oracle.derivatives(judge.name, unit)[0] for oracle in oracles]
            return np.abs(parts.astype(np.longdouble) @ column - np.array(true))

        return bisected(weights, errors)


def _top_row(matrix: Array) -> int:
    """The row of the largest finite entry."""
    sizes = np.where(np.isfinite(matrix), np.abs(matrix), 0)
    return int(np.argmax(sizes) // matrix.shape[1])


def _combined(weights: Array, matrix: Array) -> Array:
    """Weights · matrix in longdouble, without a copy of the matrix in it."""
    step = max(1, _BLOCK // matrix.shape[1])
    total: Array = np.zeros(matrix.shape[1], np.longdouble)
    for start in range(0, len(matrix), step):
        part = slice(start, start + step)
        total += weights[part].astype(np.longdouble) @ matrix[part].astype(np.longdouble)
    return total
