"""Value, gradient, jvp, hvp, Hessian and Jacobian of a loss: the interpreters, put together.

A loss is loss(xp, params, data) -> scalar, residuals(xp, params, data) -> array. `params` and
`data` are dicts of arrays: NumPy's, or boxes of any interpreter, and then so are the answers. Run
on symbols, these functions write the program that computes the derivative.

Answers in NumPy's arrays may be read-only views: copy them before changing them.

NumPy's warnings (overflow, division by zero) are the caller's affair: infinities and NaN are right
answers here.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), ch. 3 and 5.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.numpy_tape.engine.batch import Batch
from gradparity.backends.numpy_tape.engine.forward import ForwardBox
from gradparity.backends.numpy_tape.engine.loss_call import (
    above,
    call,
    check_direction,
    dtype,
    parameter,
    scalar,
    taped,
)
from gradparity.backends.numpy_tape.engine.reverse import ReverseBox, Tape, gradient_of
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import create
from gradparity.problems import Array, Arrays, Loss

AT_ONCE = 256
"""Directions per pass of a Hessian: enough to hide the cost of a pass, and little memory."""


def value(loss: Loss, params: Arrays, data: Arrays) -> Array:
    """The loss, a scalar."""
    tape = Tape(above(params, data), dtype(params))
    result = call(loss, params, data, lambda name, x: ReverseBox(x, tape))
    return scalar(result).value


def value_and_gradient(loss: Loss, params: Arrays, data: Arrays) -> tuple[Array, Arrays]:
    """The loss, and its derivative with respect to each parameter, of the parameter's shape."""
    result, boxes = taped(loss, params, data)
    gradients = gradient_of(scalar(result), list(boxes.values()))
    return result.value, dict(zip(boxes, gradients, strict=True))


def jvp(loss: Loss, params: Arrays, data: Arrays, direction: Arrays) -> tuple[Array, Array]:
    """The loss (or residuals), and its derivative along a direction: both of the loss's shape.

    direction: an array of the parameter's shape for each parameter that moves.
    """
    check_direction(params, direction)
    level, floating = above(params, data, direction), dtype(params)

    def moving(name: str | None, x: Array) -> ForwardBox:
        return ForwardBox(x, level, floating, None if name is None else direction.get(name))

    result = call(loss, params, data, moving)
    return result.value, _tangent(result)


def hvp(loss: Loss, params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
    """The Hessian times a direction, by parameter: d/dt of the gradient at params + t direction.

    Forward over reverse: the gradient's own computation, carried along by forward boxes.
    direction: an array of the parameter's shape for each parameter that moves.
    """
    check_direction(params, direction)
    level, floating = above(params, data, direction), dtype(params)
    duals = {
        name: ForwardBox(parameter(name, x), level, floating, direction.get(name))
        for name, x in params.items()
    }
    _, gradients = value_and_gradient(loss, duals, data)
    return {
        name: _tangent(g) if isinstance(g, ForwardBox) and g.level == level else _zeros(g)
        for name, g in gradients.items()
    }


def hvp_of_many(loss: Loss, params: Arrays, data: Arrays, directions: Arrays) -> Arrays:
    """`hvp` along K directions at once: (K, *shape) -> (K, *shape), by parameter.

    The gradient itself is computed once for all; memory is K times that of a gradient.
    """
    level = above(params, data, directions)
    batches = {name: Batch(x, level) for name, x in directions.items()}
    count = next(iter(directions.values())).shape[0]
    columns = hvp(loss, params, data, batches)
    return {name: _every(g, count) for name, g in columns.items()}


def hessian(loss: Loss, params: Arrays, data: Arrays, at_once: int = AT_ONCE) -> Array:
    """All second derivatives, (P, P): parameters flattened, in their order, one behind the other.

    By hvps along `at_once` unit directions, which take as many times a gradient's memory.
    """
    total = _entries(params)
    rows = []
    for first in range(0, total, at_once):
        units = unit_directions(params, first, min(first + at_once, total))
        rows.append(_matrix(hvp_of_many(loss, params, data, units)))
    return rows[0] if len(rows) == 1 else p.concat(*rows, axis=0)


def jacobian(residuals: Loss, params: Arrays, data: Arrays) -> Array:
    """The derivatives of residuals, (M, P): residuals and parameters flattened, in their order.

    By columns (forward, P directions at once) or rows (reverse, M at once), whichever are fewer.
    """
    columns = _entries(params)
    result, boxes = taped(residuals, params, data)
    rows = math.prod(result.shape)
    level = above(params, data)
    if rows < columns and result.node is not None:
        seed = Batch(_units(result.value, 0, rows), level)
        gradients = gradient_of(result, list(boxes.values()), seed)
        parts = {name: _every(g, rows) for name, g in zip(boxes, gradients, strict=True)}
        return _matrix(parts)
    units = unit_directions(params, 0, columns)
    batches = {name: Batch(x, level) for name, x in units.items()}
    _, tangent = jvp(residuals, params, data, batches)
    return p.transpose(_matrix({"": _every(tangent, columns)}), axes=(1, 0))


def unit_directions(params: Arrays, first: int, stop: int) -> Arrays:
    """The unit directions number `first` up to `stop`, (stop - first, *shape) by parameter.

    They are numbered as the parameters' entries, flattened, in the order of the parameters.
    """
    directions, offset = {}, 0
    for name, x in params.items():
        directions[name] = _units(x, first - offset, stop - offset)
        offset += math.prod(x.shape)
    return directions


def _units(like: Array, first: int, stop: int) -> Array:
    """stop - first arrays like `like`: number i is 1 at entry first + i, if any, 0 elsewhere."""
    rows = create(like, p.arange, n=stop - first, dtype=np.dtype(np.int64))
    entries = create(like, p.arange, n=math.prod(like.shape), dtype=np.dtype(np.int64))
    units = e.equal(p.reshape(rows, shape=(stop - first, 1)), e.subtract(entries, first))
    return p.reshape(e.astype(units, dtype=like.dtype), shape=(stop - first, *like.shape))


def _every(x: Array, count: int) -> Array:
    """The arrays of a batch, (count, *shape); an array that is no batch is the same for all."""
    return x.value if isinstance(x, Batch) else p.broadcast_to(x, shape=(count, *x.shape))


def _matrix(parts: Arrays) -> Array:
    """Arrays (K, *shape), flattened to (K, n), side by side."""
    flat = [p.reshape(x, shape=(x.shape[0], math.prod(x.shape[1:]))) for x in parts.values()]
    return flat[0] if len(flat) == 1 else p.concat(*flat, axis=1)


def _entries(params: Arrays) -> int:
    """The number of scalar parameters."""
    return sum(math.prod(x.shape) for x in params.values())


def _tangent(x: ForwardBox) -> Array:
    return _zeros(x.value) if x.tangent is None else x.tangent


def _zeros(like: Array) -> Array:
    return create(like, p.full, shape=like.shape, value=0.0, dtype=like.dtype)
