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

from dataclasses import dataclass

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.complex_step.numbers import Complex, Shift, bare, namespace, refuse
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble import second
from gradparity.backends.longdouble.point import LONGDOUBLE, ParameterPoint, decoder
from gradparity.backends.numpy_native import cast, encoder
from gradparity.backends.operators import differentiated, method, spread
from gradparity.problems import Array, Arrays, Instance, Loss, Problem
from gradparity.problems.layout import Layout

STEP = np.longdouble(1e-100)
MOST = {"gradient": 10_000, "hvp": 1_500, "jacobian": 10_000, "hessian": 128}
"""The largest number of parameters P: P evaluations, 8 P for an hvp, 8 P² for a Hessian."""

_COMPLEX = namespace(Shift(0.0))


@dataclass(frozen=True, slots=True)
class ComplexOperators:
    """Every operator by imaginary steps; second derivatives are good enough for `dtype`."""

    problem: Problem
    dtype: str

    def value(self, params: Arrays, data: Arrays) -> Answer:
        """One real evaluation."""
        with np.errstate(all="ignore"):
            return Answer(np.asarray(self.problem.loss(LONGDOUBLE, params, data)), {})

    def gradient(self, params: Arrays, data: Arrays) -> Answer:
        """One step for each parameter."""
        slopes = self._slopes(params, data)
        return Answer(self.value(params, data).value, Layout.of(params).views(slopes))

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Answer:
        """One step."""
        point = ParameterPoint(params)
        v = point.layout.flatten(direction, np.longdouble)
        slope = _stepped(self.problem.loss, point, data, v)
        return Answer(self.value(params, data).value, {"jvp": slope})

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Answer:
        """A difference of gradients."""
        return second.hvp(lambda p: self._slopes(p, data), params, direction, self.dtype)

    def hessian(self, params: Arrays, data: Arrays) -> Answer:
        """A difference of gradients for each parameter."""
        return second.hessian(lambda p: self._slopes(p, data), params, self.dtype)

    def jacobian(self, params: Arrays, data: Arrays) -> Answer:
        """One step of all residuals for each parameter."""
        residuals, point = differentiated(self.problem, "jacobian"), ParameterPoint(params)
        columns = [np.ravel(_stepped(residuals, point, data, unit)) for unit in point.units()]
        return Answer(None, {"jacobian": np.stack(columns, axis=1)})

    def _slopes(self, params: Arrays, data: Arrays) -> Array:
        """The gradient, (P,)."""
        point = ParameterPoint(params)
        return np.array([_stepped(self.problem.loss, point, data, u) for u in point.units()])


def _stepped(function: Loss, point: ParameterPoint, data: Arrays, direction: Array) -> Array:
    """The derivative of a function along v, (P,)."""
    size = STEP * point.scale(direction)
    with np.errstate(all="ignore"):
        moved = _complex(point.moved(1j * size, direction))
        return np.asarray(bare(function(_COMPLEX, moved, data))).imag / size


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
    compute = method(ComplexOperators(problem, setting.dtype), operator)
    return Prepared(encoder(operator, "longdouble"), spread(compute), decoder(setting.dtype))


def _check(problem: Problem, operator: Operator, instance: Instance) -> None:
    """Raise Unsupported where the loss, or its residuals, are not analytic."""
    function = differentiated(problem, operator)
    rng = np.random.default_rng(0)
    # Not at zero, where a loss may hide what it does behind a product.
    params = {name: rng.uniform(0.1, 1.0, np.shape(x)) for name, x in instance.params.items()}
    data = cast(instance.data, "longdouble")
    found = []
    for offset in (0.0, 0.375):
        shift = Shift(offset)
        with np.errstate(all="ignore"):
            found.append(np.asarray(bare(function(namespace(shift), _complex(params), data))))
    if shift.used and not np.allclose(found[0], found[1], rtol=1e-12, atol=0):
        raise refuse(shift.used)


def _complex(params: Arrays) -> Arrays:
    return {name: np.asarray(x, np.clongdouble).view(Complex) for name, x in params.items()}


BACKEND = LibraryBackend("complex-step", "numpy", prepare, role="reference")
