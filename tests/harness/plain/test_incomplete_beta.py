"""The incomplete beta function in a plain loss is judged by its steps, beside mpmath's."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy import special, stats

from gradparity import GradientError, check
from gradparity.harness.plain.steps.incomplete_beta import betainc
from gradparity.problems.namespace import NUMPY

A, B, X = (np.longdouble([*row]) for row in zip(*[
    (0.5, 0.5, 0.1), (2, 3, 0.4), (2, 3, 0.999), (0.1, 30, 1e-6), (40, 7, 0.9), (200, 300, 0.41),
], strict=True))  # fmt: skip


def test_the_fraction_is_mpmaths():
    with mpmath.workdps(30):
        true = [
            np.longdouble(str(mpmath.betainc(*map(exact, (a, b)), 0, exact(x), regularized=True)))
            for a, b, x in zip(A, B, X, strict=True)
        ]
    np.testing.assert_allclose(betainc(NUMPY, A, B, X), true, rtol=2e-16)


def exact(x):
    return mpmath.mpf(int(x * np.longdouble(2) ** 90)) / mpmath.mpf(2) ** 90


def test_jaxs_gradient_is_right_and_a_wrong_one_is_not():
    def loss(x):
        return jnp.sum(jax.scipy.special.betainc(2.0, 3.0, x))

    point = jnp.array([0.1, 0.45, 0.9])
    assert "differences" not in check(loss, point).oracle
    with pytest.raises(GradientError):
        check(loss, point, gradient=lambda x: jax.grad(loss)(x) * (1 + 1e-5))


def test_a_gradient_of_scipys_is_the_density():
    def loss(p):
        return np.sum(special.betainc(p["a"], 3.0, p["x"]))

    def gradient(p):
        dense = stats.beta.pdf(p["x"], p["a"], 3.0)
        with mpmath.workdps(30):
            by_a = mpmath.diff(
                lambda a: sum(mpmath.betainc(a, 3, 0, x, regularized=True) for x in p["x"]),
                float(p["a"]),
            )
        return {"a": np.float64(str(by_a)), "x": dense}

    point = {"a": np.array(2.5), "x": np.array([0.1, 0.45, 0.9])}
    found = check(loss, point, gradient=gradient)
    assert found.status in ("ok", "inaccurate")
    assert "differences" not in found.oracle
