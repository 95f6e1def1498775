"""The backend `complex-step`: derivatives by an imaginary step, in clongdouble; a reference.

For an analytic loss f(θ + ihv) = f(θ) + ih f′(θ)v − h² f″/2 …, so that f′(θ)v = Im f / h. There is
no difference to cancel: h = 1e-100 leaves no truncation error, and the derivative has as many
digits as the loss. The gradient takes one evaluation for each parameter.

hvp and hessian: a central difference of such gradients along v, of 8th order, in longdouble
(`backends/longdouble/differences.py`).

A loss with an operation that is not analytic is refused by `prepare`, which evaluates it once:
`backends/complex_step/numbers.py` says which those are.

Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM
Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.complex_step.numbers import Complex, Shift, bare, namespace, refuse
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble.differences import derivative_at_zero
from gradparity.backends.longdouble.flat import Flat, answered
from gradparity.backends.longdouble.instances import EXTENDED, extended
from gradparity.problems import Arrays, Instance, Problem

Array = Any

STEP = np.longdouble(1e-100)
MOST = {"gradient": 10_000, "hvp": 1_500, "jacobian": 10_000, "hessian": 128}
"""The largest number of parameters P: P evaluations, 8 P for an hvp, 8 P² for a Hessian."""

_LOSS = namespace(Shift(0.0))


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Evaluate the loss, to see whether it is analytic. Raises Unsupported if it is not."""
    most = MOST.get(operator)
    if most is not None and instance.parameters > most:
        raise Unsupported(
            f"complex-step evaluates the loss once for each parameter: {operator} of up to "
            f"{most:,} parameters, not {instance.parameters:,}"
        )
    if operator != "value":
        _check(problem, operator, instance)
    return Prepared(extended, _function(problem, operator, setting.dtype), answered(setting.dtype))


def _check(problem: Problem, operator: Operator, instance: Instance) -> None:
    """Raise Unsupported where the loss, or its residuals, are not analytic."""
    function = problem.residuals if operator == "jacobian" else problem.loss
    assert function is not None
    rng = np.random.default_rng(0)
    # Not at zero, where a loss may hide what it does behind a product.
    params = {name: rng.uniform(0.1, 1.0, np.shape(x)) for name, x in instance.params.items()}
    given = extended(Instance(params, instance.data))
    found = []
    for offset in (0.0, 0.375):
        shift = Shift(offset)
        with np.errstate(all="ignore"):
            found.append(
                np.asarray(bare(function(namespace(shift), _complex(given.params), given.data)))
            )
    if shift.used and not np.allclose(found[0], found[1], rtol=1e-12, atol=0):
        raise refuse(shift.used)


def _complex(params: Arrays) -> Arrays:
    return {name: np.asarray(x, np.clongdouble).view(Complex) for name, x in params.items()}


def _function(problem: Problem, operator: Operator, dtype: str) -> Callable[[Instance], Answer]:
    """The operator: instance in longdouble -> answer in longdouble."""

    def stepped(function: Any, params: Arrays, data: Arrays, direction: Array) -> Array:
        """The derivative of a function along v (P,)."""
        flat = Flat(params)
        size = STEP * flat.scale(direction)
        moved = flat.named(flat.vector + 1j * (size * direction))
        with np.errstate(all="ignore"):
            found = np.asarray(bare(function(_LOSS, _complex(moved), data)))
        return found.imag / size

    def value_at(instance: Instance) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(problem.loss(EXTENDED, instance.params, instance.data))

    def slopes_at(params: Arrays, data: Arrays) -> Array:
        units = np.eye(Flat(params).count, dtype=np.longdouble)
        return np.array([stepped(problem.loss, params, data, unit) for unit in units])

    def value(instance: Instance) -> Answer:
        return Answer(value_at(instance), {})

    def gradient(instance: Instance) -> Answer:
        slopes = slopes_at(instance.params, instance.data)
        return Answer(value_at(instance), Flat(instance.params).named(slopes))

    def jvp(instance: Instance) -> Answer:
        direction = Flat(instance.params).joined(instance.direction)
        slope = stepped(problem.loss, instance.params, instance.data, direction)
        return Answer(value_at(instance), {"jvp": slope})

    def along(instance: Instance, direction: Array) -> Array:
        flat = Flat(instance.params)
        return derivative_at_zero(
            lambda t: slopes_at(flat.moved(t, direction), instance.data),
            1,
            dtype,
            flat.scale(direction),
        )

    def hvp(instance: Instance) -> Answer:
        flat = Flat(instance.params)
        return Answer(None, flat.named(along(instance, flat.joined(instance.direction))))

    def hessian(instance: Instance) -> Answer:
        units = np.eye(instance.parameters, dtype=np.longdouble)
        rows = np.stack([along(instance, unit) for unit in units])
        return Answer(None, {"hessian": (rows + rows.T) / 2})

    def jacobian(instance: Instance) -> Answer:
        units = np.eye(instance.parameters, dtype=np.longdouble)
        columns = [
            np.ravel(stepped(problem.residuals, instance.params, instance.data, unit))
            for unit in units
        ]
        return Answer(None, {"jacobian": np.stack(columns, axis=1)})

    operators: dict[str, Callable[[Instance], Answer]] = {
        "value": value,
        "gradient": gradient,
        "jvp": jvp,
        "hvp": hvp,
        "hessian": hessian,
        "jacobian": jacobian,
    }
    return operators[operator]


BACKEND = LibraryBackend("complex-step", "numpy", prepare, role="reference")
