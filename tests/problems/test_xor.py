from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradparity.problems import Instance
from gradparity.problems.namespace import NUMPY
from gradparity.problems.xor import PROBLEMS

NAMES = list(PROBLEMS)


def value(name: str, instance: Instance) -> float:
    return float(PROBLEMS[name].loss(NUMPY, instance.params, instance.data))


def test_the_three_activations_are_there() -> None:
    assert NAMES == ["xor-sigmoid", "xor-tanh", "xor-relu"]
    assert all(PROBLEMS[name].name == name for name in NAMES)


@pytest.mark.parametrize(("size", "parameters"), [("tiny", 9), ("small", 17), ("medium", 33)])
@pytest.mark.parametrize("name", NAMES)
def test_parameter_count(name: str, size: str, parameters: int) -> None:
    assert PROBLEMS[name].instance(size, 0).parameters == parameters


@pytest.mark.parametrize("name", NAMES)
def test_data_are_the_truth_table(name: str) -> None:
    data = PROBLEMS[name].instance("tiny", 0).data
    rows = {tuple(x): y for x, y in zip(data["x"].tolist(), data["y"].tolist(), strict=True)}
    assert rows == {(a, b): float(a != b) for a in (0.0, 1.0) for b in (0.0, 1.0)}


def test_draw_depends_on_the_seed_alone() -> None:
    problem = PROBLEMS["xor-tanh"]
    one, same, other = (problem.instance("small", seed).params for seed in (3, 3, 4))
    assert all(np.array_equal(one[key], same[key]) for key in one)
    assert not any(np.array_equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("seed", range(5))
def test_no_case_sits_on_the_kink(seed: int) -> None:
    instance = PROBLEMS["xor-relu"].instance("medium", seed)
    z = instance.data["x"] @ instance.params["w1"] + instance.params["b1"]
    assert np.abs(z).min() > 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_zero_weights_give_ln_2(name: str) -> None:
    drawn = PROBLEMS[name].instance("small", 0)
    zeros = {key: np.zeros_like(array) for key, array in drawn.params.items()}
    assert value(name, Instance(zeros, drawn.data)) == pytest.approx(math.log(2), rel=1e-15)


# Two units that count how many inputs are 1: "at least one" minus "both", hence XOR.
STEEP = 60.0
COUNTING: dict[str, tuple[Any, Any, Any, float]] = {
    "xor-relu": ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], -0.5),
    "xor-sigmoid": ([[STEEP] * 2] * 2, [-STEEP / 2, -1.5 * STEEP], [[1], [-1]], -0.5),
    "xor-tanh": ([[STEEP] * 2] * 2, [-STEEP / 2, -1.5 * STEEP], [[0.5], [-0.5]], -0.5),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [2.0, 8.0, 200.0])
def test_two_units_solve_it_and_the_infimum_is_approached(name: str, scale: float) -> None:
    w1, b1, w2, b2 = COUNTING[name]
    params = {
        "w1": np.array(w1, float),
        "b1": np.array(b1, float),
        "w2": scale * np.array(w2, float),
        "b2": scale * np.array([b2]),
    }
    data = PROBLEMS[name].instance("tiny", 0).data
    # Every logit is scale/2 on the right side.
    expected = math.log1p(math.exp(-scale / 2))
    assert value(name, Instance(params, data)) == pytest.approx(expected, rel=1e-11, abs=1e-14)
    known = PROBLEMS[name].minimum
    assert known is not None
    assert known(data).value == 0.0
    assert known(data).params is None


@pytest.mark.parametrize("size", ["tiny", "medium"])
@pytest.mark.parametrize("name", NAMES)
def test_idiomatic_torch_has_the_same_value(name: str, size: str) -> None:
    torch = pytest.importorskip("torch")
    drawn = PROBLEMS[name].instance(size, 1)
    params, data = (
        {key: torch.from_numpy(array) for key, array in arrays.items()}
        for arrays in (drawn.params, drawn.data)
    )
    loss = PROBLEMS[name].idiomatic["torch"](NUMPY, params, data)
    assert loss.shape == ()
    assert float(loss) == pytest.approx(value(name, drawn), rel=1e-12)


@pytest.mark.parametrize("size", ["tiny", "medium"])
@pytest.mark.parametrize("name", NAMES)
def test_idiomatic_jax_has_the_same_value(name: str, size: str) -> None:
    jax = pytest.importorskip("jax")
    drawn = PROBLEMS[name].instance(size, 1)
    with jax.enable_x64(True):
        params, data = jax.tree.map(jax.numpy.asarray, (drawn.params, drawn.data))
        loss = PROBLEMS[name].idiomatic["jax"](NUMPY, params, data)
        assert loss.dtype == np.float64
        assert loss.shape == ()
        assert float(loss) == pytest.approx(value(name, drawn), rel=1e-12)
