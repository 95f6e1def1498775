"""Loops and branches on the tape: part of the program where one is traced, else Python's.

A program is traced without values. So `scan` becomes one operation of it, whose body is traced
once, and `cond` a choice between two bodies. Carries are floats of the parameters' dtype; with an
integer among them, and where the arrays have values (`tape-eager`, the judge), Python's loop runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.problems import Namespace
from gradparity.problems.operations import control
from gradparity.problems.operations.values.trees import filled, leaves, mapped

Function = Callable[..., Any]


def scan(
    xp: Namespace,
    like: LossArray,
    f: Function,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    checkpoint: int | None = None,
) -> Any:
    """See problems/operations/control.py."""
    count = control.steps_of(xs, length)
    if checkpoint is not None and 0 < checkpoint < count:
        loop = partial(scan, xp, like)
        return control.segmented(xp, loop, lambda f: f, f, init, xs, count, checkpoint)
    carry = [_array(x, like) for x in leaves(init)]
    looping = _looping([*carry, *leaves(xs), like])
    if looping is None or not all(_floats(x) for x in carry):
        return control.scan(xp, f, init, xs, length)
    form: list[Any] = []

    def step(carried: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        new, y = f(filled(init, carried), filled(xs, rows))
        form.append((new, y))
        mapped(lambda *_: None, init, new)  # raises where the carry changes its form
        return leaves(new), leaves(y)

    last, ys = looping([step], [], carry, leaves(xs), count)
    return filled(init, last), filled(form[0][1], ys)


def cond(
    xp: Namespace,
    like: LossArray,
    pred: Any,
    true_fun: Function,
    false_fun: Function,
    *operands: Any,
) -> Any:
    """See problems/operations/control.py."""
    looping = _looping([pred])
    if looping is None:
        return control.cond(xp, pred, true_fun, false_fun, *operands)
    form: list[Any] = []

    def step(function: Function) -> Function:
        def called(carry: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
            form.append(function(*filled(operands, rows)))
            return [], leaves(form[-1])

        return called

    given = [_array(x, like) for x in leaves(operands)]
    once = [xp.reshape(x, (1, *x.shape)) for x in given]
    _, ys = looping([step(true_fun), step(false_fun)], [pred], [], once, 1)
    return filled(form[0], [x[0] for x in ys])


def _looping(arrays: list[Any]) -> Any:
    """What makes a loop of the program that is traced; None if none is."""
    for x in arrays:
        while isinstance(x, LossArray):
            x = x.value
        found = getattr(getattr(x, "graph", None), "loops", None)
        if found is not None:
            return found
    return None


def _array(x: Any, like: LossArray) -> Any:
    if isinstance(x, LossArray) or not isinstance(x, int | float) or isinstance(x, bool):
        return x
    dtype = like.floating if isinstance(x, float) else "int64"
    return like.create(p.full, shape=(), value=x, dtype=dtype)


def _floats(x: Any) -> bool:
    return isinstance(x, LossArray) and x.dtype == x.floating


CONTROL: dict[str, Callable[..., Any]] = {"scan": scan, "cond": cond}
"""(xp, like, arguments) -> what a composite is on the tape."""
