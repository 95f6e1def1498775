"""Inner products in pieces that one thread takes."""

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.contract.blocks import ALONE, inner_product


@pytest.mark.parametrize("n", [0, 1, ALONE, ALONE + 1, 3 * ALONE + 7])
def test_the_sum_of_the_first_squares(n):
    x = np.arange(n, dtype=np.float64)
    assert inner_product(x, x) == (n - 1) * n * (2 * n - 1) / 6


def test_pieces_follow_each_other():
    x = np.zeros(2 * ALONE + 1)
    x[[0, ALONE - 1, ALONE, 2 * ALONE]] = 1.0, 10.0, 100.0, 1000.0
    assert inner_product(x, np.ones_like(x)) == 1111.0
