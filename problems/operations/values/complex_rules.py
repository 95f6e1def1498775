"""What operations make of complex arrays, written out in operations on their parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.values.complex_array import (
    ComplexArray,
    bilinear,
    exponential,
    logarithm_of,
    parts,
)
from gradparity.problems.operations.values.trees import leaves, mapped


def _sqrt(xp: Any, z: Any) -> ComplexArray:
    """t = √((|z| + |a|)/2) is the larger part, b/2t the other: neither cancels."""
    t = xp.sqrt((abs(z) + xp.abs(z.real)) / 2)
    other, above = z.imag / (2 * t), z.imag >= 0
    right = z.real >= 0
    return ComplexArray(
        xp,
        xp.where(right, t, xp.where(above, other, -other)),
        xp.where(right, other, xp.where(above, t, -t)),
    )


def _sin(xp: Any, z: Any) -> ComplexArray:
    a, b = z.real, z.imag
    return ComplexArray(xp, xp.sin(a) * xp.cosh(b), xp.cos(a) * xp.sinh(b))


def _cos(xp: Any, z: Any) -> ComplexArray:
    a, b = z.real, z.imag
    return ComplexArray(xp, xp.cos(a) * xp.cosh(b), -(xp.sin(a) * xp.sinh(b)))


def _hyperbolic(rule: Callable[[Any, Any], ComplexArray], xp: Any, z: Any) -> ComplexArray:
    """sinh z = -i sin iz, and cosh z = cos iz."""
    found = rule(xp, ComplexArray(xp, -z.imag, z.real))
    return ComplexArray(xp, found.imag, -found.real) if rule is _sin else found


def _each(name: str, xp: Any, z: Any, *more: Any, **how: Any) -> Any:
    """What is done to both parts alike."""
    real, imag = (getattr(xp, name)(part, *more, **how) for part in (z.real, z.imag))
    if isinstance(real, tuple | list):
        return type(real)(ComplexArray(xp, a, b) for a, b in zip(real, imag, strict=True))
    return ComplexArray(xp, real, imag)


def _joined(name: str, xp: Any, arrays: Any, *more: Any, **how: Any) -> ComplexArray:
    pairs = [parts(x) for x in arrays]
    real = getattr(xp, name)([a for a, _ in pairs], *more, **how)
    zeros = [xp.zeros_like(a) if b is None else b for a, b in pairs]
    return ComplexArray(xp, real, getattr(xp, name)(zeros, *more, **how))


def _where(xp: Any, condition: Any, x: Any, y: Any) -> ComplexArray:
    (a, b), (c, d) = parts(x), parts(y)
    b, d = (0.0 if part is None else part for part in (b, d))
    return ComplexArray(xp, xp.where(condition, a, c), xp.where(condition, b, d))


def _product(name: str, xp: Any, x: Any, y: Any, **how: Any) -> ComplexArray:
    first = x.conj() if name == "vecdot" and isinstance(x, ComplexArray) else x
    return bilinear(xp, lambda a, b: getattr(xp, name)(a, b, **how), first, y)


def _einsum(xp: Any, subscripts: str, *operands: Any) -> ComplexArray:
    if len(operands) == 1:
        return ComplexArray(xp, *(xp.einsum(subscripts, part) for part in parts(operands[0])))
    if len(operands) > 2:
        raise InputError("xp.einsum of complex numbers takes two operands at most")
    return bilinear(xp, partial(xp.einsum, subscripts), *operands)


def _separate(tree: Any) -> Any:
    """The tree with pairs of real arrays for complex ones."""
    return mapped(lambda x: (x.real, x.imag) if isinstance(x, ComplexArray) else x, tree)


def _together(xp: Any, like: Any, tree: Any) -> Any:
    """The tree whose pairs, where `like` has complex arrays, are complex arrays again."""
    return mapped(
        lambda known, x: ComplexArray(xp, *x) if isinstance(known, ComplexArray) else x, like, tree
    )


def _scan(loop: Any, xp: Any, f: Any, init: Any, xs: Any = None, *more: Any, **how: Any) -> Any:
    seen: list[Any] = []

    def step(carry: Any, x: Any) -> Any:
        new, y = f(_together(xp, init, carry), _together(xp, xs, x))
        seen.append(y)
        return _separate(new), _separate(y)

    last, ys = loop(step, _separate(init), _separate(xs), *more, **how)
    return _together(xp, init, last), _together(xp, seen[0], ys)


def _fori_loop(loop: Any, xp: Any, lower: int, upper: int, body: Any, init: Any) -> Any:
    def step(i: Any, carry: Any) -> Any:
        return _separate(body(i, _together(xp, init, carry)))

    return _together(xp, init, loop(lower, upper, step, _separate(init)))


def _while_loop(loop: Any, xp: Any, cond_fun: Any, body: Any, init: Any, limit: int) -> Any:
    def again(carry: Any) -> Any:
        return cond_fun(_together(xp, init, carry))

    def step(carry: Any) -> Any:
        return _separate(body(_together(xp, init, carry)))

    return _together(xp, init, loop(again, step, _separate(init), limit))


def _cond(choice: Any, xp: Any, pred: Any, true_fun: Any, false_fun: Any, *operands: Any) -> Any:
    seen: list[Any] = []

    def branch(function: Any) -> Any:
        def called(*given: Any) -> Any:
            seen.append(function(*_together(xp, operands, given)))
            return _separate(seen[-1])

        return called

    found = choice(pred, branch(true_fun), branch(false_fun), *_separate(operands))
    return _together(xp, seen[0], found)


EACH = (
    *("sum", "mean", "cumulative_sum", "reshape", "expand_dims", "squeeze", "broadcast_to"),
    *("permute_dims", "matrix_transpose", "flip", "roll", "take", "take_along_axis", "tile"),
    *("repeat", "unstack", "moveaxis", "swapaxes", "tril", "triu", "diagonal", "diag", "trace"),
    *("pad", "segment_sum", "zeros_like"),
)
RULES: dict[str, Callable[..., Any]] = {
    **{name: partial(_each, name) for name in EACH},
    **{name: partial(_joined, name) for name in ("concat", "stack")},
    **{name: partial(_product, name) for name in ("matmul", "vecdot", "outer", "tensordot")},
    "einsum": _einsum,
    "where": _where,
    "abs": lambda xp, z: abs(z),
    "square": lambda xp, z: z * z,
    "reciprocal": lambda xp, z: 1 / z,
    "pow": lambda xp, z, exponent: z**exponent,
    "ones_like": lambda xp, z: ComplexArray(xp, xp.ones_like(z.real), xp.zeros_like(z.real)),
    "exp": exponential,
    "log": logarithm_of,
    "sqrt": _sqrt,
    "sin": _sin,
    "cos": _cos,
    "sinh": partial(_hyperbolic, _sin),
    "cosh": partial(_hyperbolic, _cos),
}
"""What an operation makes of complex arrays: rule(xp, arguments)."""

OWN = ("complex", "real", "imag", "conj", "angle", "fourier")
"""The operations that are about complex numbers."""

LOOPS: dict[str, Callable[..., Any]] = {
    "scan": _scan,
    "fori_loop": _fori_loop,
    "while_loop": _while_loop,
    "cond": _cond,
}
"""Loops and branches, whose arrays may come to be complex: rule(that of real arrays, xp, ...)."""


_HOLDING = {ComplexArray, list, tuple}


def admitting_complex(name: str, real: Callable[..., Any], xp: Any) -> Callable[..., Any]:
    """The operation of xp, also where there is a complex array among its arguments.

    Raises: InputError for an operation that has no rule.
    """
    if name in OWN or name.startswith("fft."):
        return real
    if name in LOOPS:
        return partial(LOOPS[name], real, xp)

    def operation(*given: Any, **how: Any) -> Any:
        if all(type(x) not in _HOLDING for x in given):
            return real(*given, **how)
        if not any(isinstance(x, ComplexArray) for x in leaves(given)):
            return real(*given, **how)
        if name not in RULES:
            raise InputError(f"xp.{name} of complex numbers has no rule; it takes real ones")
        return RULES[name](xp, *given, **how)

    return update_wrapper(operation, real, assigned=())
