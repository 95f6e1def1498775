"""Largest entries, products and ties along short rows, which are written otherwise than long ones."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator


def drawn(shape, dtype, ties):
    rng = np.random.default_rng(1)
    x = rng.integers(-2, 3, shape) if ties else rng.normal(size=shape)
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "longdouble"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("columns", [1, 2, 3, 7, 16, 17])
@pytest.mark.parametrize("name", ["max", "min"])
def test_an_extreme_of_short_rows_and_its_shares(name, columns, ties, keepdims, dtype):
    x = drawn((40, 9, columns), dtype, ties)
    weight = drawn((40, 9, 1) if keepdims else (40, 9), dtype, False)

    def loss(xp, params, data):
        extreme = getattr(xp, name)(params["x"], axis=2, keepdims=keepdims)
        return xp.sum(data["weight"] * extreme)

    run = compile_operator("gradient", loss, {"x": x}, {"weight": weight}).run
    for turned in (x, -x):  # the second run finds buffers full of the first one's numbers
        value, gradient = run({"x": turned}, {"weight": weight})
        extreme = getattr(turned, name)(axis=2, keepdims=True)
        won = turned == extreme
        shares = weight.reshape(40, 9, 1) / won.sum(axis=2, keepdims=True) * won
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(gradient["x"], shares, rtol=4 * eps, atol=0)
        terms = weight * extreme.reshape(weight.shape)
        assert abs(value - terms.sum()) <= 400 * eps * np.abs(terms).sum()


@pytest.mark.parametrize("columns", [3, 20])
def test_a_row_without_a_number_gives_nothing_to_others(columns):
    x = drawn((400, columns), "float64", ties=True)
    x[7, 1] = np.nan

    def loss(xp, params, data):
        return xp.sum(data["keep"] * xp.max(params["x"], axis=1))

    run = compile_operator("gradient", loss, {"x": x}, {"keep": np.ones(400)}).run
    with np.errstate(all="ignore"):
        value, gradient = run({"x": x}, {"keep": np.ones(400)})
    assert np.isnan(value)
    rest = np.delete(np.arange(400), 7)
    np.testing.assert_allclose(gradient["x"][rest].sum(axis=1), 1.0, rtol=1e-15)
    assert not gradient["x"][7].any()


@pytest.mark.parametrize("columns", [2, 5, 17])
def test_a_product_of_short_rows(columns):
    x = drawn((600, columns), "float64", ties=False)
    run = compile_operator(
        "gradient", lambda xp, params, data: xp.sum(xp.prod(params["x"], axis=1)), {"x": x}, {}
    ).run
    value, gradient = run({"x": x}, {})
    np.testing.assert_allclose(value, x.prod(axis=1).sum(), rtol=1e-12)
    np.testing.assert_allclose(
        gradient["x"] * x, np.repeat(x.prod(axis=1, keepdims=True), columns, axis=1), rtol=1e-13
    )
