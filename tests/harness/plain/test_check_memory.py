"""What `check` of a loss that reads a large matrix takes, in multiples of that matrix."""

from __future__ import annotations

import tracemalloc
from contextlib import nullcontext

import numpy as np
import pytest

from gradparity import GradientError, check

ROWS, COLUMNS = 60, 20_000
DOUBLE = 8 * ROWS * COLUMNS  # bytes of the matrix in float64


PRODUCTS = {"matmul": lambda x, w: x @ w, "a product that is summed": lambda x, w: (x * w).sum(1)}


@pytest.mark.parametrize("factor", [1.0, 0.5])
@pytest.mark.parametrize("product", PRODUCTS)
def test_no_longdouble_and_no_perturbed_copy_of_the_data_is_made(
    product: str, factor: float
) -> None:
    """One copy of each call, one that the judge keeps, blocks. In longdouble it is 2, times 4 runs."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((ROWS, COLUMNS)).astype(np.float32)
    y = rng.standard_normal(ROWS).astype(np.float32)
    w = rng.standard_normal(COLUMNS).astype(np.float32)

    def loss(w, x, y):
        return ((PRODUCTS[product](x, w) - y) ** 2).sum()

    def gradient(w, x, y):
        return factor * 2 * (x @ w - y) @ x

    check(loss, w[:5], gradient=lambda *a: 2 * gradient(*a) / factor / 2, args=(x[:, :5], y))
    tracemalloc.start()
    try:
        with nullcontext() if factor == 1 else pytest.raises(GradientError, match="formula"):
            check(loss, w, gradient=gradient, args=(x, y))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 16 MiB of longdouble at a time of either operand.
    own = DOUBLE if product != "matmul" else 0  # the matrix that the loss itself makes
    assert peak < 3 * DOUBLE + own + 2 * 2**24
