"""Every problem of the catalogue, every dtype, and parameters of every kind, on the tape."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.catalogue import DERIVATIONS
from gradparity.backends.numpy_tape.engine import derivatives as d
from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import everyday


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", everyday(PROBLEMS))
def test_every_problem_keeps_its_dtype_throughout(name, dtype):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 0)
    params = {key: x.astype(dtype) for key, x in instance.params.items()}
    data = {key: x.astype(dtype) if x.dtype.kind == "f" else x for key, x in instance.data.items()}
    value, gradient = d.value_and_gradient(problem.loss, params, data)
    curvature = d.hvp(problem.loss, params, data, params)
    assert value.dtype == dtype
    for key, x in params.items():
        assert gradient[key].dtype == curvature[key].dtype == dtype
        assert gradient[key].shape == curvature[key].shape == x.shape


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
def test_integers_and_numbers_never_change_the_dtype(dtype):
    data = {"n": np.array([1, 2, 3]), "m": np.array([True, False, True])}
    seen = []

    def loss(xp, p, q):
        x = p["x"]
        for y in (
            x * q["n"],
            q["n"] - x,
            x + 1,
            np.float64(0.5) * x,
            x / q["m"],
            xp.pow(x, q["n"]),
            xp.maximum(x, 0),
            xp.where(q["m"], x, 0),
            xp.where(q["m"], 1.0, 0.0) * x,
            q["n"] @ x,
            q["n"] / 2 * x,
            xp.mean(q["n"]) * x,
            xp.sqrt(q["n"]) + x,
            xp.einsum("i,i->i", q["n"], x),
            xp.mean(x),
            xp.arange(0.0, 3.0) * x,
            xp.concat([x, q["n"]]),
        ):
            seen.append(y)
        return sum(xp.sum(xp.where(q["m"], y, 0.0)) for y in seen[:4])

    with np.errstate(all="ignore"):
        _, gradient = d.value_and_gradient(loss, {"x": np.ones(3, dtype)}, data)
    assert [y.dtype for y in seen] == [np.dtype(dtype)] * len(seen)
    assert gradient["x"].dtype == dtype


@pytest.mark.parametrize("name", everyday(name for name in PROBLEMS if name in DERIVATIONS))
def test_every_problem_agrees_with_the_gradient_by_hand(name):
    problem = PROBLEMS[name]
    for size in list(problem.sizes)[:2]:
        instance = problem.instance(size, 1)
        expected_value, expected = DERIVATIONS[name](instance.params, instance.data).gradient(
            instance.params, instance.data
        )
        value, gradient = d.value_and_gradient(problem.loss, instance.params, instance.data)
        np.testing.assert_allclose(value, expected_value, rtol=1e-13)
        for key, g in expected.items():
            error = np.abs(gradient[key] - g).max()
            assert error <= 1e-13 * np.abs(g).max(), (name, size, key)


@pytest.mark.parametrize(
    "arguments", [(0,), (1,), (4,), (2, 3), (2, 7), (7, 2, -2), (1, 8, 3), (0.5, 2.0, 0.25), (3, 1)]
)
def test_arange_counts_as_numpy_does(arguments):
    def loss(xp, p, q):
        return xp.sum(xp.arange(*arguments) * p["x"] ** 2)

    _, gradient = d.value_and_gradient(loss, {"x": np.array(1.0)}, {})
    assert gradient["x"] == 2 * np.arange(*arguments).sum()


ODD = {
    "empty": np.zeros((0, 3)),
    "without axes": np.array(2.0),
    "column-major": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(12.0)[::-2],
    "repeated": np.broadcast_to(np.array([1.0, 2.0]), (3, 2)),
    "a million": np.linspace(-1, 1, 1_000_000),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_parameters(name):
    x = ODD[name]

    def loss(xp, p, q):
        return xp.sum(xp.square(p["x"]) * 0.5 + 3.0)

    _, gradient = d.value_and_gradient(loss, {"x": x}, {})
    np.testing.assert_array_equal(gradient["x"], x)
    curvature = d.hvp(loss, {"x": x}, {}, {"x": x})
    np.testing.assert_array_equal(curvature["x"], x)


def test_the_bias_of_a_million_cases_is_added_up_well_in_float32():
    rng = np.random.default_rng(31337)
    cases = rng.uniform(0.5, 1.5, (1_000_000, 2)).astype(np.float32)

    def loss(xp, p, q):
        return xp.sum((q["x"] + p["b"]) * q["x"])

    _, gradient = d.value_and_gradient(loss, {"b": np.zeros(2, np.float32)}, {"x": cases})
    exact = cases.astype(np.longdouble).sum(axis=0)
    assert np.abs(gradient["b"] / exact - 1).max() < 10 * np.finfo(np.float32).eps


def test_inputs_are_not_changed_and_two_calls_agree_bitwise():
    problem = PROBLEMS["mlp-digits"]
    instance = problem.instance("tiny", 0)
    before = {k: x.copy() for k, x in (instance.params | instance.data).items()}
    for x in (instance.params | instance.data).values():
        x.flags.writeable = False
    first = d.value_and_gradient(problem.loss, instance.params, instance.data)
    second = d.value_and_gradient(problem.loss, instance.params, instance.data)
    assert first[0] == second[0]
    for key in instance.params:
        np.testing.assert_array_equal(first[1][key], second[1][key])
    for key, x in (instance.params | instance.data).items():
        np.testing.assert_array_equal(x, before[key])
