"""The backend `arb`: certified derivatives in ball arithmetic; a reference.

Every number is a ball that contains the exact one, see `backends/arb_balls/numbers.py`. The bits
are doubled until every answer is known to the last digit of the setting's dtype, at most 1024; what
is answered is the midpoint, rounded, with the largest radius; `certified` gives each number's own.

- gradient: reverse mode, so that ten thousand parameters cost no more than a loss and its walk;
- jvp: the gradient times v; hvp: reverse mode over series in the direction v;
- hessian: an hvp for each unit direction; jacobian: a backward walk for each residual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.arb_balls.functions import Undecided
from gradparity.backends.arb_balls.numbers import BallTape, TooLong
from gradparity.backends.arb_balls.operators import MOST, BallOperators, Certified, evaluated
from gradparity.backends.backend import Answer, Operator, Prepared, Setting, Unsupported
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.operators import differentiated, method
from gradparity.problems import Array, Arrays, InputError, Instance, Problem

BITS = (128, 256, 512, 1024)


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Count the operations. Raises Unsupported beyond `MOST`."""
    times = instance.parameters if operator == "hessian" else 1
    function = differentiated(problem, operator)
    try:
        evaluated(function, instance.params, instance.data, BallTape(1, MOST // max(1, times)))
    except TooLong:
        raise Unsupported(
            f"arb computes with single numbers: {operator} of {problem.name} at this size "
            f"takes more than {MOST:,} operations"
        ) from None
    except Undecided:
        pass  # at zeros; elsewhere it may be decided

    def decode(found: Certified) -> Answer:
        return Answer(
            None if found.value is None else _rounded(found.value, setting.dtype),
            {name: _rounded(balls, setting.dtype) for name, balls in found.derivative.items()},
            max((float(ball.rad()) for ball in _balls(found)), default=0.0),
        )

    compute = method(BallOperators(problem), operator)
    return Prepared(
        lambda given: _arguments(operator, given),
        lambda native: _computed(compute, native, setting.dtype),
        decode,
    )


def _arguments(operator: Operator, instance: Instance) -> tuple[Arrays, ...]:
    directed = operator in ("jvp", "hvp")
    return (instance.params, instance.data, *([instance.direction] if directed else []))


def certified(
    problem: Problem, instance: Instance, operator: Operator = "gradient"
) -> tuple[Any, Arrays, Arrays]:
    """Value, derivative, and the radius within which each of its numbers is certified.

    value: longdouble, None for an operator without one. derivative, radius: arrays by name, as in
    `Answer`, in longdouble: midpoints and upper bounds of |exact - midpoint|, with the rounding to
    longdouble; NaN where nothing is certified. The radius of the value is under "".
    Raises: InputError where 1024 bits do not decide a comparison of the loss.
    """
    compute = method(BallOperators(problem), operator)
    found = _computed(compute, _arguments(operator, instance), "float64")
    middles = {name: _rounded(balls, "longdouble") for name, balls in found.derivative.items()}
    radii = {name: _radius(balls, middles[name]) for name, balls in found.derivative.items()}
    if found.value is None:
        return None, middles, radii
    value = _rounded(found.value, "longdouble")
    return value[()], middles, {**radii, "": _radius(found.value, value)}


def _computed(
    compute: Callable[..., Certified], native: tuple[Arrays, ...], dtype: str
) -> Certified:
    """The answer with as many bits as the dtype needs; with the most where it never has enough."""
    import flint

    goal = float(np.finfo(dtype).eps) / 16
    before = flint.ctx.prec
    try:
        for bits in BITS:
            flint.ctx.prec = bits
            try:
                found = compute(*native)
            except Undecided as error:
                if bits == BITS[-1]:
                    raise InputError(f"arb, {bits} bits: {error}") from error
                continue
            if _sharp(_balls(found), goal):
                break
    finally:
        flint.ctx.prec = before
    return found


def _balls(found: Certified) -> list[Any]:
    """Every number of an answer."""
    arrays = [*found.derivative.values(), *([] if found.value is None else [found.value])]
    return [ball for array in arrays for ball in np.ravel(np.asarray(array, object))]


def _sharp(balls: list[Any], goal: float) -> bool:
    """Whether every ball is known to `goal`, relative to itself or to the smallest number."""
    tiny = float(np.finfo(np.float64).tiny)
    return all(float(ball.rad()) <= goal * max(tiny, abs(float(ball.mid()))) for ball in balls)


def _rounded(balls: Array, dtype: str) -> Array:
    """The midpoints in a dtype; in longdouble as the sum of two float64, which holds 80 bits."""
    found = np.empty(np.shape(balls), np.longdouble)
    array: Array = np.asarray(balls, object)
    for index in np.ndindex(found.shape):
        middle = array[index].mid()
        high = float(middle)
        rest = float(middle - high) if np.isfinite(high) else 0.0
        found[index] = np.longdouble(high) + np.longdouble(rest)
    with np.errstate(over="ignore"):
        return found.astype(dtype)


def _radius(balls: Array, middles: Array) -> Array:
    """Upper bounds of |exact - middle|."""
    found = np.empty(np.shape(balls), np.longdouble)
    array: Array = np.asarray(balls, object)
    for index in np.ndindex(found.shape):
        middle = np.asarray(middles)[index]
        high = float(middle)
        rest = float(middle - np.longdouble(high))
        bound = abs(array[index] - high - rest).upper()
        found[index] = np.nextafter(np.longdouble(float(bound)), np.longdouble(np.inf))
    return found


BACKEND = LibraryBackend("arb", "python-flint", prepare, role="reference", needs="flint")
