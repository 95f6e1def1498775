"""Certified numbers that record how they were computed: reverse mode over balls.

A ball m ± r of `flint.arb` holds the exact result of whatever was computed, however the arithmetic
rounds. A `Ball` here is a short power series of such balls, [x] or [x, ẋ], and remembers what it
was computed from, with the partial derivatives. Walked backwards in the order of computation, the
adjoints of the series [x, ẋ] with ẋ = v are [∂f/∂x, (Hv)_x]: a gradient from series of length 1, a
Hessian times a vector from length 2.

NumPy's object arrays of Balls run a loss: its ufuncs call Python's operators. What NumPy lacks for
objects is in `backends/arb_balls/operations.py`.

A comparison of balls that overlap cannot be decided: it raises `Undecided`, and more bits may help.

Sources: Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE
Transactions on Computers 66 (2017); Griewank and Walther, Evaluating Derivatives (2008), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from gradparity.backends.arb_balls import functions, special
from gradparity.backends.arb_balls.functions import Series, Undecided, flint, inverse

T = TypeVar("T")

UNARY = {**functions.UNARY, **special.UNARY}
"""The functions of one number: series -> value and derivative."""
Pairs = tuple[tuple["Ball", Series], ...]


class TooLong(Exception):
    """More operations than the tape may hold."""


@dataclass
class BallTape:
    """The Balls that depend on a parameter, in the order of their computation.

    length: coefficients of every series. most: operations before `TooLong`. count: those made.
    """

    length: int
    most: int
    nodes: list[Ball] = field(default_factory=list)
    count: int = 0

    def series(self, *coefficients: Any) -> Series:
        """A series of these coefficients: numbers that arb takes exactly."""
        arb_series = flint().arb_series
        return arb_series(list(coefficients), self.length)

    def constant(self, number: Any) -> Ball:
        """A Ball of a number, exactly."""
        return Ball(self, self.series(_exact(number)))

    def ball(self, number: Any) -> Ball:
        """A Ball as it is, a number as a constant."""
        return number if isinstance(number, Ball) else self.constant(number)

    def variable(self, number: Any, slope: Any = 0) -> Ball:
        """A parameter, with its derivative along the direction where series have length 2."""
        ball = Ball(self, self.series(_exact(number), _exact(slope)))
        ball.moving = True
        return ball

    def walk(self, root: Ball) -> None:
        """Set `adjoint` of everything that `root` depends on."""
        for node in self.nodes:
            node.adjoint = None
        root.adjoint = self.series(1)
        for node in reversed(self.nodes):
            if node.adjoint is None:
                continue
            for parent, partial in node.pairs:
                term = node.adjoint * partial
                parent.adjoint = term if parent.adjoint is None else parent.adjoint + term


def _exact(number: Any) -> Any:
    arb = flint().arb
    if isinstance(number, arb):
        return number
    return arb(int(number)) if np.dtype(type(number)).kind in "biu" else arb(float(number))


def _entry_by_entry(method: Callable[[Ball, Ball], T]) -> Callable[[Ball, Any], T]:
    """The operator, for numbers too; an array on its right is left to NumPy, entry by entry."""

    @wraps(method)
    def operator(self: Ball, other: Any) -> T:
        return (
            NotImplemented if isinstance(other, np.ndarray) else method(self, self.tape.ball(other))
        )

    return operator


class Ball:
    """A real number within certified bounds, to NumPy a scalar object."""

    __slots__ = ("adjoint", "moving", "pairs", "series", "tape")
    moving: bool
    __hash__ = None  # type: ignore[assignment]
    dtype = np.dtype(object)
    shape = ()
    ndim = 0

    def __init__(self, tape: BallTape, series: Series, pairs: Pairs = ()) -> None:
        self.tape = tape
        self.series = series
        self.pairs = pairs = tuple(pair for pair in pairs if pair[0].moving)
        self.moving = bool(pairs)
        self.adjoint: Series = None
        tape.count += 1
        if tape.count > tape.most:
            raise TooLong
        if pairs:
            tape.nodes.append(self)

    @property
    def ball(self) -> Any:
        """The number itself, a `flint.arb`."""
        return self.series[0]

    def _made(self, series: Series, *pairs: tuple[Ball, Series]) -> Ball:
        return Ball(self.tape, series, pairs)

    @_entry_by_entry
    def __add__(self, other: Ball) -> Ball:
        one = self.tape.series(1)
        return self._made(self.series + other.series, (self, one), (other, one))

    @_entry_by_entry
    def __sub__(self, other: Ball) -> Ball:
        return self + -other

    @_entry_by_entry
    def __mul__(self, other: Ball) -> Ball:
        found = self.series * other.series
        return self._made(found, (self, other.series), (other, self.series))

    @_entry_by_entry
    def __truediv__(self, other: Ball) -> Ball:
        share = inverse(other.series)
        found = self.series * share
        return self._made(found, (self, share), (other, -found * share))

    def __rsub__(self, other: Any) -> Ball:
        return self.tape.ball(other) - self

    def __rtruediv__(self, other: Any) -> Ball:
        return self.tape.ball(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Ball:
        return self._made(-self.series, (self, self.tape.series(-1)))

    def __abs__(self) -> Ball:
        return self if self >= 0 else -self

    @_entry_by_entry
    def __pow__(self, other: Ball) -> Ball:
        if other.moving or not other.ball.is_integer() or abs(other.ball) > 64:
            return (other * self.apply("log")).apply("exp")
        n = int(float(other.ball))
        if n == 0:
            return self.tape.constant(1)
        found: Ball = self
        for _ in range(abs(n) - 1):
            found = found * self
        return found if n > 0 else self.tape.constant(1) / found

    def __rpow__(self, other: Any) -> Ball:
        return self.tape.ball(other) ** self

    @_entry_by_entry
    def __gt__(self, other: Ball) -> bool:
        x, y = self.ball, other.ball
        return _decided(x > y, x <= y, x, y)

    @_entry_by_entry
    def __ge__(self, other: Ball) -> bool:
        x, y = self.ball, other.ball
        return _decided(x >= y, x < y, x, y)

    @_entry_by_entry
    def __lt__(self, other: Ball) -> bool:
        return not self >= other

    @_entry_by_entry
    def __le__(self, other: Ball) -> bool:
        return not self > other

    @_entry_by_entry
    def __eq__(self, other: Ball) -> bool:
        x, y = self.ball, other.ball
        return _decided(x == y, not x.overlaps(y), x, y)

    @_entry_by_entry
    def __ne__(self, other: Ball) -> bool:
        return not self == other

    def apply(self, name: str) -> Ball:
        """The function `name` of it; see `functions.py`."""
        return self.through(UNARY[name])

    def through(self, function: Callable[[Series], tuple[Series, Series]]) -> Ball:
        """A function of series, to value and derivative, of it."""
        value, slope = function(self.series)
        return self._made(value, (self, slope))


def _decided(yes: bool, no: bool, x: Any, y: Any) -> bool:
    if not (yes or no):
        raise Undecided(f"{x} and {y} overlap: which is larger cannot be decided")
    return yes
