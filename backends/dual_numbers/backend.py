"""The backend `dual`: dual numbers in longdouble, forward; a reference.

It evaluates the loss alone, on `backends/dual_numbers/evaluation.py`, and rounds at the end:

- gradient: the derivatives along all unit directions, a block of directions at a time;
- jvp: one direction, exact to the rounding of longdouble, for any number of parameters;
- jacobian: the residuals along all unit directions, so by columns;
- hvp: d/dt ∇f(θ + t v) at t = 0, by a central difference of 8th order of such gradients (6th order
  where that has the smaller error), `backends/longdouble/differences.py`: the difference loses
  about three of the nineteen digits of longdouble, fewer than it has to spare over float64;
- hessian: the hvp along every unit direction, then the mean with its transpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.dual_numbers.array import Dual, floating, made, primal, tangent_of
from gradparity.backends.dual_numbers.evaluation import DUAL, directional, measured
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble.differences import derivative_at_zero
from gradparity.backends.longdouble.flat import Flat, answered
from gradparity.problems import Arrays, Instance, Problem

Array = Any

MOST = {"gradient": 10_000, "hvp": 10_000, "jacobian": 10_000, "hessian": 128}
"""The largest number of parameters: the cost is one evaluation of the loss for each direction."""

_TANGENT = 1 << 22  # elements of the largest tangent: 64 MiB of longdouble


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
    compute = _function(problem, operator, at_once, setting.dtype)
    return Prepared(_copied, compute, answered(setting.dtype))


def _copied(instance: Instance) -> Instance:
    """An instance of its own: the run reads it later."""
    return Instance(
        *(
            {name: np.array(array) for name, array in arrays.items()}
            for arrays in (instance.params, instance.data, instance.direction)
        )
    )


def _function(
    problem: Problem, operator: Operator, at_once: int, dtype: str
) -> Callable[[Instance], Answer]:
    """The operator: instance -> answer in longdouble."""

    def gradient_at(params: Arrays, data: Arrays) -> tuple[Any, Array]:
        flat = Flat(params)
        parts = []
        for start in range(0, flat.count, at_once):
            found, slopes = directional(problem.loss, params, data, flat.units(start, at_once))
            parts.append(slopes)
        return found, np.concatenate(parts)

    def value(instance: Instance) -> Answer:
        return Answer(directional(problem.loss, instance.params, instance.data, {})[0], {})

    def gradient(instance: Instance) -> Answer:
        found, slopes = gradient_at(instance.params, instance.data)
        return Answer(found, Flat(instance.params).named(slopes))

    def jvp(instance: Instance) -> Answer:
        along = {name: np.asarray(v)[None] for name, v in instance.direction.items()}
        found, slopes = directional(problem.loss, instance.params, instance.data, along)
        return Answer(found, {"jvp": slopes[0]})

    def along(instance: Instance, direction: Array) -> Array:
        flat = Flat(instance.params)
        return derivative_at_zero(
            lambda t: gradient_at(flat.moved(t, direction), instance.data)[1],
            1,
            dtype,
            flat.scale(direction),
        )

    def hvp(instance: Instance) -> Answer:
        flat = Flat(instance.params)
        return Answer(None, flat.named(along(instance, flat.joined(instance.direction))))

    def hessian(instance: Instance) -> Answer:
        unit = np.eye(instance.parameters)
        rows = np.stack([along(instance, direction) for direction in unit])
        return Answer(None, {"hessian": (rows + rows.T) / 2})

    def jacobian(instance: Instance) -> Answer:
        flat = Flat(instance.params)
        columns = [
            _residual_columns(problem, instance, flat.units(start, at_once))
            for start in range(0, flat.count, at_once)
        ]
        return Answer(None, {"jacobian": np.concatenate(columns).T})

    operators: dict[str, Callable[[Instance], Answer]] = {
        "value": value,
        "gradient": gradient,
        "jvp": jvp,
        "hvp": hvp,
        "hessian": hessian,
        "jacobian": jacobian,
    }
    return operators[operator]


def _residual_columns(problem: Problem, instance: Instance, directions: Arrays) -> Array:
    """The derivatives (K, m) of the residuals along K directions."""
    assert problem.residuals is not None
    params = {
        name: Dual(floating(np.asarray(x)), floating(directions[name]))
        for name, x in instance.params.items()
    }
    data = {name: made(primal(np.asarray(x))) for name, x in instance.data.items()}
    with np.errstate(all="ignore"):
        found = problem.residuals(DUAL, params, data)
    count = len(next(iter(directions.values())))
    tangent = tangent_of(found)
    if tangent is None:
        return np.zeros((count, np.size(primal(found))), np.longdouble)
    return np.reshape(tangent, (count, -1))


BACKEND = LibraryBackend("dual", "numpy", prepare, role="reference")
