"""Long elementwise losses: what runs in blocks equals the whole, eager tape."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine import derivatives

N = 70_001


def chain(xp, params, data):
    x = params["x"]
    return xp.sum(xp.exp(-xp.square(x)) * data["c"] + xp.tanh(x))


def second_differences(xp, params, data):
    x = params["x"]
    return xp.sum(xp.square(x[2:] - 2.0 * x[1:-1] + x[:-2]) * params["scale"])


def one_slice(xp, params, data):
    return xp.sum(xp.square(params["x"][3:]))


def normalised(xp, params, data):
    x = params["x"]
    shifted = x - xp.max(x)
    return xp.log(xp.sum(xp.exp(shifted))) + xp.max(x) + xp.sum(data["c"] * x)


def first_and_all(xp, params, data):
    x = params["x"]
    return x[0] * xp.sum(xp.square(x)) + params["scale"]


def two_parameters(xp, params, data):
    return xp.sum(params["x"] * params["y"]) + xp.mean(xp.where(params["x"] > 0, params["x"], 0.5))


def matrix(xp, params, data):
    return xp.sum(xp.square(params["m"]) + params["m"]) * params["scale"]


def same_gradient(xp, params, data):
    return xp.sum(xp.exp(params["x"] + params["y"]))


LOSSES = [
    *(chain, second_differences, one_slice, normalised, first_and_all, two_parameters),
    *(matrix, same_gradient),
]


def given(dtype):
    rng = np.random.default_rng(2)
    params = {"x": rng.normal(size=N), "y": rng.normal(size=N), "m": rng.normal(size=(301, 233))}
    params["scale"] = np.asarray(0.7)
    return {k: np.asarray(x, dtype) for k, x in params.items()}, {
        "c": rng.normal(size=N).astype(dtype)
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES)
def test_blocks_equal_the_whole(loss, dtype):
    params, data = given(dtype)
    wide = (
        {k: x.astype("f8") for k, x in params.items()},
        {k: x.astype("f8") for k, x in data.items()},
    )
    want, wanted = derivatives.value_and_gradient(loss, *wide)
    compiled = compile_operator("gradient", loss, params, data)
    for _ in range(2):
        value, answer = compiled.run(params, data)
        eps = np.finfo(dtype).eps
        assert abs(value - want) <= 100 * eps * max(abs(want), np.sqrt(N))
        for name, x in wanted.items():
            assert answer[name].shape == x.shape
            assert answer[name].dtype == dtype
            assert np.max(np.abs(answer[name] - x)) <= 100 * eps * max(np.max(np.abs(x)), 1.0)
        assert not np.shares_memory(answer["x"], answer["y"])


@pytest.mark.parametrize("loss", [chain, second_differences, one_slice, same_gradient, matrix])
def test_most_run_in_blocks(loss):
    assert "in blocks:" in compile_operator("gradient", loss, *given("float64")).source


@pytest.mark.parametrize("loss", [chain, second_differences, normalised])
def test_a_hessian_product_in_blocks(loss):
    params, data = given("float64")
    direction = {k: np.cos(x) for k, x in params.items()}
    want = derivatives.hvp(loss, params, data, direction)
    got = compile_operator("hvp", loss, params, data).run(params, data, direction)
    for name, x in want.items():
        assert np.max(np.abs(got[name] - x)) <= 1e-13 * max(np.max(np.abs(x)), 1.0)
