"""What was once said of gradients and is not so; the planted mistake is known in each."""

import numpy as np
import pytest

from gradparity import check
from gradparity.harness.findings.words import why
from gradparity.harness.judging.diagnosis.evidence.short_numbers import by_construction
from gradparity.harness.plain.outcome import GradientError

RNG = np.random.default_rng(3)
P = np.asarray(RNG.normal(size=6), np.float32).astype(float)
X = RNG.normal(size=(9, 6))
Y = np.sign(RNG.normal(size=9))


def finding(loss, params, gradient):
    with pytest.raises(GradientError) as caught:
        check(loss, params, gradient=gradient)
    return caught.value.finding


def huber(p, delta=1.345):
    r = X @ p - Y
    return np.sum(np.where(np.abs(r) < delta, r * r / 2, delta * (np.abs(r) - delta / 2)))


def huber_slope(p, delta=1.345):
    return X.T @ np.clip(X @ p - Y, -delta, delta)


CASES = {
    "a small term, 2p left": (lambda p: np.sum(p * p + 1e-8 * p), lambda p: 2 * p),
    "a small term, 0 left": (lambda p: 1e-9 * np.sum(np.sin(p)) + 1 + 0 * p[0], lambda p: 0 * p),
    "a small term, ½ p left": (lambda p: np.sum(p * p / 4 + 1e-9 * np.exp(p)), lambda p: p / 2),
    "1e-7 forgotten": (lambda p: np.sum(np.log(p * p + 1e-7)), lambda p: 2 / p),
    "another delta": (huber, lambda p: huber_slope(p, 1.3450001)),
    "a missing cosine": (lambda p: np.sum(np.sin(p * p / 2)), lambda p: p),
}


@pytest.mark.parametrize("name", CASES)
def test_no_leak_no_float32_no_penalty_is_stated(name):
    loss, gradient = CASES[name]
    found = finding(loss, P, gradient)
    assert found.status == "formula"
    text = why(found)
    assert "penalty" not in text
    assert "float32" not in text or "may be" in text


def test_a_wrong_sign_in_the_float32_path_is_a_wrong_formula():
    def gradient(p):
        return 2 * p if p.dtype == np.float64 else -2 * p

    found = finding(lambda p: np.sum(p * p), P, gradient)
    assert (found.status, found.dtype, found.diagnosis.cause.key) == ("formula", "float32", "sign")


def test_equal_parameters_make_no_penalty():
    ones = np.full(4, 2.0)
    found = finding(lambda p: np.sum(np.sin(p)), ones, lambda p: np.cos(p) + 0.5 * p**0)
    assert "penalty" not in why(found)


def test_a_gradient_of_norm_one_is_not_divided_by_its_norm():
    unit = np.array([0.6, 0.8])
    found = finding(lambda p: 0.5 * p @ p, unit, lambda p: p * np.array([1, 1 + 1e-10]))
    assert "norm" not in why(found)
    assert "everywhere" not in why(found)


def test_where_several_causes_fit_all_are_said():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(4, 2)), rng.normal(size=4)
    found = finding(
        lambda p: np.mean((x @ p - y) ** 2), np.array([0.25, -1.5]), lambda p: 2 * x.T @ (x @ p - y)
    )
    assert "4 times" in why(found)
    assert "a sum where a mean is meant" in why(found)
    assert "the factor of a square, twice" in why(found)


def test_a_real_leak_is_still_one():
    def gradient(p):
        return (2 * X.T @ (X @ p)).astype(np.float32).astype(p.dtype)

    assert finding(lambda p: np.sum((X @ p) ** 2), P, gradient).status in ("dtype-leak", "formula")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [(2 * P, True), (-P / 8, True), (0 * P, True), (np.full(6, 0.75), True), (P * P, False)],
)
def test_numbers_by_construction(numbers, expected):
    assert by_construction(numbers, [P, X]) == expected
