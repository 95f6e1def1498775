"""The operations of a loss on object arrays of `Ball`, where NumPy lacks them, and the namespace.

Of two numbers whose balls overlap, max and min take the hull of both, and half of each derivative
give or take the other half: an enclosure of whatever subgradient there is. Of two that are exactly
equal they take the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.arb_balls.functions import UNARY, flint
from gradparity.backends.arb_balls.numbers import Ball
from gradparity.problems import Namespace
from gradparity.problems.namespace import require
from gradparity.problems.operations import families, linear_algebra, numpy_functions


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
            return getattr(np, name)(x)
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


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{name: _function(name) for name in UNARY},
    "abs": np.abs,
    "sign": np.frompyfunc(_sign, 1, 1),
    "maximum": np.frompyfunc(maximum, 2, 1),
    "minimum": np.frompyfunc(minimum, 2, 1),
    "logaddexp": np.frompyfunc(_logaddexp, 2, 1),
    "hypot": np.frompyfunc(lambda x, y: (x * x + y * y) ** 0.5, 2, 1),
    "atan2": np.frompyfunc(_atan2, 2, 1),
    "pow": np.frompyfunc(lambda x, y: x**y, 2, 1),
}
require("UNARY in backends/arb_balls/functions.py", ELEMENTWISE, families.ELEMENTWISE)

BALLS = Namespace(
    "flint.arb",
    np,
    {
        **ELEMENTWISE,
        "max": _reduced(maximum, np.max),
        "min": _reduced(minimum, np.min),
        "clip": _clip,
        "argsort": numpy_functions.argsort,
        "segment_sum": numpy_functions.segment_sum,
    },
    dict.fromkeys(linear_algebra.FAMILY.primitives, "no rule for whole matrices of balls"),
)
"""The operations of a loss on object arrays of Balls."""
