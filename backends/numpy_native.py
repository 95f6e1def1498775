"""What the backends that compute on NumPy arrays share: arguments in, answers out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer, Operator
from gradparity.problems import Arrays, Instance


def encoder(operator: Operator, dtype: str) -> Callable[[Instance], tuple[Arrays, ...]]:
    """From an instance to (params, data), for jvp and hvp (params, data, direction)."""
    directed = operator in ("jvp", "hvp")

    def encode(instance: Instance) -> tuple[Arrays, ...]:
        given = (instance.params, instance.data) + ((instance.direction,) if directed else ())
        return tuple(cast(arrays, dtype) for arrays in given)

    return encode


def decoder(operator: Operator, dtype: str) -> Callable[[Any], Answer]:
    """From an operator's natural result to an Answer.

    The natural results: value -> f; gradient -> (f, {parameter: array}); jvp -> (f, slope);
    hvp -> {parameter: array}; hessian, jacobian -> array.
    """

    def decode(result: Any) -> Answer:
        if operator == "value":
            result = result, {}
        alone = operator in ("hvp", "hessian", "jacobian")
        value, derivative = (None, result) if alone else result
        named = derivative if isinstance(derivative, dict) else {operator: derivative}
        return Answer(
            None if value is None else _array(value, dtype),
            {name: _array(array, dtype) for name, array in named.items()},
        )

    return decode


def cast(arrays: Arrays, dtype: str) -> Arrays:
    """Fresh C-ordered copies, floating arrays in `dtype`."""
    return {
        name: np.array(
            array, dtype=dtype if np.asarray(array).dtype.kind == "f" else None, order="C"
        )
        for name, array in arrays.items()
    }


def _array(number: Any, dtype: str) -> np.ndarray[Any, Any]:
    """A copy; a Python float is weakly typed, as everywhere in NumPy, an array keeps its dtype."""
    return np.array(number, dtype=dtype if isinstance(number, float | int) else None)
