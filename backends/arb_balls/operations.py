"""The operations of a loss on object arrays of `Ball`, where NumPy lacks them, and the namespace.

Of two numbers whose balls overlap, max and min take the hull of both, and half of each derivative
give or take the other half: an enclosure of whatever subgradient there is. Of two that are exactly
equal they take the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.arb_balls import numbers, special
from gradparity.backends.arb_balls.functions import Undecided, flint
from gradparity.backends.arb_balls.numbers import Ball
from gradparity.problems import InputError, Namespace
from gradparity.problems.namespace import NUMPY, require
from gradparity.problems.operations import comparisons, families, linear_algebra, numpy_functions


def _ball(x: Any, y: Any) -> tuple[Ball, Ball]:
    tape = x.tape if isinstance(x, Ball) else y.tape
    return tape.ball(x), tape.ball(y)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two numbers; where their balls overlap the hull, ½ ± ½ of each derivative."""
    if not isinstance(x, Ball) and not isinstance(y, Ball):
        return max(x, y)
    a, b = _ball(x, y)
    if a.ball >= b.ball:
        return a
    if a.ball <= b.ball:
        return b
    tape = a.tape
    arb = flint().arb
    share = tape.series(arb(0).union(arb(1)))
    hull = [a.series[i].union(b.series[i]) for i in range(tape.length)]
    return Ball(tape, tape.series(*hull), ((a, share), (b, share)))


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two numbers."""
    return -maximum(-x, -y)


def _logaddexp(x: Any, y: Any) -> Any:
    a, b = _ball(x, y)
    larger, smaller = (a, b) if float(a.ball.mid()) >= float(b.ball.mid()) else (b, a)
    return larger + (smaller - larger).apply("exp").apply("log1p")


def _atan2(y: Any, x: Any) -> Any:
    a, b = _ball(y, x)
    half = flint().arb.pi() / 2
    if b > 0:
        return (a / b).apply("atan")
    if a.ball > 0 or a.ball < 0:
        return a.tape.constant(half if a.ball > 0 else -half) - (b / a).apply("atan")
    return (a / b).apply("atan") + a.tape.constant(2 * half)


def _sign(x: Any) -> Any:
    return (x > 0) * 1 - (x < 0) * 1


def _function(name: str) -> Callable[[Any], Any]:
    """A function of `functions.py`; integers, which are data, are NumPy's affair."""
    of_balls = np.frompyfunc(lambda x: x.apply(name), 1, 1)

    def operation(x: Any) -> Any:
        array = np.asarray(x)
        tapes = {id(y.tape): y.tape for y in array.flat if isinstance(y, Ball)}
        if not tapes:
            return getattr(NUMPY, name)(x)
        (tape,) = tapes.values()
        return of_balls(np.frompyfunc(tape.ball, 1, 1)(array))

    return operation


def _reduced(function: Callable[..., Any], of_numbers: Callable[..., Any]) -> Callable[..., Any]:
    pairwise = np.frompyfunc(function, 2, 1)

    def operation(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        array = np.asarray(x)
        if array.dtype != object:
            return of_numbers(array, axis=axis, keepdims=keepdims)
        given = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        for a in sorted((a % array.ndim for a in given), reverse=True):
            array = pairwise.reduce(array, axis=a, keepdims=keepdims)
        return array

    return operation


def _clip(x: Any, min: Any = None, max: Any = None) -> Any:
    raised = x if min is None else BALLS.maximum(x, min)
    return raised if max is None else BALLS.minimum(raised, max)


def _step(name: str) -> Callable[..., Any]:
    """A step function, by the whole numbers of the ball's two ends, which must agree."""
    function = _STEPS[name]

    def at(x: Any) -> Any:
        if not isinstance(x, Ball):
            return function(x)
        low, high = function(x.ball.lower()), function(x.ball.upper())
        if low != high:
            raise Undecided(f"{name} of {x.ball} cannot be decided")
        return x.tape.constant(low)

    operation: Callable[..., Any] = np.frompyfunc(at, 1, 1)
    return operation


def _whole(x: Any) -> int:
    """The largest whole number up to an exact number."""
    return int(x.floor().unique_fmpz()) if hasattr(x, "unique_fmpz") else math.floor(x)


def _nearest(x: Any) -> int:
    below = _whole(x)
    double = 2 * (x - below)
    return below + int(double > 1 or (double == 1 and below % 2 == 1))


_STEPS: dict[str, Callable[[Any], int]] = {
    "floor": _whole,
    "ceil": lambda x: -_whole(-x),
    "round": _nearest,
    "trunc": lambda x: _whole(x) if x >= 0 else -_whole(-x),
}


def _remainder(x: Any, y: Any) -> Any:
    if not isinstance(x, Ball) and not isinstance(y, Ball):
        return x % y
    a, b = _ball(x, y)
    return a - b * _step("floor")(a / b)


def _incomplete(upper: bool) -> Callable[..., Any]:
    def at(a: Any, x: Any) -> Any:
        order, ball = _ball(a, x)
        if order.moving:
            raise InputError("gammainc and gammaincc have no derivative by their first operand, a")
        return ball.through(special.incomplete(upper, order.ball))

    operation: Callable[..., Any] = np.frompyfunc(at, 2, 1)
    return operation


def _polygamma(n: int, x: Any) -> Any:
    return np.frompyfunc(lambda ball: ball.through(special.of_order(int(n))), 1, 1)(x)


def _of_state(found: Callable[[Any], bool]) -> Callable[..., Any]:
    """A test of each number, of a ball by its middle."""

    def at(x: Any) -> bool:
        return bool(found(float(x.ball.mid()) if isinstance(x, Ball) else float(x)))

    tested = np.frompyfunc(at, 1, 1)
    return lambda x: np.asarray(tested(x), bool)


FLAT: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in comparisons.FAMILY.primitives},
    **{name: _of_state(getattr(math, name)) for name in ("isnan", "isinf", "isfinite")},
}

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **FLAT,
    **{name: _step(name) for name in _STEPS},
    "remainder": np.frompyfunc(_remainder, 2, 1),
    "gammainc": _incomplete(upper=False),
    "gammaincc": _incomplete(upper=True),
    "polygamma": _polygamma,
    **{name: _function(name) for name in numbers.UNARY},
    "abs": np.abs,
    "sign": lambda x: np.asarray(np.frompyfunc(_sign, 1, 1)(x), float),
    "maximum": np.frompyfunc(maximum, 2, 1),
    "minimum": np.frompyfunc(minimum, 2, 1),
    "logaddexp": np.frompyfunc(_logaddexp, 2, 1),
    "hypot": np.frompyfunc(lambda x, y: (x * x + y * y) ** 0.5, 2, 1),
    "atan2": np.frompyfunc(_atan2, 2, 1),
    "pow": np.frompyfunc(lambda x, y: x**y, 2, 1),
}
require("UNARY in backends/arb_balls/functions.py", ELEMENTWISE, families.ELEMENTWISE)


def _like(number: int) -> Callable[..., Any]:
    """An array of one number: of balls, where the given one is, so that functions of it are too."""

    def operation(x: Any, dtype: Any = None) -> Any:
        array = np.asarray(x)
        tape = next((y.tape for y in array.flat if isinstance(y, Ball)), None)
        if tape is None or (dtype is not None and np.dtype(dtype).kind in "biu"):
            return np.full(array.shape, number, dtype or array.dtype)
        return np.frompyfunc(lambda _: tape.constant(number), 1, 1)(array)

    return operation


BALLS = Namespace(
    "flint.arb",
    np,
    {
        **ELEMENTWISE,
        "zeros_like": _like(0),
        "ones_like": _like(1),
        "max": _reduced(maximum, np.max),
        "min": _reduced(minimum, np.min),
        "clip": _clip,
        "argsort": numpy_functions.argsort,
        "segment_sum": numpy_functions.segment_sum,
    },
    dict.fromkeys(linear_algebra.FAMILY.primitives, "no rule for whole matrices of balls"),
    complex_pairs=True,
)
"""The operations of a loss on object arrays of Balls."""
