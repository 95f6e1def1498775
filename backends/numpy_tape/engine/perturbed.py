"""How strongly rounding alone moves a result: longdouble arrays with K random rounding errors.

Rounding in precision ε makes of every result z a number z (1 + εξ) with some |ξ| of order one. To
first order in ε, and with random ξ, the error of what is computed from z is ε times a random number
m, which follows from forward differentiation with a new source at every operation:

    z = f(x, ...),   m_z = Σ ∂f/∂x m_x + s ξ,   s = z.

That is Monte-Carlo arithmetic, each result times (1 + δξ), in the limit δ → 0. So every branch is
the one of the exact run, nothing cancels in a difference quotient, and K runs cost K float64
tangents beside one run in longdouble, which is at the same time the most precise value there is.

s, where it is not z: a sum or a product of matrices rounds its *terms*, and the sum of tξ over the
terms t has the deviation s = √(Σt²). Otherwise a sum that cancels would look exact. Rearranging,
picking and comparing round nothing. A Python number that is no float32 has been rounded itself.

How ξ is drawn: `runs.py`.

What is solved, or factored, is right for operands that are a little off, its backward error: ξ
moves the operands there, and the tangent says what becomes of that (`ArrayRecord.backward`).

A derivative may be had from an operation's operand or from its result, and the result of one that
saturates has lost digits: `rounding_sources.py` says how many.

Where the first order vanishes, at the optimum of r² with r = 0, an error is of the second, and so
large as ε says. For that there is a step: the operands of every operation are moved by ε m, and
m_z is the difference quotient. Branches are still those of the exact run; what is factored keeps
its first order, since the signs of vectors may change with any step.

Reverse mode, and all else in `derivatives.py`, runs on these boxes as it does on symbols.

Source: Parker, Monte Carlo Arithmetic (1997); Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed. (2002), ch. 3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.accumulation import accumulated
from gradparity.backends.numpy_tape.engine.batch import Batch
from gradparity.backends.numpy_tape.engine.exact_results import (
    computed,
    in_double,
    in_range,
    is_rounded,
    rounded_entries,
    squared,
    widened,
)
from gradparity.backends.numpy_tape.engine.forward_rules import LINEAR, tangent_of
from gradparity.backends.numpy_tape.engine.rounding_sources import (
    EXACT,
    SOURCES,
    Known,
    average_source,
    by_logarithm,
    followed,
    slope_source,
)
from gradparity.backends.numpy_tape.engine.runs import Runs
from gradparity.backends.numpy_tape.primitives.box import Box, Primitive, level_of
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, FLAT, PICKING, RECORDS
from gradparity.problems import Array

LEVEL = 1

_SQUARED = ("asinh", "acosh")
"""Functions whose slope everybody computes from x², which leaves a range before x does."""


class Perturbed(Box):
    """An array in extended precision, and how rounding has moved it in each run.

    stored: the unperturbed array; float64 as long as nothing has been computed of it, so that a
    large matrix of data is neither copied nor widened. exact: in longdouble. moves: float64
    (K, *shape), in units of the precision; None if nothing has been rounded yet. length: of the
    longest accumulation on the way here. exponential: what is known of it as a multiple of an
    exponential, if it is one.
    """

    __slots__ = ("exponential", "length", "level", "moves", "runs", "stored")

    def __init__(
        self,
        stored: Array,
        runs: Runs,
        moves: Array | None = None,
        length: int = 0,
        exponential: Known = None,
    ) -> None:
        own = stored.dtype == np.float64
        self.stored = stored if own else in_double(stored) if runs.double else widened(stored)
        self.runs, self.moves, self.length, self.level = runs, moves, length, LEVEL
        self.exponential = exponential

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The shape, as of a NumPy array."""
        return np.shape(self.stored)

    @property
    def exact(self) -> Array:
        """The unperturbed array, longdouble."""
        return widened(self.stored)

    @property
    def dtype(self) -> Any:
        """Longdouble."""
        return np.dtype(np.longdouble)

    def anew(self) -> Perturbed:
        """The same with the errors of the next run: none of them is that of its own run."""
        if self.moves is None:
            return self
        first = self.runs.independent
        alone, shared = np.roll(self.moves[:first], 1, axis=0), -self.moves[first:]
        return Perturbed(self.stored, self.runs, np.concatenate([alone, shared]), self.length)

    def taken_back(self, g: Any) -> Any:
        """See `Box.taken_back`."""
        if not self.runs.count or self.exponential is None or not isinstance(g, Perturbed):
            return g
        with np.errstate(all="ignore"):
            lost = average_source(self.exponential, in_double(g.stored), in_double(self.stored))
        if lost is None:
            return g
        fresh = self.runs.each(self.shape) * np.where(np.isfinite(lost), lost, 0.0)
        moves = fresh if g.moves is None else g.moves + fresh
        return Perturbed(g.stored, self.runs, moves, g.length)

    def create(self, primitive: Primitive, **static: Any) -> Any:
        """Integers are plain arrays; a float that is no float32 has been rounded."""
        made = np.asarray(primitive.numpy(**static))
        if made.dtype.kind != "f":
            return made
        value = static.get("value", 0)
        moves = None
        if is_rounded(value) and self.runs.count:
            whole = np.full(made.shape, float(value))
            moves = whole * self.runs.one(made.ndim)
        return Perturbed(made, self.runs, moves)

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> Any:
        """The exact result, and what becomes of the moves; a plain array if it is not floating."""
        self.runs.primitives.add(primitive.name)
        if primitive.name == "astype" and np.dtype(static["dtype"]).kind == "f":
            return self  # whatever a loss rounds to, the truth is in full precision
        exact = [x.stored if isinstance(x, Perturbed) else x for x in operands]
        result = np.asarray(computed(primitive, exact, static, self.runs.double))
        if result.dtype.kind != "f":
            return result
        if self.runs.within is not None and primitive.name not in PICKING:
            result = in_range(result, self.runs.within, self.runs.above)
            if primitive.name in _SQUARED and self.runs.above:
                result = np.where(np.isfinite(squared(exact[0], self.runs.within)), result, np.inf)
        longest = max(x.length for x in operands if isinstance(x, Perturbed))
        length = accumulated(primitive.name, longest, exact, result, static)
        self.runs.longest = max(self.runs.longest, length)
        moves = self._moves(primitive, operands, [in_double(x) for x in exact], result, static)
        known = [x.exponential if isinstance(x, Perturbed) else None for x in operands]
        exponential = followed(primitive, known, exact, result, static)
        return Perturbed(result, self.runs, moves, length, exponential)

    def _moves(
        self,
        primitive: Primitive,
        operands: tuple[Any, ...],
        exact: list[Any],
        result: Array,
        static: dict[str, Any],
    ) -> Array | None:
        if not self.runs.count:
            return None
        given = [x.moves if isinstance(x, Perturbed) else None for x in operands]
        name, z = primitive.name, in_double(result)
        backward = RECORDS[name].backward if name in RECORDS else None
        if backward is not None:
            given = self._backward(given, exact, backward(exact))
        moved = None
        moving = name not in FLAT and any(m is not None for m in given)
        linear = name in _OF_SUMS or (
            name in _OF_PRODUCTS and sum(m is not None for m in given) == 1
        )
        if self.runs.step and moving and backward is None and not linear:
            moved = self._stepped(primitive, operands, result, static)
        elif moving:
            tangents = [None if m is None else Batch(m, LEVEL) for m in given]
            found = tangent_of(primitive)(tangents, z, exact, static)
            values = found.value if level_of(found) else found[np.newaxis]
            moved, whole = _behind(values, result.ndim), (self.runs.count, *result.shape)
            if moved.shape != whole:
                moved = np.broadcast_to(moved, whole)
        if name in EXACT:
            return moved
        known = [x.exponential if isinstance(x, Perturbed) else None for x in operands]
        lost = slope_source(primitive, known, exact, z)
        if lost is None:
            source = by_logarithm if self.runs.by_hand and name == "power" else SOURCES.get(name)
            lost = z if source is None else source(exact, z, **static)
        if name == "single" and moved is None:  # what has not been rounded yet may be a float32
            lost = np.where(rounded_entries(z), lost, 0.0)
        fresh = self.runs.sized(lost, result.shape)
        if _SINGLE.get() and name != "single":
            fresh *= 2.0**29
        if moved is not None:
            fresh += moved
        for number in exact:
            if isinstance(number, float) and is_rounded(number) and name in _WITH_NUMBERS:
                part = number if name in ("add", "subtract") else z
                fresh += part * self.runs.one(result.ndim)
        finite = np.isfinite(z)
        if not finite.all():  # as in a mask of -∞, which nothing moves
            fresh[..., ~finite] = 0.0
        return fresh

    def _backward(
        self, given: list[Array | None], exact: list[Any], deviations: tuple[Array | None, ...]
    ) -> list[Array | None]:
        """The moves of operands, with errors in them that stand for those made within."""
        moves = list(given)
        for i, deviation in enumerate(deviations):
            if deviation is not None:
                own = self.runs.each(exact[i].shape) * deviation
                before = moves[i]
                moves[i] = own if before is None else own + before
        return moves

    def _stepped(
        self, primitive: Primitive, operands: tuple[Any, ...], result: Array, static: dict[str, Any]
    ) -> Array:
        """How far the result moves, over the step, when every operand moves by the step."""
        step = np.longdouble(self.runs.step)
        moved = np.empty((self.runs.count, *result.shape))
        if primitive.name in ELEMENTWISE:  # of all runs at once
            near = [
                x.exact + step * _behind(x.moves, result.ndim)
                if isinstance(x, Perturbed) and x.moves is not None
                else x.stored
                if isinstance(x, Perturbed)
                else x
                for x in operands
            ]
            moved[...] = (computed(primitive, near, static) - result) / step
            return moved
        for k in range(self.runs.count):
            near = [
                x
                if not isinstance(x, Perturbed)
                else x.stored
                if x.moves is None
                else x.exact + step * x.moves[k]
                for x in operands
            ]
            moved[k] = (computed(primitive, near, static) - result) / step
        return moved


_SINGLE: ContextVar[bool] = ContextVar("single", default=False)


@contextmanager
def in_single() -> Iterator[None]:
    """Inside, results are rounded to float32; from them a slope may be had."""
    token = _SINGLE.set(True)
    try:
        yield
    finally:
        _SINGLE.reset(token)


_OF_SUMS = LINEAR | {"concat", "scatter_slices", "add", "subtract", "negative"}
"""Linear in all operands at once: a step moves the result by its tangent."""

_OF_PRODUCTS = {"multiply", "matmul", "einsum"}
"""Linear in each operand."""


def _behind(moves: Array, rank: int) -> Array:
    """Moves (K, ...) with axes of length 1 behind the first, for results of that rank."""
    missing = rank + 1 - moves.ndim
    if not missing:
        return moves
    return moves.reshape(len(moves), *(1,) * missing, *moves.shape[1:])


_WITH_NUMBERS = {"add", "subtract", "multiply", "divide"}
