"""How large an error a product makes that rounds its terms t: s = √(Σt²), of a part at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.longdouble import products as extended_product
from gradparity.backends.numpy_tape.primitives.array_functions import is_long
from gradparity.problems import Array


def matmul(xs: list[Any], z: Array) -> Array:
    """√Σt² of each entry of a product of matrices."""
    (m, n), unit = _exponents(xs)

    def squares(a: Array, b: Array) -> Array:
        return np.matmul(_scaled_squares(a, m), _scaled_squares(b, n))

    def product(a: Array, b: Array) -> Array:
        return extended_product.by_blocks(squares, a, b, np.float64)

    return unit * np.sqrt(extended_product.of_any_rank(product, *xs))


def einsum(xs: list[Any], z: Array, subscripts: str) -> Array:
    """√Σt² of each entry of a contraction."""
    exponents, unit = _exponents(xs)

    def squares(*operands: Array) -> Array:
        terms = map(_scaled_squares, operands, exponents)
        return np.einsum(subscripts, *terms, optimize=is_long(*operands))

    return unit * np.sqrt(extended_product.by_slices(squares, subscripts, *xs))


def _exponents(xs: list[Any]) -> tuple[list[int], float]:
    """Powers of two over which the operands' squares neither overflow nor vanish; their product."""
    exponents = [math.frexp(_largest(x))[1] for x in xs]
    return exponents, math.ldexp(1.0, min(sum(exponents), 1023))


def _largest(x: Array) -> float:
    """The largest size of a finite entry; 0 if there is none."""
    finite = np.isfinite(x)
    ends = (end(x, initial=0.0, where=finite) for end in (np.max, np.min))
    return max(abs(float(end)) for end in ends)


def _scaled_squares(x: Array, exponent: int) -> Array:
    return np.square(np.ldexp(x, -exponent) if exponent else x)
