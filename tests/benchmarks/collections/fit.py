"""A sum of squares from a collection, and the problem that it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.problems import Instance, Minimum, Problem
from gradparity.problems.namespace import NUMPY


@dataclass(frozen=True)
class Fit:
    """Residuals r(x), shape (m,), of x (n,), and where they are to be made small.

    residuals: residuals(xp, x, data). columns: columns(x, data) -> ∂r/∂x_j for each j, by hand:
    arrays (m,) or numbers.
    start: x₀. minima: the known minima of Σ r², global and local.
    """

    name: str
    residuals: Callable[..., Any]
    columns: Callable[..., Any]
    start: tuple[float, ...]
    minima: tuple[float, ...]
    data: dict[str, Any] = field(default_factory=dict)

    def jacobian(self, x, data):
        """∂r/∂x, (m, n), by hand."""
        columns = self.columns(x, data)
        rows = max(np.size(column) for column in columns)
        return np.stack([np.broadcast_to(column, (rows,)) for column in columns], axis=1)

    def problem(self) -> Problem:
        """Minimise ½ Σ r²; its parameter is "x"."""

        def residuals(xp, params, data):
            return self.residuals(xp, params["x"], data)

        def loss(xp, params, data):
            return 0.5 * xp.sum(xp.square(residuals(xp, params, data)))

        def gradient(params, data):
            r = self.residuals(NUMPY, params["x"], data)
            return 0.5 * np.sum(np.square(r)), {"x": r @ self.jacobian(params["x"], data)}

        return Problem(
            name=self.name,
            loss=loss,
            draw=lambda rng: Instance({"x": np.array(self.start)}, dict(self.data)),
            sizes={"tiny": {}},
            source=__doc__,
            residuals=residuals,
            gradient=gradient,
            minimum=lambda data: Minimum(0.5 * min(self.minima)),
            exact=True,
        )
