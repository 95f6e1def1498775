"""The record of an elementwise operation: all that the tape knows of `tanh` is one line.

    name, NumPy's function, how it is written on Python floats, cost, derivative by each operand

The Jacobian of z = f(x, y), entry by entry, is diagonal, and a diagonal matrix is its own
transpose: multiplying by ∂f/∂x carries a tangent forward and an adjoint backward, one or many at a
time. So a derivative is written once, and serves all modes. It says what t becomes:

    (t, z, x, y) -> t ∂f/∂x,  (t, z, x, y) -> t ∂f/∂y

z is used where it is at hand already (exp, tanh, sqrt, divide). Numbers multiply t first, since t
is often a single number, spread out.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives import scalar_form as form
from gradparity.backends.numpy_tape.primitives.box import Primitive

Rule = Callable[..., Any]


class Cost(Enum):
    """What an entry of the result takes: nothing, an operator, a division, a function."""

    FREE, ARITHMETIC, DIVISION, FUNCTION = range(4)


class Elementwise(Primitive):
    """A primitive whose operands broadcast and whose result is computed entry by entry.

    scalar: its form on Python floats, or the function of `math` that is called there; None if it
    is only done on arrays. cost: of an entry. derivatives: a rule for each operand, None for one
    that has no derivative. rounds: whether the result is rounded; else it is exact.
    source: how emitted source calls it, NumPy's function or one of `problems/special/`.
    Raises: TypeError, which names the operation, if the derivatives are not one for each operand.
    """

    __slots__ = ("cost", "derivatives", "rounds", "scalar", "source")

    def __init__(
        self,
        name: str,
        numpy: Callable[..., Any],
        scalar: form.ScalarForm | Callable[..., float] | None,
        cost: Cost,
        *derivatives: Rule | None,
        rounds: bool = True,
    ) -> None:
        super().__init__(name, numpy)
        operands = getattr(numpy, "nin", len(derivatives))
        if len(derivatives) != operands:
            raise TypeError(
                f"derivatives of {name}: {len(derivatives)}, of operands: {operands}; write one "
                "for each in its record, in backends/numpy_tape/primitives/"
            )
        self.scalar, self.cost = scalar, cost
        self.derivatives, self.rounds = derivatives, rounds
        of_numpy = getattr(np, numpy.__name__, None) is numpy
        self.source = f"{'np' if of_numpy else 'special'}.{numpy.__name__}"


FREE, ARITHMETIC, DIVISION, FUNCTION = Cost


def flat(name: str, numpy: np.ufunc, scalar: form.ScalarForm | None) -> Elementwise:
    """An operation whose derivative is 0 wherever it has one."""
    nothing = (None,) * numpy.nin
    return Elementwise(name, numpy, scalar, ARITHMETIC, *nothing, rounds=False)
