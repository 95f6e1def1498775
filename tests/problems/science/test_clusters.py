"""Mixtures, k-means, Gaussian processes and filters: likelihoods by a second method."""

import math

import numpy as np
import pytest
from scipy import stats

from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from tests.problems.certificates import by_hand, drawn


def test_a_mixture_is_the_sum_of_its_densities():
    instance = drawn("mixture", points=12, dimensions=3, components=2, gamma=0.7, m=0.4)
    params, x = instance.params, instance.data["x"]
    weights = np.exp(params["alpha"]) / np.exp(params["alpha"]).sum()
    density = np.zeros(12)
    for k in range(2):
        factor = np.diag(np.exp(params["q"][k]))
        factor[1, 0], factor[2, 0], factor[2, 1] = params["below"][k]
        covariance = np.linalg.inv(factor.T @ factor)
        density += weights[k] * stats.multivariate_normal(params["mu"][k], covariance).pdf(x)
    prior = 0.5 * 0.49 * (np.sum(np.exp(2 * params["q"])) + np.sum(params["below"] ** 2))
    expected = prior - 0.4 * params["q"].sum() - np.log(density).sum()
    assert by_hand("mixture", instance)[0] == pytest.approx(expected, rel=1e-12)


def test_the_weights_of_a_mixture_have_a_slope_that_adds_up_to_nothing():
    """A constant added to alpha changes nothing."""
    _, gradient = by_hand("mixture", drawn("mixture"))
    assert abs(gradient["alpha"].sum()) < 1e-13
    assert np.abs(gradient["alpha"]).max() > 0.1


def test_one_component_is_best_at_mean_and_covariance():
    """Without a prior: μ the mean, Qᵀ Q the inverse covariance, minus the likelihood in closed form."""
    instance = drawn("mixture", points=30, dimensions=3, components=1, gamma=0.0)
    x = instance.data["x"]
    covariance = np.cov(x.T, bias=True)
    # Qᵀ Q = S⁻¹ with Q lower triangular: the Cholesky factor of S, inverted.
    q = np.linalg.inv(np.linalg.cholesky(covariance))
    params = {
        "mu": x.mean(0, keepdims=True),
        "q": np.log(np.diag(q))[None],
        "below": q[np.tril_indices(3, -1)][None],
    }
    value, gradient = by_hand("mixture", instance, **params)
    entropy = 3 * math.log(2 * math.pi * math.e) + np.linalg.slogdet(covariance)[1]
    assert value == pytest.approx(0.5 * 30 * entropy, rel=1e-13)
    assert max(np.abs(g).max() for g in gradient.values()) < 1e-12


def test_a_newton_step_of_kmeans_is_lloyds():
    instance = drawn("kmeans", points=60, dimensions=2, centres=4)
    c, x = instance.params["c"], instance.data["x"]
    nearest = np.argmin(np.linalg.norm(x[:, None] - c, axis=2), axis=1)
    counts = np.bincount(nearest, minlength=4)
    assert counts.all()
    _, gradient = by_hand("kmeans", instance)
    step = c - gradient["c"] / (2.0 * counts[:, None])
    lloyd = np.stack([x[nearest == k].mean(axis=0) for k in range(4)])
    np.testing.assert_allclose(step, lloyd, rtol=1e-12)


def test_a_centre_without_points_does_not_move_and_a_tie_is_a_convention():
    instance = drawn("kmeans", points=4, dimensions=1, centres=2)
    data = {"x": np.array([[0.0], [1.0], [2.0], [3.0]])}
    instance = type(instance)(instance.params, data, instance.params)
    _, gradient = by_hand("kmeans", instance, c=np.array([[1.0], [90.0]]))
    assert gradient["c"].tolist() == [[2.0 * (4 * 1 - 6)], [0.0]]
    # The point 1 is as near to 0 as to 2: the first has it.
    _, gradient = by_hand("kmeans", instance, c=np.array([[0.0], [2.0]]))
    assert gradient["c"].tolist() == [[-2.0], [-2.0]]


def test_a_gaussian_process_is_one_normal_density():
    instance = drawn("gaussian-process", points=9, dimensions=2)
    p, x, y = instance.params, instance.data["x"], instance.data["y"]
    z = x / np.exp(p["log_length"])
    apart = np.square(z[:, None] - z).sum(2)
    covariance = np.exp(2 * p["log_height"]) * np.exp(-apart / 2)
    covariance += np.exp(2 * p["log_noise"]) * np.eye(9)
    expected = -stats.multivariate_normal(np.zeros(9), covariance).logpdf(y)
    assert by_hand("gaussian-process", instance)[0] == pytest.approx(expected, rel=1e-12)


def test_the_noise_of_a_process_without_neighbours_is_best_at_its_variance():
    """Of height 0, y is independent noise: best at the mean of its squares."""
    instance = drawn("gaussian-process", points=9, dimensions=1)
    noise = 0.5 * np.log(np.mean(instance.data["y"] ** 2))
    none = {"log_height": np.asarray(-400.0), "log_noise": np.asarray(noise)}
    value, gradient = by_hand("gaussian-process", instance, **none)
    assert value == pytest.approx(4.5 * (1 + math.log(2 * math.pi) + 2 * noise), rel=1e-13)
    assert abs(gradient["log_noise"]) < 1e-12


def test_a_kalman_filter_is_one_normal_density():
    """The covariance of all of y, which the filter never forms."""
    instance = drawn("kalman", steps=6, states=3)
    a, c, y = instance.params["a"], instance.data["c"], instance.data["y"]
    noise = np.diag(np.exp(instance.params["q"]))
    states, powers = [np.eye(3)], [np.eye(3)]
    for _ in range(6):
        states.append(a @ states[-1] @ a.T + noise)
        powers.append(a @ powers[-1])
    covariance = np.empty((6, 6))
    for s in range(6):
        for t in range(s, 6):
            covariance[s, t] = covariance[t, s] = c @ powers[t - s] @ states[s + 1] @ c
    covariance += np.exp(instance.params["r"]) * np.eye(6)
    expected = -stats.multivariate_normal(np.zeros(6), covariance).logpdf(y)
    assert by_hand("kalman", instance)[0] == pytest.approx(expected, rel=1e-12)


def test_a_process_of_any_start_has_the_filters_gradient_by_differences():
    instance = drawn("kalman", steps=5, states=2)
    _, gradient = by_hand("kalman", instance)
    rng, h = np.random.default_rng(3), 1e-5
    v = {name: rng.normal(size=x.shape) for name, x in instance.params.items()}
    ends = [
        PROBLEMS["kalman"].loss(
            NUMPY, {k: x + s * h * v[k] for k, x in instance.params.items()}, instance.data
        )
        for s in (1, -1)
    ]
    slope = sum(np.sum(gradient[k] * v[k]) for k in v)
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-8)
