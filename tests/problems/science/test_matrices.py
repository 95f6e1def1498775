"""Determinant, log-sum-exp, solves, fits and factors: closed forms, critical points, identities."""

import math
from itertools import combinations

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.numpy_backprop.backend import BACKEND
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import NUMPY
from gradparity.problems.science import factorisation
from tests.problems.certificates import assert_least, by_hand, drawn


def test_logsumexp_of_equal_numbers_is_their_number_and_ln_n():
    value, gradient = by_hand("logsumexp", drawn("logsumexp", n=50), x=np.full(50, 7.0))
    assert value == pytest.approx(7.0 + math.log(50), rel=1e-15)
    np.testing.assert_allclose(gradient["x"], 1 / 50, rtol=1e-15)


def test_the_slopes_of_logsumexp_add_up_to_one_and_nothing_overflows():
    instance = drawn("logsumexp", n=1000)
    assert by_hand("logsumexp", instance)[1]["x"].sum() == pytest.approx(1.0, rel=1e-14)
    value, gradient = by_hand("logsumexp", instance, x=np.array([1e4, 1e4, -1e4]))
    assert value == 1e4 + math.log(2.0)
    assert gradient["x"].tolist() == [0.5, 0.5, 0.0]


def test_the_determinant_and_its_cofactors():
    a = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 4.0, -2.0]])
    value, gradient = by_hand("determinant", drawn("determinant", n=3), m=a - np.eye(3))
    assert value == pytest.approx(2 * (-6 - 4) + 1 * (0 - 1) + 0.5 * (0 - 3), rel=1e-14)
    minors = [
        [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(3)]
        for i in range(3)
    ]
    np.testing.assert_allclose(gradient["m"], minors, rtol=1e-13, atol=1e-14)


def test_the_determinant_is_homogeneous_of_degree_n():
    instance = drawn("determinant", n=12)
    value, gradient = by_hand("determinant", instance)
    assert np.sum((np.eye(12) + instance.params["m"]) * gradient["m"]) == pytest.approx(
        12 * value, rel=1e-12
    )


def test_the_adjoint_of_a_solve_is_a_solve_with_the_transpose():
    """⟨λ, A v⟩ = ⟨x - t, v⟩ for every v."""
    instance = drawn("linear-solve", n=6)
    a, v = np.eye(6) + instance.params["m"], np.random.default_rng(1).normal(size=6)
    x = np.linalg.solve(a, instance.params["b"])
    _, gradient = by_hand("linear-solve", instance)
    assert gradient["b"] @ (a @ v) == pytest.approx((x - instance.data["t"]) @ v, rel=1e-12)
    np.testing.assert_allclose(gradient["m"], -np.outer(gradient["b"], x), rtol=1e-12)
    assert_least("linear-solve", instance)


def test_the_jacobian_of_a_solve_gives_its_gradient():
    """The complex step has no solve: ∇f = Jᵀ (x - t) instead, and J against differences."""
    instance = drawn("linear-solve", n=3)
    problem = PROBLEMS["linear-solve"]
    jacobian = BACKEND.prepare(problem, "jacobian", instance.zeros(), Setting())(instance)
    j, (_, gradient) = jacobian.derivative["jacobian"], by_hand("linear-solve", instance)
    layout, h = Layout.of(instance.params), 1e-6
    r = problem.residuals(NUMPY, instance.params, instance.data)
    np.testing.assert_allclose(j.T @ r, layout.flatten(gradient), rtol=1e-12)
    at, rows = layout.flatten(instance.params), []
    for step in h * np.eye(layout.size):
        ends = [
            problem.residuals(NUMPY, layout.views(at + s * step), instance.data) for s in (1, -1)
        ]
        rows.append((ends[0] - ends[1]) / (2 * h))
    np.testing.assert_allclose(j, np.array(rows).T, rtol=1e-6, atol=1e-8)


def test_every_choice_of_singular_values_is_a_critical_point():
    instance = drawn("factorisation", rows=5, columns=4, rank=2)
    sizes = np.linalg.svd(instance.data["m"], compute_uv=False)
    values = []
    for kept in [(), *((i,) for i in range(4)), *combinations(range(4), 2)]:
        expected, params = factorisation.critical(instance.data, list(kept))
        value, gradient = by_hand("factorisation", instance, **params)
        rest = np.delete(sizes, kept)
        assert value == pytest.approx(0.5 * rest @ rest, rel=1e-12) == expected
        assert max(np.abs(g).max() for g in gradient.values()) < 1e-13
        values.append(value)
    assert min(values) == pytest.approx(0.5 * sizes[2:] @ sizes[2:], rel=1e-12)
    assert_least("factorisation", instance)


def test_the_origin_of_a_factorisation_is_a_saddle():
    instance = drawn("factorisation")
    zeros = {name: np.zeros_like(x) for name, x in instance.params.items()}
    value, gradient = by_hand("factorisation", instance, **zeros)
    assert not any(g.any() for g in gradient.values())
    left, _, right = np.linalg.svd(instance.data["m"])
    for sign in (1.0, -1.0):
        u, v = zeros["u"].copy(), zeros["v"].copy()
        u[:, 0], v[:, 0] = 1e-3 * left[:, 0], sign * 1e-3 * right[0]
        assert sign * (by_hand("factorisation", instance, u=u, v=v)[0] - value) < 0.0


@pytest.mark.parametrize("coefficients", [1, 4, 8])
def test_the_best_polynomial_leaves_residuals_that_see_no_power(coefficients):
    instance = drawn("polynomial", points=40, coefficients=coefficients)
    assert_least("polynomial", instance)
    minimum = PROBLEMS["polynomial"].minimum(instance.data)
    r = PROBLEMS["polynomial"].residuals(NUMPY, minimum.params, instance.data)
    powers = np.vander(instance.data["t"], coefficients)
    assert np.abs(powers.T @ r).max() < 1e-12
    assert np.polyfit(instance.data["t"], instance.data["y"], coefficients - 1) == pytest.approx(
        minimum.params["a"][::-1], abs=1e-9
    )


def test_a_polynomial_at_whole_numbers():
    instance = drawn("polynomial", points=5, coefficients=3)
    data = {**instance.data, "t": np.arange(-2.0, 3.0), "y": np.zeros(5)}
    found = PROBLEMS["polynomial"].residuals(NUMPY, {"a": np.array([1.0, -2.0, 3.0])}, data)
    assert found.tolist() == [17.0, 6.0, 1.0, 2.0, 9.0]


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("logsumexp", {"n": 0}, "n is 0; it should be at least 1"),
        ("determinant", {"n": 2.5}, "n is 2.5; it should be a whole number"),
        ("linear-solve", {"n": -1}, "n is -1; it should be at least 1"),
        ("factorisation", {"rows": 3, "columns": 9, "rank": 4}, "rank is 4; it should be at most 3"),
        ("polynomial", {"points": 1, "coefficients": 1}, "points is 1; it should be at least 2"),
        ("polynomial", {"points": 9, "coefficients": 10}, "coefficients is 10; it should be at most 9"),
        ("kmeans", {"points": 3, "dimensions": 1, "centres": 4}, "points is 3; it should be at least 4"),
        ("mixture", {"points": 3, "dimensions": 1, "components": 0}, "components is 0; it should be"),
        ("mixture", {"points": 3, "dimensions": 1, "components": 1, "gamma": -1.0}, "gamma = -1 must"),
        ("ode-decay", {"steps": 0}, "steps is 0; it should be at least 1"),
        ("ode-lotka", {"steps": 5, "horizon": 0.0}, "horizon = 0 must be positive"),
        ("gaussian-process", {"points": 0, "dimensions": 1}, "points is 0; it should be at least 1"),
        ("kalman", {"steps": 0, "states": 1}, "steps is 0; it should be at least 1"),
        ("lennard-jones", {"atoms": 1}, "atoms is 1; it should be at least 2"),
        ("pde-control", {"points": 3, "alpha": 0.0}, "alpha = 0 must be positive"),
        ("bundle", {"cameras": 0, "points": 1, "observations": 1}, "cameras is 0; it should be"),
    ],
)  # fmt: skip
def test_a_size_that_makes_no_sense_is_refused_in_words(name, size, message):
    with pytest.raises(InputError, match=message):
        drawn(name, **size)
