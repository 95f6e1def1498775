"""The regressions of `problems.regression`: every operator, by hand, in one sweep over the rows.

With z = x w and per case c a term φ(z_c, y_c) of the loss, and s = 1/n or 1,

    loss      s Σ_c φ(z_c, y_c)
    gradient  s xᵀ φ′
    jvp       s φ′ · x v
    hvp       s xᵀ (φ″ ⊙ x v)
    hessian   s xᵀ diag(φ″) x
    jacobian  x/√n, of the residuals of the linear regression

φ, φ′ and φ″ are in `regression_terms`. All of x is read twice, for x w and for xᵀ φ′, and that is
what takes the time. So x is cut into blocks of rows that fit the cache: a block is read from memory
for its share of z, and found in the cache for its share of the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.blocks import aligned, blocks
from gradparity.backends.numpy_backprop.contract.composed import refuse_large
from gradparity.backends.numpy_backprop.contract.derivation import (
    Derivation,
    Derive,
    Further,
    Operate,
)
from gradparity.backends.numpy_backprop.regression_terms import (
    LinearTerms,
    LogisticTerms,
    PoissonTerms,
    Terms,
)
from gradparity.problems import Arrays

BLOCK_BYTES = 1 << 20
"""Bytes of x in a block of rows: half a second-level cache of 2 MiB, measured the best there."""

FEWEST_ROWS = 32
"""Rows of a block at the least; with fewer, calls on short vectors cost more than memory does."""

MOST_ROWS = 1 << 14
"""Rows of a block at the most: four or five vectors like z must fit the cache as well, and BLAS
adds up xᵀ φ′ row after row, so that shorter sums keep more of float32's digits."""


class Sweep:
    """One sweep over the rows for a kind of regression, in reused buffers.

    terms: φ and its derivatives. scale: s as above, from the number of cases.
    params: w (d,). data: x (n, d), y (n,).
    """

    def __init__(
        self, terms: type[Terms], scale: Callable[[int], float], params: Arrays, data: Arrays
    ) -> None:
        (n, d), dtype = data["x"].shape, data["x"].dtype
        fitting = BLOCK_BYTES // (d * dtype.itemsize)
        rows = min(n, MOST_ROWS, max(FEWEST_ROWS, fitting))
        self.scalar, self.scale = dtype.type, scale(n)
        self.terms = terms(rows, dtype)
        self.steps = blocks(n, dtype, 2, rows)
        self.total, self.share = aligned(d, dtype), aligned(d, dtype)
        self.answer = {"w": self.total}

    def value(self, params: Arrays, data: Arrays) -> Any:
        """The loss."""
        x, y, w = data["x"], data["y"], params["w"]
        loss = 0.0
        for cut, z, _ in self.steps:
            np.dot(x[cut], w, out=z)
            loss += self.terms.value(z, y[cut])
        return self.scalar(self.scale * loss)

    def gradient(self, params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        """The loss and s xᵀ φ′."""
        x, y, w = data["x"], data["y"], params["w"]
        loss = 0.0
        for cut, z, slope in self.steps:
            rows = x[cut]
            np.dot(rows, w, out=z)
            loss += self.terms.value_slope(z, y[cut], slope)
            self._collect(rows, slope, cut.start == 0)
        return self.scalar(self.scale * loss), self._scaled()

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Any]:
        """The loss and s φ′ · x v."""
        x, y, w, v = data["x"], data["y"], params["w"], direction["w"]
        loss = along = 0.0
        for cut, z, slope in self.steps:
            rows = x[cut]
            np.dot(rows, w, out=z)
            loss += self.terms.value_slope(z, y[cut], slope)
            np.dot(rows, v, out=z)
            along += float(np.dot(slope, z))
        return self.scalar(self.scale * loss), self.scalar(self.scale * along)

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        """The Hessian times v, s xᵀ (φ″ ⊙ x v)."""
        x, w, v = data["x"], params["w"], direction["w"]
        for cut, z, turn in self.steps:
            rows = x[cut]
            np.dot(rows, v, out=turn)
            if not self.terms.quadratic:
                np.dot(rows, w, out=z)
                np.multiply(turn, self.terms.bend(z), out=turn)
            self._collect(rows, turn, cut.start == 0)
        return self._scaled()

    def _collect(self, rows: Any, slope: Any, first: bool) -> None:
        """Add rowsᵀ slope to the total."""
        if first:
            np.dot(rows.T, slope, out=self.total)
        else:
            np.add(self.total, np.dot(rows.T, slope, out=self.share), out=self.total)

    def _scaled(self) -> Arrays:
        if self.scale != 1.0:
            np.multiply(self.total, self.scale, out=self.total)
        return self.answer


def _derive(terms: type[Terms], scale: Callable[[int], float]) -> Derive:
    def derive(params: Arrays, data: Arrays) -> Derivation:
        sweep = Sweep(terms, scale, params, data)
        return Derivation(sweep.value, sweep.gradient)

    return derive


def _further(terms: type[Terms], scale: Callable[[int], float]) -> Further:
    def make_jvp(params: Arrays, data: Arrays) -> Operate:
        return Sweep(terms, scale, params, data).jvp

    def make_hvp(params: Arrays, data: Arrays) -> Operate:
        return Sweep(terms, scale, params, data).hvp

    def make_hessian(params: Arrays, data: Arrays) -> Operate:
        """As rᵀ r with r = diag √(s φ″) x, which BLAS makes symmetric at half the cost."""
        count, (n, d) = refuse_large("Hessian", params), data["x"].shape
        dtype = data["x"].dtype
        matrix, scaled, z = (
            np.empty((count, count), dtype),
            np.empty((n, d), dtype),
            aligned(n, dtype),
        )
        made = terms(n, dtype)

        def hessian(params: Arrays, data: Arrays) -> Any:
            x = data["x"]
            if made.quadratic:
                np.dot(x.T, x, out=matrix)
                return np.multiply(matrix, scale(n), out=matrix)
            bend = made.bend(np.dot(x, params["w"], out=z))
            np.sqrt(np.multiply(bend, scale(n), out=bend), out=bend)
            np.multiply(x, bend[:, None], out=scaled)
            return np.dot(scaled.T, scaled, out=matrix)

        return hessian

    return {"jvp": make_jvp, "hvp": make_hvp, "hessian": make_hessian}


def linear_jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of the residuals (x w - y)/√n: x/√n, (n, d)."""
    matrix = np.empty(data["x"].shape, data["x"].dtype)
    factor = 1.0 / math.sqrt(len(matrix))
    return lambda params, data: np.multiply(data["x"], factor, out=matrix)


def _mean(cases: int) -> float:
    return 1.0 / cases


def _sum(cases: int) -> float:
    return 1.0


DERIVATIONS: dict[str, Derive] = {
    "regression-linear": _derive(LinearTerms, _mean),
    "regression-diabetes": _derive(LinearTerms, _mean),
    "regression-logistic": _derive(LogisticTerms, _mean),
    "regression-poisson": _derive(PoissonTerms, _sum),
}

_LINEAR: Further = {**_further(LinearTerms, _mean), "jacobian": linear_jacobian}

FURTHER: dict[str, Further] = {
    "regression-linear": _LINEAR,
    "regression-diabetes": _LINEAR,
    "regression-logistic": _further(LogisticTerms, _mean),
    "regression-poisson": _further(PoissonTerms, _sum),
}
