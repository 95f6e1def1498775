"""Hand-written second derivatives of the landscapes: which way, by the number of variables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradparity.backends.numpy_backprop import landscapes_blocks_second as many
from gradparity.backends.numpy_backprop import landscapes_dense as dense
from gradparity.backends.numpy_backprop import landscapes_floats_second as few
from gradparity.backends.numpy_backprop.contract.composed import by_columns
from gradparity.backends.numpy_backprop.contract.derivation import Further, Make, Operate
from gradparity.backends.numpy_backprop.landscapes import FEW
from gradparity.problems import Arrays

SlopeOnFloats = Callable[[list[float], list[float]], list[float]]


def on_floats(formula: SlopeOnFloats) -> Make:
    """The hvp that hands "x" and the direction to `formula` as lists and rounds its answer."""

    def make(params: Arrays, data: Arrays) -> Operate:
        buffer = np.empty_like(params["x"])
        answer = {"x": buffer}

        def hvp(params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
            buffer[:] = formula(params["x"].tolist(), direction["x"].tolist())
            return answer

        return hvp

    return make


def by_length(formula: SlopeOnFloats, in_blocks: Make, hessian: Make) -> Further:
    """Hvp and Hessian: `formula` for few variables, blocks and whole matrices for many."""
    floats = on_floats(formula)

    def make_hvp(params: Arrays, data: Arrays) -> Operate:
        return (floats if params["x"].size <= FEW else in_blocks)(params, data)

    def make_hessian(params: Arrays, data: Arrays) -> Operate:
        if params["x"].size <= FEW:
            return by_columns(floats(params, data), params)
        return hessian(params, data)

    return {"hvp": make_hvp, "hessian": make_hessian}


FURTHER: dict[str, Further] = {
    "rosenbrock": {
        **by_length(few.rosenbrock, many.rosenbrock, dense.rosenbrock_hessian),
        "jacobian": dense.rosenbrock_jacobian,
    },
    "rastrigin": by_length(few.rastrigin, many.rastrigin, dense.rastrigin_hessian),
    "ackley": by_length(few.ackley, many.ackley, dense.ackley_hessian),
    "styblinski-tang": by_length(
        few.styblinski_tang, many.styblinski_tang, dense.styblinski_tang_hessian
    ),
    "himmelblau": {"hvp": on_floats(few.himmelblau), "jacobian": dense.himmelblau_jacobian},
    "beale": {"hvp": on_floats(few.beale), "jacobian": dense.beale_jacobian},
    "booth": {"hvp": on_floats(few.booth), "jacobian": dense.booth_jacobian},
    "saddle": {"hvp": on_floats(few.saddle)},
    "bounded-saddle": {"hvp": on_floats(few.bounded_saddle)},
    "monkey-saddle": {"hvp": on_floats(few.monkey_saddle)},
    "matyas": {"hvp": on_floats(few.matyas)},
    "six-hump-camel": {"hvp": on_floats(few.six_hump_camel)},
    "mccormick": {"hvp": on_floats(few.mccormick)},
    "branin": {"hvp": on_floats(few.branin)},
}
