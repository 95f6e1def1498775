"""What the tests share: every backend × problem × variant × operator × dtype."""

from itertools import product

import numpy as np
import pytest

from gradparity.backends import DTYPES, OPERATORS
from gradparity.backends.catalogue import BACKENDS
from gradparity.problems import Namespace
from gradparity.problems.catalogue import PROBLEMS


def _logaddexp(x, y):
    """np.logaddexp knows no complex numbers; at the points of these tests e^x cannot overflow."""
    return np.log(np.exp(x) + np.exp(y))


COMPLEX = Namespace("numpy", np, {"logaddexp": _logaddexp})
"""NumPy for the complex step."""


# What a case costs seconds of: JAX without jit, Inductor, references on hundreds of parameters.
AFFORDABLE = {
    "jax-eager": {"price-linear", "booth", "xor-tanh"},
    "torch-compile": {"booth"},
    "dual": None,
    "complex-step": None,
    "finite-difference": None,
    "arb": None,
}
LARGE = {"softmax-digits", "mlp-digits", "regression-logistic"}


def combinations():
    """(backend, problem, variant, operator, dtype) of everything in the registries.

    An idiomatic loss is another loss, not another operator: it is asked for value, gradient and hvp.
    Costly cases are marked slow.
    """
    for backend, (name, problem) in product(BACKENDS, PROBLEMS.items()):
        variants = ["portable"] + (["idiomatic"] if backend in problem.idiomatic else [])
        for variant, operator, dtype in product(variants, OPERATORS, DTYPES):
            if variant == "idiomatic" and operator not in ("value", "gradient", "hvp"):
                continue
            some = AFFORDABLE.get(backend, PROBLEMS)
            cheap = name not in LARGE and dtype == "float64" if some is None else name in some
            cheap = cheap and not (backend == "torch-compile" and operator != "gradient")
            marks = () if cheap else (pytest.mark.slow,)
            yield pytest.param(backend, name, variant, operator, dtype, marks=marks)


def copied(arrays):
    return {name: np.array(array) for name, array in arrays.items()}


def same(first, second):
    """Whether two dicts of arrays are bitwise the same."""
    return first.keys() == second.keys() and all(
        np.asarray(first[name]).dtype == np.asarray(second[name]).dtype
        and np.asarray(first[name]).tobytes() == np.asarray(second[name]).tobytes()
        for name in first
    )
