"""The backend `finite-difference`: central differences of the loss; a reference.

Nothing but values of the loss takes part, in longdouble, so that it shares no mistake with any
other backend. The order and the step of each formula depend on the dtype asked for, see
`backends/longdouble/differences.py`:

- gradient, jvp, jacobian: first differences, of 8th order for float64, of 4th for float32;
- hvp, row i: ∂²f/∂θ_i∂v = ¼ [ f″ along (e_i + v) − f″ along (e_i − v) ], second differences, with
  v scaled to the size of a unit step;
- hessian: the same with v = e_j; the diagonal is f″ along e_i.

What it can show. A first difference keeps about 16 digits where the loss is smooth over a
thousandth of its scale, and about 12 next to a kink. A second difference keeps about 12: measured,
up to 4,000 eps of float64 off. So hvp and hessian are answered in float32 alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble.differences import derivative_at_zero, evaluations
from gradparity.backends.longdouble.point import LONGDOUBLE, ParameterPoint, decoder
from gradparity.backends.numpy_native import encoder
from gradparity.backends.operators import differentiated, method, spread
from gradparity.problems import Array, Arrays, Instance, Loss, Problem

MOST = 100_000
"""The largest number of evaluations of the loss for one answer."""


@dataclass(frozen=True, slots=True)
class DifferenceOperators:
    """Every operator by differences that are good enough for `dtype`, in longdouble."""

    problem: Problem
    dtype: str

    def value(self, params: Arrays, data: Arrays) -> Answer:
        """One evaluation."""
        return Answer(_evaluated(self.problem.loss, params, data), {})

    def gradient(self, params: Arrays, data: Arrays) -> Answer:
        """A first difference for each parameter."""
        point = ParameterPoint(params)
        slopes = np.array([self._along(point, data, unit) for unit in point.units()])
        return Answer(_evaluated(self.problem.loss, params, data), point.layout.views(slopes))

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Answer:
        """One first difference."""
        point = ParameterPoint(params)
        slope = self._along(point, data, point.layout.flatten(direction, np.longdouble))
        return Answer(_evaluated(self.problem.loss, params, data), {"jvp": slope})

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Answer:
        """Two second differences for each parameter."""
        point = ParameterPoint(params)
        v = point.layout.flatten(direction, np.longdouble)
        length = np.max(np.abs(v))
        if length == 0:
            return Answer(None, point.layout.views(np.zeros_like(v)))
        found = [length * self._mixed(point, data, unit, v / length) for unit in point.units()]
        return Answer(None, point.layout.views(np.array(found)))

    def hessian(self, params: Arrays, data: Arrays) -> Answer:
        """The diagonal by one second difference an entry, the rest by two."""
        point = ParameterPoint(params)
        units = list(point.units())
        found = np.zeros((len(units), len(units)), np.longdouble)
        for i, row in enumerate(units):
            found[i, i] = self._along(point, data, row, 2)
            for j in range(i):
                found[i, j] = found[j, i] = self._mixed(point, data, row, units[j])
        return Answer(None, {"hessian": found})

    def jacobian(self, params: Arrays, data: Arrays) -> Answer:
        """A first difference of all residuals for each parameter."""
        residuals, point = differentiated(self.problem, "jacobian"), ParameterPoint(params)
        columns = [self._along(point, data, unit, 1, residuals) for unit in point.units()]
        return Answer(None, {"jacobian": np.stack([np.ravel(x) for x in columns], axis=1)})

    def _along(
        self,
        point: ParameterPoint,
        data: Arrays,
        direction: Array,
        derivative: int = 1,
        function: Loss | None = None,
    ) -> Array:
        """The derivative along v, (P,), of the loss, or of another function of its arguments."""
        of = function or self.problem.loss
        return derivative_at_zero(
            lambda t: _evaluated(of, point.moved(t, direction), data),
            derivative,
            self.dtype,
            point.scale(direction),
        )

    def _mixed(self, point: ParameterPoint, data: Arrays, first: Array, second: Array) -> Any:
        """∂²f along two directions, by the difference of two squares."""
        ahead = self._along(point, data, first + second, 2)
        return (ahead - self._along(point, data, first - second, 2)) / 4


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Count the evaluations.

    Raises Unsupported where there would be more than `MOST`, and for hvp and hessian in
    float64.
    """
    if operator in ("hvp", "hessian") and setting.dtype == "float64":
        raise Unsupported(
            "a second difference keeps about 12 digits, too few for float64; ask for float32, "
            "or for the backend dual"
        )
    needed = _needed(operator, instance.parameters, setting.dtype)
    if needed > MOST:
        raise Unsupported(
            f"finite-difference needs {needed:,} evaluations of the loss for the {operator} of "
            f"{instance.parameters:,} parameters; it stops at {MOST:,}"
        )
    compute = method(DifferenceOperators(problem, setting.dtype), operator)
    return Prepared(encoder(operator, "longdouble"), spread(compute), decoder(setting.dtype))


def _needed(operator: Operator, count: int, dtype: str) -> int:
    # Second differences are for float32 alone.
    first, second = evaluations(1, dtype), evaluations(2, "float32") + 1
    return {
        "value": 1,
        "gradient": first * count + 1,
        "jvp": first + 1,
        "jacobian": first * count,
        "hvp": 2 * second * count,
        "hessian": second * count * count,
    }[operator]


def _evaluated(function: Loss, params: Arrays, data: Arrays) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(function(LONGDOUBLE, params, data))


BACKEND = LibraryBackend("finite-difference", "numpy", prepare, role="reference")
