"""What a trace refuses, and what it prepares for."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.problems import InputError

PARAMS = {"x": np.array([1.0, 2.0, 3.0])}


def branching(xp, params, data):
    return xp.sum(params["x"]) if params["x"][0] > 0 else xp.sum(-params["x"])


def converting(xp, params, data):
    return xp.sum(params["x"]) * int(data["n"])


def counting(xp, params, data):
    return sum(params["x"][i] for i in range(data["n"]))


@pytest.mark.parametrize(
    ("loss", "words"),
    [(branching, ["`if`", "xp.where"]), (converting, ["int()"]), (counting, ["range()"])],
)
def test_reading_a_value_is_refused_with_the_remedy(loss, words):
    with pytest.raises(InputError) as caught:
        compile_operator("value", loss, PARAMS, {"n": np.array(2)})
    for word in [*words, "tape-eager"]:
        assert word in str(caught.value)


def test_wrong_shapes_are_named():
    def loss(xp, params, data):
        return xp.sum(params["x"] @ data["a"])

    with pytest.raises(InputError, match=r"matmul.*\(3,\).*\(2, 2\)"):
        compile_operator("value", loss, PARAMS, {"a": np.ones((2, 2))})


def test_values_are_not_baked_in():
    def loss(xp, params, data):
        return xp.sum(xp.exp(params["x"]) * data["c"])

    zeros = {"x": np.zeros(3)}
    compiled = compile_operator("gradient", loss, zeros, {"c": np.zeros(3)})
    value, answer = compiled.run(PARAMS, {"c": np.ones(3)})
    assert abs(value - np.exp(PARAMS["x"]).sum()) <= 1e-13
    assert np.allclose(answer["x"], np.exp(PARAMS["x"]), rtol=1e-15, atol=0)


@pytest.mark.parametrize("x", [-1.0, 0.0, 800.0, np.inf, np.nan])
def test_outside_the_domain_floats_answer_as_numpy_does(x):
    def loss(xp, params, data):
        p = params["x"]
        return xp.log(p) + xp.exp(p) + 1.0 / p + xp.sqrt(p) + xp.sin(p)

    given = {"x": np.array(x)}
    compiled = compile_operator("value", loss, given, {})
    assert "math.log" in compiled.source
    with np.errstate(all="ignore"):
        want = np.log(x) + np.exp(x) + 1.0 / np.float64(x) + np.sqrt(x) + np.sin(x)
    assert np.array_equal(compiled.run(given, {}), want, equal_nan=True)


def test_names_that_python_uses_are_no_trouble():
    names = ["class", "sum", "np", "float", "1st", "a b", "value", "make", "t", "exp"]
    params = {name: np.full(40, 0.5) for name in names}

    def loss(xp, params, data):
        return sum(xp.sum(xp.exp(x) * x) for x in params.values())

    value, answer = compile_operator("gradient", loss, params, {}).run(params, {})
    assert abs(value - 400 * 0.5 * np.exp(0.5)) <= 1e-11
    for name in names:
        assert np.allclose(answer[name], 1.5 * np.exp(0.5), rtol=1e-15, atol=0)
    few = {name: x[:2] for name, x in params.items()}
    value, answer = compile_operator("gradient", loss, few, {}).run(few, {})
    assert abs(value - 20 * 0.5 * np.exp(0.5)) <= 1e-13


def test_an_unused_parameter_and_a_constant_loss():
    def loss(xp, params, data):
        return xp.sum(params["x"] * 0.0) + 2.0

    value, answer = compile_operator("gradient", loss, PARAMS, {}).run(PARAMS, {})
    assert value == 2.0
    assert answer["x"].tolist() == [0.0, 0.0, 0.0]


def test_an_unrolled_loop_costs_time_linear_in_its_steps():
    def unrolled(steps):
        def loss(xp, params, data):
            h = params["h"]
            for t in range(steps):
                h = xp.tanh(h * 0.5 + params["u"][t])
            return xp.sum(h)

        given = {"h": np.zeros(100), "u": np.zeros((steps, 100))}
        return compile_operator("gradient", loss, given, {})

    few, many = unrolled(20), unrolled(40)
    assert many.operations <= 2 * few.operations + 5
    assert many.bytes <= 2.1 * few.bytes
