"""Sums along the last axis of three and more, which are products with ones, against NumPy."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator

SHAPES = [(50, 8, 4), (3, 2, 2, 5), (40, 30, 1), (3, 0, 4), (3, 4, 0)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.longdouble])
@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_sum_along_the_last_axis(shape, turned, keepdims, dtype):
    x = np.random.default_rng(0).normal(size=shape[::-1] if turned else shape).astype(dtype)
    axes = tuple(reversed(range(x.ndim)))

    def loss(xp, params, data):
        y = xp.permute_dims(params["x"], axes) if turned else params["x"]
        return xp.sum(xp.exp(0.1 * xp.sum(xp.square(y), axis=-1, keepdims=keepdims)))

    def by_hand(x):
        y = x.transpose(axes) if turned else x
        inner = np.exp(0.1 * (y * y).sum(axis=-1, keepdims=True))
        slope = 0.2 * y * inner
        return inner.sum(), slope.transpose(axes) if turned else slope

    params = {"x": x}
    compiled = compile_operator("gradient", loss, params, {})
    for given in (x, np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]):
        value, gradient = compiled.run({"x": given}, {})
        expected, slope = by_hand(x)
        rtol = 100 * np.finfo(dtype).eps
        np.testing.assert_allclose(value, expected, rtol=rtol)
        np.testing.assert_allclose(gradient["x"], slope, rtol=rtol)
        assert gradient["x"].dtype == dtype


def test_it_is_a_product_with_ones():
    def loss(xp, params, data):
        return xp.sum(xp.exp(xp.sum(xp.square(params["x"]), axis=2)))

    source = compile_operator("value", loss, {"x": np.ones((50, 8, 4))}, {}).source
    assert "ones_4" in source
    assert "add.reduce(squares" not in source
