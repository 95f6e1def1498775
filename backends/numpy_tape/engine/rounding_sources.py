"""How large a rounding error each primitive makes of its own: the deviation s of `perturbed.py`.

For an elementwise one it is the result z, but for one that rounds within. A sum, or a product of
matrices, rounds its terms: s = √(Σt²). What only rearranges, picks or compares makes none.

Where z = f(x) saturates, its slope can be computed from x or from z, and everybody computes it from
z: 1 - tanh², s (1 - s), p - y. Both are right formulas. A z that was rounded is off by ε z, and so
is all that is a difference of z and something like it. So M covers the larger error of the two,
however the loss is written. What each way of writing a loss needs for that:

* tanh. The tape's own rule is 1 - z²: nothing.
* logaddexp(x, y). The slopes are the shares p = e^(x - z) and q = e^(y - z). The tape takes them
  from x - z, to the last digit; from p + q = 1 follows p = 1 - q, with an error of ε. So the
  source of a share is 1 instead of p. softplus, sigmoid and their like are made of logaddexp:
  σ = e^(-softplus(-x)) gets σ (1 - σ) with the error σ ε, that of s (1 - s).
* expm1, likewise: e^x = 1 + z, with an error of ε max(1, e^x).
* An exponential e that is added to something larger, u = 1 + e, as in 1 / (1 + e^(-x)) or
  log1p(e^x). The slope of e is e; from u it is u - 1, with an error of ε u. So wherever a
  derivative multiplies t by e, the source is t u instead of t e. Softmax of two is that, too.
* The logarithm z of a sum of exponentials, the largest factored out or not. The slope along x is
  e^(x - max) / Σ, to the last digit; torch has it as e^(x - z), with an error of ε z. So where a
  derivative multiplies t by such an exponential e, the source is t e z if z is beyond 1.
* An array of float32 in a float64 computation (`single`) is off by 2^29 times as much, and so is
  the adjoint that passes there.
* Softmax with its maximum subtracted. Many hold the maximum constant; then the slope at the largest
  entry is p - 1, with an error of ε p. The tape sends -Σ z̄ back through the maximum, in which the
  same error cancels: `Box.anew` gives it another one.
* A softmax P whose rows average others, o = P v. The slope of a row is P (p̄ - D), D = Σ p̄ P. From
  the result D is Σ ō o, and a fused attention keeps o alone, each entry with an error of ε o. So
  the adjoint of the row's sum s, -D / s, gets the error √(Σ ō² o²) / s as well.

Where nothing saturates, u ≈ e and p ≈ 1, M stays as large as it was.

x^y is good to the last digit in every library; by hand it may be exp(y ln x), whose error is that
of y ln x. That is allowed to whom it costs float32 its digits, too: see `Runs.by_hand`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.product_sources import einsum, matmul
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.backends.numpy_tape.primitives.elementwise import exp, share
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, ON_ARRAYS, PICKING, RECORDS
from gradparity.problems import Array
from gradparity.problems.namespace import require

EXACT = PICKING | {name for name, f in ELEMENTWISE.items() if not f.rounds}
"""The primitives that round nothing."""


def _sum(xs: list[Any], z: Array, axis: Any, keepdims: bool = False) -> Array:
    return _root(np.sum(_squared(xs[0]), axis=axis, keepdims=keepdims))


def _cumulative_sum(xs: list[Any], z: Array, axis: int) -> Array:
    return _root(np.cumulative_sum(_squared(xs[0]), axis=axis))


def _prod(xs: list[Any], z: Array, axis: Any, keepdims: bool = False) -> Array:
    return z * math.sqrt(xs[0].size / max(1, z.size))


def _logaddexp(xs: list[Any], z: Array) -> Array:
    """The larger operand plus log1p(exp(-d)), d the difference of the two, each of them rounded."""
    larger = np.maximum(*xs)
    difference = np.abs(np.subtract(*xs))
    inner = np.where(np.isfinite(difference), difference * np.exp(-difference), 0.0)
    return np.hypot(np.hypot(z, np.where(np.isfinite(larger), z - larger, 0.0)), inner)


def _lgamma(xs: list[Any], z: Array) -> Array:
    """Near its zeros it is what is left of (x - ½) ln x, x and a constant (Lanczos, Stirling)."""
    size = np.abs(np.asarray(xs[0], np.float64)) + 1
    return np.hypot(z, size * np.log1p(size))


def _digamma(xs: list[Any], z: Array) -> Array:
    """Near its zeros it is what is left of a logarithm and a rational function."""
    return np.hypot(z, 1 + np.log1p(np.abs(np.asarray(xs[0], np.float64))))


def _log_ndtr(xs: list[Any], z: Array) -> Array:
    """Near 0 it is to many the logarithm of a number near 1."""
    return np.hypot(z, 1.0)


def by_logarithm(xs: list[Any], z: Array) -> Array:
    """The deviation of x^y computed as exp(y ln x), the logarithm rounded."""
    base = np.abs(np.asarray(xs[0], np.float64))
    logarithm = np.log(np.where(base > 0, base, 1.0))
    return z * np.hypot(1.0, np.asarray(xs[1], np.float64) * logarithm)


def _single(xs: list[Any], z: Array) -> Array:
    return z * 2.0**29


def _scattered(name: str) -> Callable[..., Array]:
    def source(xs: list[Any], z: Array, **static: Any) -> Array:
        squares = [_squared(x) if x.dtype.kind == "f" else x for x in xs]
        return _root(ON_ARRAYS[name].numpy(*squares, **static))

    return source


def _squared(x: Array) -> Array:
    """Squares in longdouble, where those of small numbers do not vanish."""
    return np.square(np.asarray(x, np.longdouble))


def _root(x: Array) -> Array:
    return np.sqrt(x).astype(np.float64)


SOURCES: dict[str, Callable[..., Array]] = {
    **{name: record.rounding for name, record in RECORDS.items() if not record.picks},
    "sum": _sum,
    "cumulative_sum": _cumulative_sum,
    "prod": _prod,
    "matmul": matmul,
    "einsum": einsum,
    "logaddexp": _logaddexp,
    "lgamma": _lgamma,
    "digamma": _digamma,
    "log_ndtr": _log_ndtr,
    "single": _single,
    **{
        name: _scattered(name)
        for name in ("scatter_add", "take_add", "add_along_axis", "scatter_slices")
    },
}
"""(operands, result, statics) -> the deviation s of a result whose terms are rounded."""
require(
    "EXACT or SOURCES in backends/numpy_tape/engine/rounding_sources.py",
    EXACT | {*SOURCES},
    ON_ARRAYS,
)


@dataclass(eq=False, slots=True)
class Absorbed:
    """An exponential e; within: |u| of the largest sum that it went into, of e's shape or ().

    logarithm: |z|, the largest that a logarithm of a sum of it came to, likewise.
    average: Σ ō² o² of each row, flat, of averages o by e over its row's sum.
    """

    shape: tuple[int, ...]
    within: Array = 0.0
    logarithm: Array = 0.0
    average: Array = 0.0

    def into(self, u: Array) -> None:
        """Note a sum; entries of e that were spread out take the largest of theirs."""
        spread = u.ndim - len(self.shape)
        u = np.max(u, axis=tuple(range(spread)), initial=0.0) if spread > 0 else u
        axes = tuple(i for i, n in enumerate(self.shape) if n == 1 and u.shape[i] != 1)
        self.within = np.maximum(self.within, np.max(u, axis=axes, keepdims=True, initial=0.0))


@dataclass(frozen=True, eq=False, slots=True)
class Exponential:
    """A number times an exponential: factor · e. known: about e."""

    known: Absorbed
    factor: float = field(default=1.0)


@dataclass(frozen=True, eq=False, slots=True)
class SummedExponential:
    """A sum of an exponential over axes, or its logarithm. known: about the exponential.

    shape: of the sum. axes: those that are gone. logged: whether it is the logarithm.
    """

    known: Absorbed
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    logged: bool = False

    def came_to(self, z: Array) -> None:
        """Note a logarithm, or what something else makes of it."""
        size = np.expand_dims(np.where(np.isfinite(z), np.abs(z), 0.0), self.axes)
        self.known.logarithm = np.maximum(self.known.logarithm, size.astype(np.float64))


@dataclass(frozen=True, eq=False, slots=True)
class Softmax:
    """An exponential over its sums along the last axis, whose rows may be laid out otherwise.

    averaged: whether it is what its rows average, o.
    """

    known: Absorbed
    averaged: bool = False


Known = Exponential | SummedExponential | Softmax | None
"""What is known of an array."""


def followed(
    primitive: Primitive,
    operands: list[Known],
    exact: list[Any],
    result: Array,
    static: dict[str, Any],
) -> Known:
    """What is known of a result as an exponential; an operand that is absorbed in it is told.

    operands: what is known of them. exact: their values.
    """
    if primitive is exp:
        return Exponential(Absorbed(result.shape))
    if not any(operands):
        return None
    name = primitive.name
    if (soft := _softmax(name, operands, exact, result, static)) is not None:
        return soft
    for whole in operands:
        same = isinstance(whole, SummedExponential) and whole.shape == result.shape
        if isinstance(whole, SummedExponential) and (same or name == "reshape"):
            return _of_sum(whole, name, result)
    known = [x if isinstance(x, Exponential) else None for x in operands]
    for one in known:
        pair = name == "sum" and exact[0].size == 2 * result.size and exact[0].ndim == result.ndim
        if one is not None and one.factor and (pair or name in ("add", "subtract", "log1p")):
            u = np.abs(1 + exact[0] if name == "log1p" else result).astype(np.float64)
            one.known.into(np.where(np.isfinite(u), u, 0.0) / abs(one.factor))
    if name in ("negative", "single"):
        return known[0]
    if name == "sum" and known[0] is not None and known[0].known.shape == exact[0].shape:
        axes = () if static["keepdims"] else tuple(static["axis"])
        return SummedExponential(known[0].known, result.shape, axes)
    numbers = [x for x in exact if isinstance(x, int | float)]
    if name == "multiply" and numbers:
        one = next(one for one in known if one is not None)
        return Exponential(one.known, one.factor * numbers[0])
    return None


def _of_sum(whole: SummedExponential, name: str, result: Array) -> Known:
    """The logarithm of a sum of exponentials, to which the largest exponent may be added."""
    if name == "single":
        return whole
    if name == "reshape":  # the axes that are gone are put back
        kept = result.shape == np.expand_dims(np.empty(whole.shape, np.bool), whole.axes).shape
        return replace(whole, shape=result.shape, axes=()) if kept else None
    if whole.logged and name in ("add", "subtract"):
        whole.came_to(result)
    if whole.logged or name != "log":
        return None
    whole.came_to(result)
    return replace(whole, logged=True)


def _softmax(
    name: str, operands: list[Known], exact: list[Any], result: Array, static: dict[str, Any]
) -> Softmax | None:
    """A softmax, in the rows that it has, or what they average."""
    top, *others = operands
    if name == "divide" and isinstance(top, Exponential):
        (below,) = others
        if not isinstance(below, SummedExponential) or below.logged:
            return None
        last = exact[1].shape == (*result.shape[:-1], 1)
        return Softmax(top.known) if last and below.known is top.known else None
    soft = next((x for x in operands if isinstance(x, Softmax) and not x.averaged), None)
    if soft is None:
        return None
    if name in ("matmul", "einsum"):
        rows = name == "matmul" or _by_rows(static["subscripts"])
        return Softmax(soft.known, averaged=True) if soft is top and rows else None
    kept = name in ("reshape", "where", "single") and result.shape[-1:] == soft.known.shape[-1:]
    return soft if kept and result.size == np.prod(soft.known.shape) else None


def _by_rows(subscripts: str) -> bool:
    """Whether the first operand's last axis is what is summed over, as in "acb,abd->acd"."""
    left, _, result = subscripts.partition("->")
    first, _, second = left.partition(",")
    return first[:-1] == result[:-1] and first[-1] in second and first[-1] not in result


def average_source(known: Known, adjoint: Array, z: Array) -> Array | None:
    """The deviation of the adjoint of a row's sum, where D may be had from averages; else None.

    Of averages themselves it is noted how far D is off. adjoint, z: of the result that is known.
    """
    if isinstance(known, Softmax) and known.averaged:
        rows = int(np.prod(known.known.shape[:-1]))
        if z.ndim and z.size == rows * z.shape[-1]:
            squares = _squared(adjoint * z).sum(-1).reshape(rows)
            known.known.average = known.known.average + squares
    if not isinstance(known, SummedExponential) or known.logged:
        return None
    average = known.known.average
    fits = np.ndim(average) and np.size(average) == z.size
    return (_root(average) / np.abs(z).ravel()).reshape(z.shape) if fits else None


def slope_source(
    primitive: Primitive, operands: list[Known], exact: list[Any], z: Array
) -> Array | None:
    """The deviation of a slope that may be had from a saturated result; None for anything else.

    operands: what is known of them. exact: their values. z: the result.
    """
    known = [x if isinstance(x, Exponential) else None for x in operands]
    if primitive is share:
        return np.maximum(z, 1.0)
    if primitive.name != "multiply" or not any(known):
        return None
    source = np.abs(z)
    for one, other in zip(known, reversed(exact), strict=True):
        if one is not None and np.any(one.known.within):
            source = np.maximum(source, np.abs(other * (one.factor * one.known.within)))
        if one is not None and np.any(one.known.logarithm > 1):
            source = np.maximum(source, np.abs(z) * one.known.logarithm)
    return source
