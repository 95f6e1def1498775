"""The regressions: closed forms, the minimum by a second method, the real data."""

import math

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import expit
from sklearn.datasets import load_breast_cancer

from gradparity.problems.namespace import NUMPY
from gradparity.problems.regression import PROBLEMS, draw_linear, draw_logistic, draw_poisson

SYNTHETIC = ("regression-linear", "regression-logistic", "regression-poisson")


def loss(name, w, data):
    return float(PROBLEMS[name].loss(NUMPY, {"w": np.asarray(w)}, data))


@pytest.mark.parametrize(
    ("name", "size", "shape"),
    [
        ("regression-linear", "tiny", (50, 5)),
        ("regression-linear", "small", (500, 50)),
        ("regression-linear", "medium", (2000, 500)),
        ("regression-logistic", "tiny", (569, 31)),
        ("regression-logistic", "small", (1000, 101)),
        ("regression-logistic", "medium", (2000, 501)),
        ("regression-poisson", "tiny", (50, 5)),
        ("regression-poisson", "small", (500, 50)),
        ("regression-poisson", "medium", (2000, 500)),
    ],
)
def test_shapes(name, size, shape):
    instance = PROBLEMS[name].instance(size, 0)
    assert instance.data["x"].shape == shape
    assert instance.data["y"].shape == shape[:1]
    assert instance.params["w"].shape == shape[1:]
    if name != "regression-linear":
        assert np.all(instance.data["x"][:, 0] == 1.0)


def test_the_largest_reach_the_sizes_asked_for():
    assert PROBLEMS["regression-linear"].sizes["large"]["features"] == 5000
    assert PROBLEMS["regression-logistic"].sizes["large"]["features"] == 10_000


@pytest.mark.parametrize("name", SYNTHETIC)
def test_draws_repeat_and_differ_by_seed(name):
    problem = PROBLEMS[name]
    first, again, other = (problem.instance("tiny", seed) for seed in (3, 3, 4))
    assert np.array_equal(first.params["w"], again.params["w"])
    assert np.array_equal(first.data["y"], again.data["y"])
    assert not np.array_equal(first.params["w"], other.params["w"])


def test_breast_cancer_is_the_real_data_standardised():
    raw, labels = load_breast_cancer(return_X_y=True)
    data = PROBLEMS["regression-logistic"].draw(np.random.default_rng(0)).data
    features = data["x"][:, 1:]
    assert np.abs(features.mean(axis=0)).max() < 1e-13
    assert features.std(axis=0) == pytest.approx(np.ones(30), rel=1e-13)
    assert np.array_equal(features.argsort(axis=0)[-1], raw.argsort(axis=0)[-1])
    assert data["y"].sum() == labels.sum() == 357  # benign cases, from its documentation


def test_at_zero_the_losses_have_their_closed_forms():
    for name in SYNTHETIC:
        drawn = PROBLEMS[name].instance("small", 1)
        zero, y = np.zeros_like(drawn.params["w"]), drawn.data["y"]
        expected = {
            "regression-linear": 0.5 * np.mean(y**2),
            "regression-logistic": math.log(2.0),
            "regression-poisson": len(y),
        }
        assert loss(name, zero, drawn.data) == pytest.approx(expected[name], rel=1e-14)


@pytest.mark.parametrize(("cases", "features"), [(40, 7), (7, 7), (7, 40)])
def test_the_linear_minimum_is_that_of_the_singular_value_decomposition(cases, features):
    data = draw_linear(np.random.default_rng(2), cases, features).data
    minimum = PROBLEMS["regression-linear"].minimum(data)
    expected = np.linalg.lstsq(data["x"], data["y"], rcond=None)[0]
    assert minimum.params["w"] == pytest.approx(expected, rel=1e-9, abs=1e-11)
    value = loss("regression-linear", expected, data)
    assert minimum.value == pytest.approx(value, rel=1e-12, abs=1e-24)


def test_half_the_sum_of_the_squared_residuals_is_the_loss():
    problem = PROBLEMS["regression-linear"]
    drawn = problem.instance("small", 3)
    residuals = problem.residuals(NUMPY, drawn.params, drawn.data)
    assert residuals.shape == drawn.data["y"].shape
    value = loss("regression-linear", drawn.params["w"], drawn.data)
    assert 0.5 * float(residuals @ residuals) == pytest.approx(value, rel=1e-14)


def test_the_logistic_minimum_satisfies_the_likelihood_equations():
    data = draw_logistic(np.random.default_rng(4), 500, 20).data
    minimum = PROBLEMS["regression-logistic"].minimum(data)
    w = minimum.params["w"]
    slope = data["x"].T @ (expit(data["x"] @ w) - data["y"]) / 500
    assert np.abs(slope).max() < 1e-12
    assert loss("regression-logistic", w, data) == pytest.approx(minimum.value, rel=1e-13)


def test_the_poisson_minimum_fits_the_total_and_satisfies_the_likelihood_equations():
    data = draw_poisson(np.random.default_rng(5), 500, 20).data
    minimum = PROBLEMS["regression-poisson"].minimum(data)
    fitted = np.exp(data["x"] @ minimum.params["w"])
    assert fitted.sum() == pytest.approx(data["y"].sum(), rel=1e-12)
    assert np.abs(data["x"].T @ (fitted - data["y"])).max() < 1e-9
    value = loss("regression-poisson", minimum.params["w"], data)
    assert value == pytest.approx(minimum.value, rel=1e-13)


def test_with_an_intercept_alone_the_minima_have_closed_forms():
    x = np.ones((8, 1))
    zeros_and_ones = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    minimum = PROBLEMS["regression-logistic"].minimum({"x": x, "y": zeros_and_ones})
    assert minimum.params["w"] == pytest.approx([math.log(3.0)], rel=1e-12)
    entropy = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert minimum.value == pytest.approx(entropy, rel=1e-14)
    counts = np.array([0.0, 3.0, 1.0, 7.0, 2.0, 2.0, 5.0, 4.0])
    minimum = PROBLEMS["regression-poisson"].minimum({"x": x, "y": counts})
    assert minimum.params["w"] == pytest.approx([math.log(3.0)], rel=1e-12)
    assert minimum.value == pytest.approx(24.0 - 24.0 * math.log(3.0), rel=1e-14)


def separable(data):
    """Whether some w has (2y - 1) x w >= 1 for all cases: a linear programme."""
    signed = (2.0 * data["y"] - 1.0)[:, None] * data["x"]
    bounds = [(None, None)] * signed.shape[1]
    found = linprog(np.zeros(signed.shape[1]), -signed, -np.ones(len(signed)), bounds=bounds)
    return found.status == 0


def test_the_infimum_is_0_where_a_linear_programme_separates_the_cases():
    problem = PROBLEMS["regression-logistic"]
    real = problem.instance("tiny", 0).data
    wide = draw_logistic(np.random.default_rng(6), 15, 30).data
    mixed = draw_logistic(np.random.default_rng(6), 300, 10).data
    for data, expected in ((real, True), (wide, True), (mixed, False)):
        assert separable(data) is expected
        minimum = problem.minimum(data)
        assert (minimum.params is None) is expected
        assert (minimum.value == 0.0) is expected


@pytest.mark.parametrize("name", SYNTHETIC)
def test_idiomatic_torch_has_the_same_value(name):
    torch = pytest.importorskip("torch")
    drawn = PROBLEMS[name].instance("small", 1)
    params, data = (
        {key: torch.from_numpy(array) for key, array in arrays.items()}
        for arrays in (drawn.params, drawn.data)
    )
    value = PROBLEMS[name].idiomatic["torch"](NUMPY, params, data)
    assert value.shape == ()
    assert float(value) == pytest.approx(loss(name, drawn.params["w"], drawn.data), rel=1e-12)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_idiomatic_jax_has_the_same_value(name):
    jax = pytest.importorskip("jax")
    drawn = PROBLEMS[name].instance("small", 1)
    with jax.enable_x64(True):
        params, data = jax.tree.map(jax.numpy.asarray, (drawn.params, drawn.data))
        value = PROBLEMS[name].idiomatic["jax"](NUMPY, params, data)
        assert value.shape == ()
        assert float(value) == pytest.approx(loss(name, drawn.params["w"], drawn.data), rel=1e-12)


def test_diabetes_has_the_fit_that_scikit_learn_documents():
    problem = PROBLEMS["regression-diabetes"]
    drawn = problem.instance("small", 0)
    assert drawn.data["x"].shape == (442, 11)
    minimum = problem.minimum(drawn.data)
    fitted = drawn.data["x"] @ minimum.params["w"]
    y = drawn.data["y"]
    # Efron et al. 2004, and scikit-learn's own pages: R² of all ten features is 0.5177
    assert 1 - np.mean((y - fitted) ** 2) / np.var(y) == pytest.approx(0.5177, abs=5e-5)
    assert minimum.params["w"][0] == pytest.approx(152.133, abs=1e-3)  # the mean of y
    assert loss("regression-diabetes", minimum.params["w"], drawn.data) == pytest.approx(
        minimum.value, rel=1e-12
    )
