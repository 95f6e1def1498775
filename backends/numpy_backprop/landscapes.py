"""Hand-written gradients of the landscapes: which way of computing, by the number of variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop import landscapes_blocks as many
from gradparity.backends.numpy_backprop import landscapes_floats as few
from gradparity.backends.numpy_backprop.contract.derivation import Derivation, Derive
from gradparity.problems import Arrays

FEW = 16
"""Up to so many variables Python floats are faster than blocks; measured, they meet at 16 to 30."""

OnFloats = Callable[[list[float]], tuple[float, list[float]]]


def on_floats(formula: OnFloats) -> Derive:
    """The derivation that hands "x" to `formula` as a list of floats and rounds what it returns."""

    def derive(params: Arrays, data: Arrays) -> Derivation:
        scalar = params["x"].dtype.type
        buffer = np.empty_like(params["x"])
        answer = {"x": buffer}

        def value(params: Arrays, data: Arrays) -> Any:
            return scalar(formula(params["x"].tolist())[0])

        def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
            loss, buffer[:] = formula(params["x"].tolist())
            return scalar(loss), answer

        return Derivation(value, gradient)

    return derive


def by_length(formula: OnFloats, in_blocks: Derive) -> Derive:
    """`formula` on Python floats for few variables, blocks for many."""
    floats = on_floats(formula)

    def derive(params: Arrays, data: Arrays) -> Derivation:
        chosen = floats if params["x"].size <= FEW else in_blocks
        return chosen(params, data)

    return derive


DERIVATIONS: dict[str, Derive] = {
    "rosenbrock": by_length(few.rosenbrock, many.rosenbrock),
    "rastrigin": by_length(few.rastrigin, many.rastrigin),
    "ackley": by_length(few.ackley, many.ackley),
    "styblinski-tang": by_length(few.styblinski_tang, many.styblinski_tang),
    "himmelblau": on_floats(few.himmelblau),
    "beale": on_floats(few.beale),
    "booth": on_floats(few.booth),
    "saddle": on_floats(few.saddle),
    "bounded-saddle": on_floats(few.bounded_saddle),
    "monkey-saddle": on_floats(few.monkey_saddle),
    "matyas": on_floats(few.matyas),
    "six-hump-camel": on_floats(few.six_hump_camel),
    "mccormick": on_floats(few.mccormick),
    "branin": on_floats(few.branin),
}
