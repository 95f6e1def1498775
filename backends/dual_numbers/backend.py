"""The backend `dual`: dual numbers in longdouble, forward; a reference.

It evaluates the loss alone, on `backends/dual_numbers/evaluation.py`, and rounds at the end:

- gradient: the derivatives along all unit directions, a block of directions at a time;
- jvp: one direction, exact to the rounding of longdouble, for any number of parameters;
- jacobian: the residuals along all unit directions, so by columns;
- hvp: the gradient of the slope v · ∇f (`slope.py`), as exact: a difference of gradients would lose
  the digits of an entry in which large terms cancel;
- hessian: the hvp along every unit direction, then the mean with its transpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.dual_numbers.array import Dual, floating, made, primal, tangent_of
from gradparity.backends.dual_numbers.evaluation import DUAL, directional, measured
from gradparity.backends.dual_numbers.slope import direction_of, slope
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble.point import decoder
from gradparity.backends.numpy_native import encoder
from gradparity.backends.operators import differentiated, method, spread
from gradparity.problems import Array, Arrays, Instance, Loss, Problem
from gradparity.problems.layout import Layout

MOST = {"gradient": 10_000, "hvp": 10_000, "jacobian": 10_000, "hessian": 128}
"""The largest number of parameters: the cost is one evaluation of the loss for each direction."""

_TANGENT = 1 << 22  # elements of the largest tangent: 64 MiB of longdouble


@dataclass(frozen=True, slots=True)
class DualOperators:
    """Every operator, `at_once` directions at a time."""

    problem: Problem
    at_once: int

    def value(self, params: Arrays, data: Arrays) -> Answer:
        """One evaluation."""
        return Answer(directional(self.problem.loss, params, data, {})[0], {})

    def gradient(self, params: Arrays, data: Arrays) -> Answer:
        """Along all unit directions."""
        found, slopes = self._slopes(params, data)
        return Answer(found, Layout.of(params).views(slopes))

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Answer:
        """Along one direction."""
        along = {name: v[None] for name, v in direction.items()}
        found, slopes = directional(self.problem.loss, params, data, along)
        return Answer(found, {"jvp": slopes[0]})

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Answer:
        """The gradient of the slope."""
        return Answer(None, Layout.of(params).views(self._curvature(params, data, direction)))

    def hessian(self, params: Arrays, data: Arrays) -> Answer:
        """The gradient of the slope along every unit direction."""
        layout = Layout.of(params)
        units = (layout.views(unit) for unit in np.eye(layout.size))
        rows = np.stack([self._curvature(params, data, unit) for unit in units])
        return Answer(None, {"hessian": (rows + rows.T) / 2})

    def jacobian(self, params: Arrays, data: Arrays) -> Answer:
        """The residuals along all unit directions."""
        found = [self._residual_columns(params, data, units) for units in self._units(params)]
        return Answer(None, {"jacobian": np.concatenate(found).T})

    def _units(self, params: Arrays) -> Iterator[Arrays]:
        """The unit directions, a block (K, *shape) after the other."""
        layout = Layout.of(params)
        for start in range(0, layout.size, self.at_once):
            yield layout.views(np.eye(min(self.at_once, layout.size - start), layout.size, start))

    def _curvature(self, params: Arrays, data: Arrays, direction: Arrays) -> Array:
        """H v, (P,)."""
        velocities = {direction_of(name): v for name, v in direction.items() if np.any(v)}
        if not velocities:
            return np.zeros(Layout.of(params).size, np.longdouble)
        return self._slopes(params, {**data, **velocities}, slope(self.problem.loss))[1]

    def _slopes(self, params: Arrays, data: Arrays, loss: Loss | None = None) -> tuple[Any, Array]:
        """The loss, that of the problem or another, and its gradient, (P,)."""
        loss = self.problem.loss if loss is None else loss
        found = [directional(loss, params, data, u) for u in self._units(params)]
        return found[-1][0], np.concatenate([slopes for _, slopes in found])

    def _residual_columns(self, params: Arrays, data: Arrays, directions: Arrays) -> Array:
        """The derivatives (K, m) of the residuals along K directions."""
        moving = {name: Dual(x, floating(directions[name])) for name, x in params.items()}
        still = {name: made(primal(x)) for name, x in data.items()}
        with np.errstate(all="ignore"):
            found = differentiated(self.problem, "jacobian")(DUAL, moving, still)
        tangent = tangent_of(found)
        count = len(next(iter(directions.values())))
        if tangent is None:
            return np.zeros((count, np.size(primal(found))), np.longdouble)
        return np.reshape(tangent, (count, -1))


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Evaluate once, to learn how large the arrays are. Raises Unsupported beyond `MOST`."""
    most = MOST.get(operator)
    if most is not None and instance.parameters > most:
        raise Unsupported(
            f"dual evaluates the loss once for each parameter: {operator} of up to {most:,} "
            f"parameters, not {instance.parameters:,}"
        )
    _, work = measured(problem.loss, instance.params, instance.data)
    at_once = max(1, _TANGENT // max(1, work.largest))
    compute = method(DualOperators(problem, at_once), operator)
    return Prepared(encoder(operator, "longdouble"), spread(compute), decoder(setting.dtype))


BACKEND = LibraryBackend("dual", "numpy", prepare, role="reference")
