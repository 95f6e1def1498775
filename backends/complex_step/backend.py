"""The backend `complex-step`: derivatives by an imaginary step, in clongdouble; a reference.

For an analytic loss f(θ + ihv) = f(θ) + ih f′(θ)v − h² f″/2 …, so that f′(θ)v = Im f / h. There is
no difference to cancel: h = 1e-100 leaves no truncation error, and the derivative has as many
digits as the loss. The gradient takes one evaluation for each parameter.

hvp and hessian: the same step taken of the slope v · ∇f, which the loss computes beside its value
(`backends/complex_step/velocity.py`): no difference there either.

A loss with an operation that is not analytic is refused by `prepare`, which evaluates it once:
`backends/complex_step/numbers.py` says which those are.

Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM
Review 40 (1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.complex_step.numbers import Complex, Shift, bare, namespace, refuse
from gradparity.backends.complex_step.velocity import MOVING, Moving
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.longdouble.point import LONGDOUBLE, ParameterPoint, decoder
from gradparity.backends.numpy_native import cast, encoder
from gradparity.backends.operators import differentiated, method, spread
from gradparity.problems import Array, Arrays, Instance, Loss, Namespace, Problem
from gradparity.problems.layout import Layout

STEP = np.longdouble(1e-100)
MOST = {"gradient": 10_000, "hvp": 10_000, "jacobian": 10_000, "hessian": 128}
"""The largest number of parameters P: P evaluations, P² for a Hessian."""

_COMPLEX = namespace(Shift(0.0))


@dataclass(frozen=True, slots=True)
class ComplexOperators:
    """Every operator by imaginary steps."""

    problem: Problem

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
        """One step of the slope along the direction for each parameter."""
        v = Layout.of(params).flatten(direction, np.longdouble)
        return Answer(None, Layout.of(params).views(self._curvature(params, data, v)))

    def hessian(self, params: Arrays, data: Arrays) -> Answer:
        """Such products along all unit directions, then the mean with the transpose."""
        units = ParameterPoint(params).units()
        rows = np.stack([self._curvature(params, data, unit) for unit in units])
        return Answer(None, {"hessian": (rows + rows.T) / 2})

    def jacobian(self, params: Arrays, data: Arrays) -> Answer:
        """One step of all residuals for each parameter."""
        residuals, point = differentiated(self.problem, "jacobian"), ParameterPoint(params)
        columns = [np.ravel(_stepped(residuals, point, data, unit)) for unit in point.units()]
        return Answer(None, {"jacobian": np.stack(columns, axis=1)})

    def _slopes(self, params: Arrays, data: Arrays) -> Array:
        """The gradient, (P,)."""
        point = ParameterPoint(params)
        return np.array([_stepped(self.problem.loss, point, data, u) for u in point.units()])

    def _curvature(self, params: Arrays, data: Arrays, direction: Array) -> Array:
        """H v, (P,)."""
        point = ParameterPoint(params)
        slope = partial(_slope, self.problem.loss, point.layout.views(direction))
        return np.array([_stepped(slope, point, data, unit) for unit in point.units()])


def _stepped(function: Loss, point: ParameterPoint, data: Arrays, direction: Array) -> Array:
    """The derivative of a function along v, (P,)."""
    size = STEP * point.scale(direction)
    with np.errstate(all="ignore"):
        moved = _complex(point.moved(1j * size, direction))
        return np.asarray(bare(function(_COMPLEX, moved, data))).imag / size


def _slope(loss: Loss, direction: Arrays, xp: Namespace, params: Arrays, data: Arrays) -> Array:
    """v · ∇f at complex parameters, ()."""
    moving = {name: Moving(bare(x), direction[name]) for name, x in params.items()}
    found = loss(MOVING, moving, data)
    return found.velocity if isinstance(found, Moving) else np.zeros((), np.clongdouble)


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
    compute = method(ComplexOperators(problem), operator)
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
