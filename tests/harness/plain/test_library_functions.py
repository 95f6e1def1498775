"""Libraries' own derivatives of special functions are accused nowhere on their domain.

Near a zero, a pole, or the end of a domain, and where a library changes from one series to another.
"""

import warnings

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import torch
from scipy.special import erfcx, log_ndtr

from gradparity import GradientError, check
from gradparity.harness.plain.from_jax.accuracy import GOOD_TO, VALUE_GOOD_TO

jsp, tsp = jax.scipy.special, torch.special

JAX = [
    (jsp.log_ndtr, [-1000, -40, -20.01, -20, -19.9, -3, 2, 7.6, 8, 9]),
    (jsp.gammaln, [1e-6, 1, 1.0000001, 1.4616321, 2, 100, -0.5, -2.4570248]),
    (jsp.digamma, [1e-6, 1.4616321, 50, -0.5040831, -1.573498]),
    (lambda x: jsp.polygamma(1, x), [1e-6, 0.1, 1e3]),
    (lambda x: jsp.polygamma(2, x), [1e-4, 1e3]),
    (jsp.i1e, [1e-20, 7.75, 8, 1e6]),
    (jsp.erfinv, [1e-20, 0.99, -0.9999999]),
    (lambda x: jsp.gammainc(2.5, x), [1e-10, 40]),
    (jnp.tanh, [1e-20, 9, -20]),
    (jnp.expm1, [1e-20, -1e-5, 50]),
    (jnp.log1p, [1e-20, -0.9999999, 1e20]),
    (lambda x: 1e-310 * x, [1.0]),
]
TORCH = [
    (tsp.log_ndtr, [-1000, -20, 2, 9]),
    (torch.lgamma, [1, 1.4616321, 2, -2.4570248]),
    (torch.digamma, [1.4616321, -0.5040831]),
    (lambda x: tsp.polygamma(1, x), [0.1, 2.3]),
    (tsp.ndtri, [1e-6, 0.1, 0.5]),
    (tsp.erfcx, [-5, 10]),
]


@pytest.mark.parametrize("library", ["jax", "torch"])
@pytest.mark.parametrize("number", range(len(JAX)))
def test_no_derivative_of_a_library_is_accused(library, number):
    table, array = (JAX, jnp.array) if library == "jax" else (TORCH, torch.tensor)
    if number >= len(table):
        pytest.skip("torch has fewer")
    function, points = table[number]
    # A point each, and all at once: the value itself in the gradient, too.
    at_once = array(np.float32(points))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert check(lambda x: (x * function(x)).sum(), at_once).status != "unstable"
        for point in points[:3]:
            assert check(function, array(np.float32(point))).status != "unstable"


@pytest.mark.filterwarnings("ignore")
def test_erfcx_loses_digits_and_is_no_wrong_formula():
    """2 x erfcx(x) - 2/√π cancels: at 1e4 it is good to 1e-8."""
    assert check(tsp.erfcx, torch.tensor(1e4)).status in ("unstable", "inaccurate")


@pytest.mark.parametrize("point", [1e-20, 1e-10])
def test_differences_look_as_near_as_the_edge_of_a_domain_is(point):
    """torch's ndtri has no translation; its slope is √(2π) e^(z²/2), z its value."""
    at = torch.tensor(point)
    assert check(tsp.ndtri, at).status == "ok"
    with pytest.raises(GradientError):
        check(
            tsp.ndtri, at, gradient=lambda x: 1.001 * torch.exp(tsp.ndtri(x) ** 2 / 2) * 2.5066283
        )


@pytest.mark.parametrize("point", [1.0, 1.4616321])
def test_a_wrong_derivative_near_a_zero_of_it_is_seen(point):
    """The digamma function is 4e-8 there: what is off by a thousandth of one is wrong."""
    x = jnp.array(np.float32(point))
    with pytest.raises(GradientError):
        check(jsp.gammaln, x, gradient=lambda x: jsp.digamma(x) + 1e-3)


def test_how_far_log_ndtr_agrees_is_what_mpmath_says():
    x = np.float32(np.concatenate([np.linspace(-22, -19.5, 11), np.linspace(-60, -9, 12)]))
    with jax.enable_x64(True):
        both = jax.vmap(jax.value_and_grad(jsp.log_ndtr))(jnp.asarray(x, np.float64))
        value, slope = map(np.array, both)
    with mpmath.workdps(40):
        tails = [mpmath.erfc(-mpmath.mpf(float(a)) / mpmath.sqrt(2)) / 2 for a in x]
        hazards = [mpmath.npdf(float(a)) / tail for a, tail in zip(x, tails, strict=True)]
        off = max(abs(float(b) / h - 1) for b, h in zip(slope, hazards, strict=True))
        value_off = max(
            abs(float(b) / mpmath.log(t) - 1) for b, t in zip(value, tails, strict=True)
        )
    assert GOOD_TO["log_ndtr"] / 3 < off < GOOD_TO["log_ndtr"]
    assert VALUE_GOOD_TO["log_ndtr"] / 3 < value_off < VALUE_GOOD_TO["log_ndtr"]


def test_a_user_s_own_function_of_that_name_is_taken_apart():
    @jax.custom_jvp
    def log_ndtr(x):
        return jnp.sin(x)

    log_ndtr.defjvp(
        lambda primals, tangents: (jnp.sin(primals[0]), jnp.cos(primals[0]) * tangents[0])
    )
    assert check(log_ndtr, jnp.array(0.3)).right  # log_ndtr itself has the slope 0.62 there


def test_what_is_computed_of_float32_constants_is_inaccurate_not_wrong():
    """XLA rounds 1 / |y| otherwise in a loss than in its gradient, by an eps of float32."""
    y = jnp.asarray(np.random.default_rng(8).normal(size=(6, 3)), np.float32)
    x = jnp.asarray(np.random.default_rng(9).normal(size=(6, 4)), np.float32)

    def loss(w):
        unit = y / jnp.sqrt(jnp.sum(y * y, axis=1, keepdims=True) + 1e-3)
        made = x @ w
        return jnp.mean(jnp.sum(made * unit, axis=1) / jnp.sqrt(jnp.sum(made**2, axis=1)))

    at = jnp.asarray(np.random.default_rng(7).normal(size=(4, 3)), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert check(loss, at).status in ("ok", "inaccurate")
    with pytest.raises(GradientError):
        check(loss, at, gradient=lambda w: jax.grad(loss)(w) * (1 + 1e-3))


def test_the_truth_about_log_ndtr_far_below_0_is_true():
    """φ/Φ is u + 1/(u + 2/(u + ...)) there, u = -x; e^(-x²/2 - ln Φ) has no digit left at -1e9."""
    points = np.array([-(2.0**47), -1e9, -60.0, -49.0, 1.0])

    def hazard(x):
        return np.sqrt(2 / np.pi) / erfcx(-x / np.sqrt(2))

    assert check(lambda x: np.sum(log_ndtr(x)), points, gradient=hazard).right
    with pytest.raises(GradientError) as told:
        check(
            lambda x: np.sum(log_ndtr(x)),
            points,
            gradient=lambda x: hazard(x) * np.where(x == -(2.0**47), 1.0001, 1),
        )
    assert told.value.finding.worst.true == pytest.approx(2.0**47, rel=1e-15)
    with pytest.raises(GradientError):  # torch takes it from the result
        check(tsp.log_ndtr, torch.tensor(-1e9, dtype=torch.float64))
