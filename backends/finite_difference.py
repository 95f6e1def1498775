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

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble.differences import derivative_at_zero, evaluations
from gradparity.backends.longdouble.flat import Flat, answered
from gradparity.backends.longdouble.instances import EXTENDED, extended
from gradparity.problems import Arrays, Instance, Problem

Array = Any

MOST = 100_000
"""The largest number of evaluations of the loss for one answer."""


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
    return Prepared(extended, _function(problem, operator, setting.dtype), answered(setting.dtype))


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


def _function(problem: Problem, operator: Operator, dtype: str) -> Callable[[Instance], Answer]:
    """The operator: instance in longdouble -> answer in longdouble."""

    def loss(params: Arrays, data: Arrays) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(problem.loss(EXTENDED, params, data))

    def along(instance: Instance, direction: Array, derivative: int = 1) -> Any:
        """The derivative of the loss along a direction (P,)."""
        flat = Flat(instance.params)
        return derivative_at_zero(
            lambda t: loss(flat.moved(t, direction), instance.data),
            derivative,
            dtype,
            flat.scale(direction),
        )

    def mixed(instance: Instance, first: Array, second: Array) -> Any:
        """∂²f along two directions, by the difference of two squares."""
        ahead = along(instance, first + second, 2)
        return (ahead - along(instance, first - second, 2)) / 4

    def value(instance: Instance) -> Answer:
        return Answer(loss(instance.params, instance.data), {})

    def gradient(instance: Instance) -> Answer:
        slopes = [along(instance, unit) for unit in _units(instance)]
        return Answer(
            loss(instance.params, instance.data),
            Flat(instance.params).named(np.array(slopes)),
        )

    def jvp(instance: Instance) -> Answer:
        direction = Flat(instance.params).joined(instance.direction)
        found = loss(instance.params, instance.data)
        return Answer(found, {"jvp": along(instance, direction)})

    def hvp(instance: Instance) -> Answer:
        flat = Flat(instance.params)
        direction = flat.joined(instance.direction)
        length = np.max(np.abs(direction))
        if length == 0:
            return Answer(None, flat.named(np.zeros(flat.count, np.longdouble)))
        unit_length = direction / length
        found = [length * mixed(instance, unit, unit_length) for unit in _units(instance)]
        return Answer(None, flat.named(np.array(found)))

    def hessian(instance: Instance) -> Answer:
        units = list(_units(instance))
        found = np.zeros((len(units), len(units)), np.longdouble)
        for i, row in enumerate(units):
            found[i, i] = along(instance, row, 2)
            for j in range(i):
                found[i, j] = found[j, i] = mixed(instance, row, units[j])
        return Answer(None, {"hessian": found})

    def jacobian(instance: Instance) -> Answer:
        assert problem.residuals is not None
        residuals = problem.residuals
        flat = Flat(instance.params)

        def column(unit: Array) -> Array:
            def line(t: Any) -> Array:
                return np.ravel(residuals(EXTENDED, flat.moved(t, unit), instance.data))

            return derivative_at_zero(line, 1, dtype, flat.scale(unit))

        return Answer(None, {"jacobian": np.stack([column(u) for u in _units(instance)], axis=1)})

    operators: dict[str, Callable[[Instance], Answer]] = {
        "value": value,
        "gradient": gradient,
        "jvp": jvp,
        "hvp": hvp,
        "hessian": hessian,
        "jacobian": jacobian,
    }
    return operators[operator]


def _units(instance: Instance) -> Any:
    """The unit directions (P,), one after the other."""
    for i in range(instance.parameters):
        unit = np.zeros(instance.parameters, np.longdouble)
        unit[i] = 1
        yield unit


BACKEND = LibraryBackend("finite-difference", "numpy", prepare, role="reference")
