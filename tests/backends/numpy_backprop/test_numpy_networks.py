from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from gradparity.backends.numpy_backprop import digits, xor
from gradparity.backends.numpy_backprop.layers import Sigmoid
from gradparity.backends.numpy_backprop.losses import BufferedBinaryCrossEntropy
from gradparity.backends.numpy_backprop.network import BufferedNetwork, chain
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems import digits as digit_problems
from gradparity.problems import xor as xor_problems
from gradparity.problems.namespace import NUMPY

LONG = np.longdouble
PROBLEMS = xor_problems.PROBLEMS | digit_problems.PROBLEMS
DERIVATIONS = xor.DERIVATIONS | digits.DERIVATIONS
CASES = [(name, size) for name in PROBLEMS for size in ("tiny", "small")]
CASES += [("xor-relu", "medium"), ("mlp-digits", "medium")]


def cast(arrays: Arrays, dtype: Any) -> Arrays:
    return {
        name: array.astype(dtype) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }


def by_hand(name: str, params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    value, gradient = DERIVATIONS[name](params, data).gradient(params, data)
    return value, {key: array.copy() for key, array in gradient.items()}


def instance(name: str, size: str, seed: int = 1) -> Instance:
    problem: Problem = PROBLEMS[name]
    return problem.instance(size, seed)


def test_every_learning_problem_has_its_derivation() -> None:
    assert list(DERIVATIONS) == list(PROBLEMS)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_value_is_that_of_the_loss_written_once(name: str, size: str) -> None:
    drawn = instance(name, size)
    derivation = DERIVATIONS[name](drawn.params, drawn.data)
    expected = float(PROBLEMS[name].loss(NUMPY, drawn.params, drawn.data))
    assert float(derivation.value(drawn.params, drawn.data)) == pytest.approx(expected, rel=1e-13)
    assert derivation.gradient(drawn.params, drawn.data)[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("name", "size"), CASES[:-1])
def test_components_by_central_differences_of_the_loss(name: str, size: str) -> None:
    drawn = instance(name, size)
    _, gradient = by_hand(name, drawn.params, drawn.data)
    params, data = cast(drawn.params, LONG), cast(drawn.data, LONG)
    rng, h = np.random.default_rng(0), LONG(1e-6)
    for key, array in params.items():
        assert gradient[key].shape == array.shape
        for flat in rng.choice(array.size, size=min(3, array.size), replace=False):
            at = np.unravel_index(flat, array.shape)
            ends = []
            for step in (h, -h):
                moved = array.copy()
                moved[at] += step
                ends.append(PROBLEMS[name].loss(NUMPY, params | {key: moved}, data))
            slope = float((ends[0] - ends[1]) / (2 * h))
            assert gradient[key][at] == pytest.approx(slope, rel=1e-8, abs=1e-11), (key, at)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_all_components_by_torch(name: str, size: str) -> None:
    torch = pytest.importorskip("torch")
    drawn = instance(name, size)
    _, gradient = by_hand(name, drawn.params, drawn.data)
    params = {k: torch.tensor(v, requires_grad=True) for k, v in drawn.params.items()}
    data = {k: torch.tensor(v) for k, v in drawn.data.items()}
    PROBLEMS[name].idiomatic["torch"](NUMPY, params, data).backward()
    for key, tensor in params.items():
        np.testing.assert_allclose(gradient[key], tensor.grad.numpy(), rtol=1e-11, atol=1e-14)


def test_softmax_gradient_is_the_textbook_formula() -> None:
    drawn = instance("softmax-digits", "large")
    x, y = drawn.data["x"], drawn.data["y"]
    _, gradient = by_hand("softmax-digits", drawn.params, drawn.data)
    r = (softmax(x @ drawn.params["w"] + drawn.params["b"], axis=1) - np.eye(10)[y]) / len(x)
    np.testing.assert_allclose(gradient["w"], x.T @ r, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(gradient["b"], r.sum(axis=0), rtol=1e-11, atol=1e-15)
    assert abs(gradient["b"].sum()) < 1e-15


@pytest.mark.parametrize("name", list(xor_problems.PROBLEMS))
def test_xor_at_zero_is_stationary_exactly(name: str) -> None:
    drawn = instance(name, "medium")
    zeros = {key: np.zeros_like(array) for key, array in drawn.params.items()}
    value, gradient = by_hand(name, zeros, drawn.data)
    assert value == pytest.approx(np.log(2), rel=1e-15)
    assert not any(array.any() for array in gradient.values())


@pytest.mark.parametrize("weight", [1.0, 4.0, 8.0])
def test_a_chain_of_fifty_sigmoids_by_its_closed_form(weight: float) -> None:
    # a <- σ(w a - w/2) stays at a = 1/2, where each step's slope is w/4. So the first bias moves
    # the last activation by 1/4 (w/4)^49, and the loss by σ(1/2) - y times that.
    depth = 50
    params: Arrays = {}
    for layer in range(1, depth + 1):
        params |= {f"w{layer}": np.full((1, 1), weight), f"b{layer}": np.full(1, -weight / 2)}
    params |= {f"w{depth + 1}": np.ones((1, 1)), f"b{depth + 1}": np.zeros(1)}
    layers = chain(params, map(str, range(1, depth + 2)), 1, Sigmoid)
    network = BufferedNetwork(layers, BufferedBinaryCrossEntropy(1, np.float64))
    _, gradient = network.gradient(params, {"x": np.full((1, 1), 0.5), "y": np.ones(1)})
    expected = (expit(0.5) - 1) * 0.25 * (weight / 4) ** (depth - 1)
    assert gradient["b1"][0] == pytest.approx(expected, rel=1e-14)
    assert gradient["w1"][0, 0] == pytest.approx(expected / 2, rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(PROBLEMS))
def test_dtype_is_kept(name: str, dtype: Any) -> None:
    drawn = instance(name, "small")
    params, data = cast(drawn.params, dtype), cast(drawn.data, dtype)
    value, gradient = by_hand(name, params, data)
    assert value.dtype == dtype
    assert {array.dtype for array in gradient.values()} == {np.dtype(dtype)}
    _, exact = by_hand(name, cast(drawn.params, LONG), cast(drawn.data, LONG))
    eps = float(np.finfo(dtype).eps)
    for key, array in gradient.items():
        scale = float(np.abs(exact[key]).max())
        assert float(np.abs(array - exact[key]).max()) < 64 * eps * scale


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_inputs_are_not_mutated_and_calls_repeat_bitwise(name: str) -> None:
    drawn, other = instance(name, "small"), instance(name, "small", seed=2)
    for array in (*drawn.params.values(), *drawn.data.values()):
        array.flags.writeable = False
    derivation = DERIVATIONS[name](drawn.params, drawn.data)
    value, gradient = derivation.gradient(drawn.params, drawn.data)
    kept = {key: array.copy() for key, array in gradient.items()}
    derivation.gradient(other.params, other.data)
    derivation.value(other.params, other.data)
    again, gradient = derivation.gradient(drawn.params, drawn.data)
    assert again == value
    assert list(gradient) == list(drawn.params)
    assert all(np.array_equal(gradient[key], kept[key]) for key in kept)


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_nothing_is_baked_in_when_derived_at_zeros(name: str) -> None:
    drawn = instance(name, "small")
    zeros = [
        {key: np.zeros_like(array) for key, array in arrays.items()}
        for arrays in (drawn.params, drawn.data)
    ]
    value, gradient = DERIVATIONS[name](*zeros).gradient(drawn.params, drawn.data)
    expected_value, expected = by_hand(name, drawn.params, drawn.data)
    assert value == expected_value
    assert all(np.array_equal(gradient[key], expected[key]) for key in expected)


def test_a_warm_call_allocates_no_arrays() -> None:
    drawn = instance("mlp-digits", "large")
    derivation = DERIVATIONS["mlp-digits"](drawn.params, drawn.data)
    derivation.gradient(drawn.params, drawn.data)
    tracemalloc.start()
    try:
        derivation.gradient(drawn.params, drawn.data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A hidden activation has 784 · 512 numbers, 3.2 MB.
    assert peak < 200_000
