"""Loops and branches. What is carried, taken and returned is an array, or a tree of arrays.

Here they are Python's loops, for whoever computes with values. The tape writes a loop into its
program (`backends/numpy_tape/operations/control.py`), JAX has its own.

Source: jax.lax.scan, fori_loop, cond and while_loop, for names and arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name
from gradparity.problems.operations.values.trees import leaves, mapped

Function = Callable[..., Any]


def scan(
    xp: Any,
    f: Function,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    checkpoint: int | None = None,
) -> Any:
    """(last carry, stacked y) of carry, y = f(carry, x) for each entry x of the sequences xs.

    xs: a tree of arrays, taken entry by entry along their first axis; None for `length` steps
    without. The carry keeps its shapes and dtypes. y: a tree of arrays, or None.
    checkpoint: on the tape and on JAX, reverse mode keeps the carry of every so many steps only,
    and computes those between once more.
    Raises: InputError for no steps at all, or sequences of several lengths.
    """
    carry, rows = init, []
    for i in range(steps_of(xs, length)):
        carry, y = f(carry, mapped(lambda x, i=i: x[i], xs))
        rows.append(y)
    return carry, mapped(lambda *entries: xp.stack(entries), rows[0], *rows[1:])


def fori_loop(xp: Any, lower: int, upper: int, body: Function, init: Any) -> Any:
    """The last carry of carry = body(i, carry) for lower ≤ i < upper; i is an integer array."""
    if upper <= lower:
        return init

    def step(carry: Any, i: Any) -> Any:
        return body(i, carry), None

    return xp.scan(step, init, xp.arange(lower, upper))[0]


def cond(xp: Any, pred: Any, true_fun: Function, false_fun: Function, *operands: Any) -> Any:
    """true_fun(*operands) where the truth value pred holds, else false_fun(*operands).

    Only the function that is chosen is computed of the operands, and the derivative is its own.
    What it makes of other arrays alone may be computed in any case.
    """
    return true_fun(*operands) if bool(pred) else false_fun(*operands)


def while_loop(xp: Any, cond_fun: Function, body: Function, init: Any, limit: int) -> Any:
    """The last carry of carry = body(carry) while cond_fun(carry) holds, `limit` times at most.

    The number of rounds has no derivative.
    """

    def step(carry: Any, _: Any) -> Any:
        return xp.cond(cond_fun(carry), body, lambda carry: carry, carry), None

    return xp.scan(step, init, length=limit)[0]


def segmented(
    xp: Any,
    loop: Function,
    again: Function,
    f: Function,
    init: Any,
    xs: Any,
    count: int,
    every: int,
) -> Any:
    """A scan of scans, each of `every` steps, and one of what is left.

    loop: (f, init, xs, length) -> as scan. again: makes of a step one whose inside is not kept.
    """
    pieces = count // every
    whole = pieces * every

    def segment(carry: Any, rows: Any) -> Any:
        return loop(f, carry, rows, every)

    def cut(x: Any) -> Any:
        return xp.reshape(x[:whole], (pieces, every, *x.shape[1:]))

    carry, ys = loop(again(segment), init, mapped(cut, xs), pieces)
    ys = mapped(lambda y: xp.reshape(y, (whole, *y.shape[2:])), ys)
    if whole == count:
        return carry, ys
    carry, more = loop(f, carry, mapped(lambda x: x[whole:], xs), count - whole)
    return carry, mapped(lambda a, b: xp.concat([a, b]), ys, more)


def steps_of(xs: Any, length: int | None) -> int:
    """How many steps a scan takes. Raises: InputError, see `scan`."""
    found = {x.shape[0] if x.shape else -1 for x in leaves(xs)}
    found |= set() if length is None else {length}
    if len(found) != 1 or -1 in found:
        told = ", ".join(str(n) if n >= 0 else "a number" for n in sorted(found)) or "none"
        raise InputError(f"xp.scan takes sequences of one length; here: {told}")
    count = found.pop()
    if count < 1:
        raise InputError("xp.scan of no steps has no results")
    return count


FAMILY = Family("control", composites=by_name(scan, fori_loop, cond, while_loop))
