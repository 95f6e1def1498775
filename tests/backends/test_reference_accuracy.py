"""References are exact where large terms cancel, and where a loss is written with Python's powers."""

from functools import partial

import mpmath
import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.judging.gradient_check import check_problem
from gradparity.problems import Instance, Problem


def problem(loss, **params):
    def draw(rng):
        return Instance({name: np.asarray(x, float) for name, x in params.items()}, {})

    return Problem("cancelling", loss, draw, {"tiny": {}}, "here")


def cancelling(xp, params, data):
    """e^(5x) y - e^(5x) y (1 - 1e-5 y), that is 1e-5 e^(5x) y²."""
    x, y = params["x"], params["y"]
    grown = xp.exp(5 * x)
    return grown * y - grown * y * (1 - 2.0**-17 * y)


@pytest.mark.parametrize("operator", ["gradient", "hvp", "hessian"])
@pytest.mark.parametrize("backend", ["complex-step", "dual"])
def test_a_reference_is_right_where_hundreds_cancel_to_thousandths(backend, operator):
    check = check_problem(problem(cancelling, x=0.3, y=4.0), backend, "tiny", 0, operator)
    assert check.finding.status == "ok"
    assert check.finding.u64 < 4


def hessian(backend, one):
    instance = one.instance("tiny", 0)
    prepared = load(backend).prepare(one, "hessian", instance.zeros(), Setting("float64"))
    return prepared(instance).derivative["hessian"], instance


@pytest.mark.parametrize("backend", ["complex-step", "dual"])
def test_a_hessian_is_that_of_the_closed_form(backend):
    found, instance = hessian(backend, problem(cancelling, x=0.3, y=4.0))
    x, y = (mpmath.mpf(float(instance.params[name])) for name in ("x", "y"))
    grown = mpmath.mpf(2) ** -17 * mpmath.exp(5 * x)
    exact = [[25 * grown * y**2, 10 * grown * y], [10 * grown * y, 2 * grown]]
    np.testing.assert_allclose(found, np.array(exact, float), rtol=2e-15, atol=0)


SIZES = {
    "sum": lambda xp, x, y: xp.exp(3 * x) + 2.0**-17 * xp.sin(x * y) + 2.0**-20 * y**3,
    "logistic": lambda xp, x, y: 900 * xp.logaddexp(4 * x, -4 * x) + 2.0**-9 * xp.logaddexp(x, -y),
    "quotient": lambda xp, x, y: 500 * xp.square(x) + xp.sqrt(x) / (1e4 + y * y),
    "polar": lambda xp, x, y: 800 * xp.hypot(x, 1.0) + 1e-3 * xp.atan2(y, x) * xp.hypot(x, y),
    "powers": lambda xp, x, y: xp.pow(x, -6.0) + 1e-4 * xp.pow(x, y) + 1e-5 * xp.tanh(x) / y,
    "logs": lambda xp, x, y: 300 * xp.log(x) + 1e-3 * xp.log1p(x * y) * xp.expm1(-y),
    "cosines": lambda xp, x, y: xp.cos(30 * x) + 2.0**-16 * xp.atan(x + y) * xp.cos(y),
}
WRITTEN = {
    "square": lambda x: x * x,
    "pow": lambda x, y: x ** mpmath.mpf(y),
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "log1p": lambda x: mpmath.log(1 + x),
    **{"atan": mpmath.atan, "atan2": mpmath.atan2, "hypot": mpmath.hypot},
}


class InMpmath:
    """The elementwise operations of xp, of mpmath's numbers."""

    def __getattr__(self, name):
        return WRITTEN.get(name) or getattr(mpmath, name)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("backend", ["complex-step", "dual"])
def test_entries_of_a_hessian_that_differ_by_1e5_in_size_have_their_digits(backend, name):
    def loss(xp, params, data):
        return SIZES[name](xp, params["x"], params["y"])

    found, instance = hessian(backend, problem(loss, x=0.3, y=2.5))
    x, y = (float(instance.params[name]) for name in ("x", "y"))
    orders = [(2, 0), (1, 1), (1, 1), (0, 2)]
    with mpmath.workdps(60):
        exact = [
            mpmath.diff(partial(SIZES[name], InMpmath()), (mpmath.mpf(x), mpmath.mpf(y)), order)
            for order in orders
        ]
    entries = np.array(exact, float)
    assert np.max(np.abs(entries)) > 1e5 * np.min(np.abs(entries))
    np.testing.assert_allclose(found.ravel(), entries, rtol=1e-15, atol=0)


MOVED = {
    "prod": lambda xp, x: xp.sum(xp.square(xp.prod(x, axis=1))) + xp.prod(x),
    "prod of a zero": lambda xp, x: xp.prod(xp.concat([x[0], 0.0 * x[0, :1]])) + xp.prod(x),
    "where": lambda xp, x: xp.sum(xp.where(xp.arange(3) > 1, xp.exp(x), x**3)),
    "einsum": lambda xp, x: xp.einsum("ij,kj,ik->", x, x, x @ xp.exp(x.T)),
    "matmul": lambda xp, x: xp.sum(xp.square(xp.ones_like(x) @ x.T - xp.arange(2.0))),
    "joined": lambda xp, x: xp.sum(xp.concat([x, 2.0 * xp.zeros_like(x), x * x], axis=0) ** 3),
    "stacked": lambda xp, x: xp.prod(xp.stack([x[0], xp.ones_like(x[1]), x[1]], axis=1)),
    "summed up": lambda xp, x: xp.mean(xp.cumulative_sum(x, axis=1) ** 3) / (1.0 + x[1, 2] ** 2),
    "moved": lambda xp, x: xp.sum(xp.flip(xp.roll(x, 1, axis=1), axis=0) * xp.exp(x)),
    "taken": lambda xp, x: xp.sum(xp.take(x, xp.arange(2), axis=1) ** 3) + (2.0 - x[0, 1]) ** -2,
    "logsumexp": lambda xp, x: xp.sum(
        xp.log(xp.sum(xp.exp(x - xp.max(x, axis=1, keepdims=True)), axis=1)) + xp.max(x, axis=1)
    ),
    "one parameter still": lambda xp, x: xp.sqrt(x[0, 0] * 0.0 + x[0, 1]) + xp.log(x[1, 1]),
}


@pytest.mark.parametrize("name", MOVED)
def test_the_complex_step_and_dual_agree_on_second_derivatives(name):
    """They share no rule: each has its own for every operation."""
    one = problem(lambda xp, p, d: MOVED[name](xp, p["x"]), x=[[0.4, 1.3, 0.7], [1.1, 0.6, 2.1]])
    found, other = (hessian(backend, one)[0] for backend in ("complex-step", "dual"))
    np.testing.assert_allclose(found, other, rtol=1e-15, atol=1e-18)


@pytest.mark.parametrize("power", [-1, -2, 0, 1, 2, 3, 0.5, -0.5])
@pytest.mark.parametrize("backend", ["complex-step", "dual"])
def test_a_power_of_an_array_is_followed(backend, power):
    def loss(xp, params, data):
        return xp.sum(xp.square((1 + params["b"] * params["x"]) ** power - 0.3))

    one = problem(loss, x=[0.3, 4.0], b=0.9)
    for operator in ("gradient", "hvp", "hessian"):
        assert check_problem(one, backend, "tiny", 0, operator).finding.status == "ok"
