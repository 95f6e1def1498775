from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from gradparity.problems import Arrays, Instance
from gradparity.problems.digits import PROBLEMS
from gradparity.problems.namespace import NUMPY

NAMES = ["softmax-digits", "mlp-digits"]


def value(name: str, params: Arrays, data: Arrays) -> float:
    return float(PROBLEMS[name].loss(NUMPY, params, data))


@pytest.mark.parametrize(
    ("name", "size", "images", "parameters"),
    [
        ("softmax-digits", "tiny", 64, 650),
        ("softmax-digits", "small", 256, 650),
        ("softmax-digits", "medium", 1024, 650),
        ("softmax-digits", "large", 1797, 650),
        ("mlp-digits", "tiny", 128, 1_210),
        ("mlp-digits", "small", 256, 4_810),
        ("mlp-digits", "medium", 512, 50_826),
        ("mlp-digits", "large", 512, 674_250),
    ],
)
def test_sizes(name: str, size: str, images: int, parameters: int) -> None:
    instance = PROBLEMS[name].instance(size, 0)
    assert instance.parameters == parameters
    assert instance.data["x"].shape == (images, 64)
    assert instance.data["y"].shape == (images,)
    assert instance.data["y"].dtype == np.int64


def test_images_are_the_real_ones_without_repetition() -> None:
    pixels, labels = load_digits(return_X_y=True)
    real = Counter(zip(map(bytes, pixels.astype(np.uint8)), labels.tolist(), strict=True))
    data = PROBLEMS["softmax-digits"].instance("medium", 5).data
    drawn = Counter(
        zip(map(bytes, (16 * data["x"]).astype(np.uint8)), data["y"].tolist(), strict=True)
    )
    assert drawn <= real


def test_the_largest_size_is_the_whole_set() -> None:
    data = PROBLEMS["softmax-digits"].instance("large", 0).data
    # Images per class, from the documentation of the test part of the UCI set.
    expected = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(data["y"]).tolist() == expected


def test_draws_differ_by_seed_and_leave_the_cached_images_alone() -> None:
    problem = PROBLEMS["mlp-digits"]
    first = problem.instance("tiny", 0)
    first.data["x"][:] = -1.0
    again, other = problem.instance("tiny", 0), problem.instance("tiny", 1)
    assert again.data["x"].min() == 0.0
    assert again.data["x"].max() == 1.0
    assert not np.array_equal(again.data["y"], other.data["y"])
    assert not np.array_equal(again.params["w1"], other.params["w1"])


def test_he_initialisation() -> None:
    params = PROBLEMS["mlp-digits"].instance("large", 0).params
    assert np.std(params["w2"]) == pytest.approx((2 / 784) ** 0.5, rel=0.01)
    assert np.std(params["w1"]) == pytest.approx((2 / 64) ** 0.5, rel=0.02)
    assert not params["b1"].any()


@pytest.mark.parametrize("name", NAMES)
def test_zero_weights_give_ln_10(name: str) -> None:
    drawn = PROBLEMS[name].instance("tiny", 0)
    zeros = {key: np.zeros_like(array) for key, array in drawn.params.items()}
    assert value(name, zeros, drawn.data) == pytest.approx(math.log(10), rel=1e-15)


@pytest.fixture(scope="module")
def separator() -> tuple[Any, Any]:
    """Whole-number weights w (64, 10), b (10,): for pixels 0 ... 16 and bias 16 b, no errors."""
    pixels, labels = load_digits(return_X_y=True)
    x = np.column_stack([pixels, np.full(len(pixels), 16)]).astype(np.int64)
    w = np.zeros((65, 10), np.int64)
    for _ in range(136):
        mistakes = 0
        for row, label in zip(x, labels, strict=True):
            scores = row @ w
            scores[label] -= 1
            best = scores.argmax()
            if best != label:
                w[:, label] += row
                w[:, best] -= row
                mistakes += 1
    assert mistakes == 0
    return w[:64].astype(float), w[64].astype(float)


def test_images_are_linearly_separable_so_that_the_infimum_is_0(separator: Any) -> None:
    w, b = separator
    problem = PROBLEMS["softmax-digits"]
    data = problem.instance("large", 0).data
    logits = data["x"] @ w + b
    right = logits[np.arange(1797), data["y"]]
    logits[np.arange(1797), data["y"]] = -np.inf
    # The scores were whole numbers in sixteenths.
    assert (right - logits.max(axis=1)).min() >= 1 / 16
    assert value("softmax-digits", {"w": 1000 * w, "b": 1000 * b}, data) < 1e-15
    assert problem.minimum is not None
    known = problem.minimum(data)
    assert (known.value, known.params) == (0.0, None)


@pytest.mark.parametrize("size", ["tiny", "medium"])
def test_a_relu_network_hands_the_separator_on(size: str, separator: Any) -> None:
    w, b = separator
    problem = PROBLEMS["mlp-digits"]
    drawn = problem.instance(size, 0)
    params = {key: np.zeros_like(array) for key, array in drawn.params.items()}
    depth, lift = len(params) // 2, 1e5
    params["w1"][:, :10], params["b1"][:10] = w, b + lift
    for layer in range(2, depth + 1):
        params[f"w{layer}"][:10, :10] = np.eye(10) * (1000 if layer == depth else 1)
    params[f"b{depth}"][:] = -1000 * lift
    assert value("mlp-digits", params, drawn.data) < 1e-15
    assert problem.minimum is not None
    assert problem.minimum(drawn.data).value == 0.0


@pytest.mark.parametrize("size", ["tiny", "small"])
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
    assert float(loss) == pytest.approx(value(name, drawn.params, drawn.data), rel=1e-12)


@pytest.mark.parametrize("size", ["tiny", "small"])
@pytest.mark.parametrize("name", NAMES)
def test_idiomatic_jax_has_the_same_value(name: str, size: str) -> None:
    jax = pytest.importorskip("jax")
    drawn = PROBLEMS[name].instance(size, 1)
    with jax.enable_x64(True):
        params, data = jax.tree.map(jax.numpy.asarray, (drawn.params, drawn.data))
        loss = PROBLEMS[name].idiomatic["jax"](NUMPY, params, data)
        assert loss.dtype == np.float64
        assert loss.shape == ()
        assert float(loss) == pytest.approx(value(name, drawn.params, drawn.data), rel=1e-12)


def test_softmax_value_by_a_second_method() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    special = pytest.importorskip("scipy.special")
    drawn: Instance = PROBLEMS["softmax-digits"].instance("small", 2)
    p = special.softmax(drawn.data["x"] @ drawn.params["w"] + drawn.params["b"], axis=1)
    expected = metrics.log_loss(drawn.data["y"], p, labels=range(10))
    assert value("softmax-digits", drawn.params, drawn.data) == pytest.approx(expected, rel=1e-13)
