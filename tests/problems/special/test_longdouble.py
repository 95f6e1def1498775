"""Special functions in longdouble against mpmath at 45 digits, over their whole domains."""

import mpmath as mp
import numpy as np
import pytest

from gradparity.problems.special import functions
from gradparity.problems.special import gamma_functions as gamma

EPS = float(np.finfo(np.longdouble).eps)
DIGITS = 45


def exactly(x):
    numerator, denominator = np.longdouble(x).as_integer_ratio()
    return mp.mpf(numerator) / denominator


def uniform(low, high, count=60, seed=1):
    rng = np.random.default_rng(seed)
    fine = rng.uniform(-1, 1, count) * np.longdouble(1e-17)
    return rng.uniform(low, high, count).astype(np.longdouble) + fine


def spread(low, high, count=40, seed=2):
    exponents = np.random.default_rng(seed).uniform(np.log(low), np.log(high), count)
    return np.exp(exponents.astype(np.longdouble))


def log_ndtr(x):
    return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2) if x > 0 else mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


# Name: reference, points, and how many eps: 4 wherever the function is well conditioned.
CASES = {
    "erf": (mp.erf, [uniform(-6, 6), spread(1e-300, 1e-2)]),
    "erfc": (mp.erfc, [uniform(-6, 10), spread(1e-30, 1e-2), uniform(5, 100)]),
    "erfinv": (mp.erfinv, [uniform(-0.99, 0.99), spread(1e-30, 1e-2), 1 - spread(1e-17, 1e-2)]),
    "log_ndtr": (log_ndtr, [uniform(-40, 30), uniform(-2, 2), -spread(1, 1e3)]),
    "lgamma": (
        mp.loggamma,
        [
            uniform(0.01, 30),
            uniform(0.9, 1.1),
            uniform(1.9, 2.1),
            spread(1e-300, 1),
            spread(1, 1e300),
        ],
    ),
    "digamma": (
        mp.digamma,
        [uniform(0.01, 30), uniform(1.4, 1.5), uniform(1, 3), spread(1e-300, 1), spread(1, 1e300)],
    ),
    "i0e": (lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), [uniform(-60, 60), spread(1e-30, 1e10)]),
    "i1e": (lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), [uniform(-60, 60), spread(1e-30, 1e10)]),
}


@pytest.mark.parametrize("name", CASES)
def test_right_to_four_eps(name):
    reference, groups = CASES[name]
    points = np.concatenate(groups)
    found = getattr(functions, name)(points)
    with mp.workdps(DIGITS):
        for x, z in zip(points, found, strict=True):
            wanted = reference(exactly(x))
            assert abs(exactly(z) - wanted) <= 4 * EPS * abs(wanted), (x, z)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_polygamma_is_right_to_four_eps(n):
    points = np.concatenate([uniform(0.01, 30), spread(1e-3, 1e8)])
    with mp.workdps(DIGITS):
        for x, z in zip(points, functions.polygamma(n, points), strict=True):
            wanted = mp.polygamma(n, exactly(x))
            assert abs(exactly(z) - wanted) <= 4.5 * EPS * abs(wanted), (x, z)


def test_between_the_poles_the_error_is_that_of_the_terms():
    """Where x < 0, ln Γ and ψ have zeros whose digits cancel; the terms are of size 1 and more."""
    points = uniform(-20, 0)
    with mp.workdps(DIGITS):
        for x, z, psi in zip(
            points, functions.lgamma(points), functions.digamma(points), strict=True
        ):
            wanted = mp.log(abs(mp.gamma(exactly(x))))
            size = abs(wanted) + abs(mp.loggamma(1 - exactly(x))) + 2
            assert abs(exactly(z) - wanted) <= 4 * EPS * size, (x, z)
            wanted = mp.digamma(exactly(x))
            turned = mp.pi * abs(mp.cot(mp.pi * exactly(x)))
            size = abs(wanted) + abs(mp.digamma(1 - exactly(x))) + turned * (1 + turned)
            assert abs(exactly(psi) - wanted) <= 4 * EPS * size, (x, psi)


@pytest.mark.parametrize("upper", [False, True])
def test_incomplete_gamma_is_right_as_far_as_its_exponent_is(upper):
    """x^a e^-x is e to a power that is rounded: an error of eps times that power."""
    a = np.concatenate([uniform(0.01, 5), uniform(5, 50), spread(1e-5, 1e4, 60)])
    x = a * np.exp(np.random.default_rng(3).normal(size=a.size) * 0.5)
    name = "gammaincc" if upper else "gammainc"
    with mp.workdps(DIGITS):
        for order, at, z in zip(a, x, getattr(functions, name)(a, x), strict=True):
            p, q = exactly(order), exactly(at)
            wanted = (
                mp.gammainc(p, q, regularized=True)
                if upper
                else mp.gammainc(p, 0, q, regularized=True)
            )
            if wanted > mp.mpf("1e-4000"):
                exponent = abs(mp.log(wanted)) + (abs(p * mp.log(q)) + q if p < 10 else 0)
                assert abs(exactly(z) - wanted) <= 8 * EPS * (1 + exponent) * wanted, (order, at, z)


SPECIAL_VALUES = {
    "erf": ([0, np.inf, -np.inf, np.nan, -0.0], [0, 1, -1, np.nan, -0.0]),
    "erfc": ([0, np.inf, -np.inf, np.nan], [1, 0, 2, np.nan]),
    "erfinv": ([0, 1, -1, 1.5, np.nan], [0, np.inf, -np.inf, np.nan, np.nan]),
    "log_ndtr": ([np.inf, -np.inf, np.nan], [0, -np.inf, np.nan]),
    "lgamma": ([1, 2, 0, -3, np.inf, np.nan], [0, 0, np.inf, np.inf, np.inf, np.nan]),
    "digamma": ([np.inf, np.nan, -2], [np.inf, np.nan, np.nan]),
    "i0e": ([0, np.inf, np.nan], [1, 0, np.nan]),
    "i1e": ([0, np.inf, -np.inf, np.nan], [0, 0, 0, np.nan]),
}


@pytest.mark.parametrize("name", SPECIAL_VALUES)
def test_at_the_ends(name):
    given, wanted = SPECIAL_VALUES[name]
    np.testing.assert_array_equal(getattr(functions, name)(np.array(given, np.longdouble)), wanted)


@pytest.mark.parametrize("name", [n for n in functions.__all__ if n != "polygamma"])
def test_without_scipy_the_numbers_are_the_same(name, monkeypatch):
    scipy = pytest.importorskip("scipy.special")
    assert functions.scipy_special() is scipy
    points = np.linspace(0.05, 0.95, 19)
    operands = (2.5 + points, points) if name.startswith("gammainc") else (points,)
    of_scipy = getattr(functions, name)(*operands)
    monkeypatch.setattr(functions, "scipy_special", lambda: None)
    ours = getattr(functions, name)(*operands)
    assert ours.dtype == of_scipy.dtype == np.float64
    np.testing.assert_allclose(ours, of_scipy, rtol=2e-14)
    assert getattr(functions, name)(*(x.astype(np.float32) for x in operands)).dtype == np.float32


def test_bernoulli_numbers():
    assert [str(gamma.bernoulli(n)) for n in (1, 2, 4, 12)] == ["-1/2", "1/6", "-1/30", "-691/2730"]
