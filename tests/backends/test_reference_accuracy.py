"""References are exact where large terms cancel, and where a loss is written with Python's powers."""

import mpmath
import numpy as np
import pytest

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
def test_dual_is_right_where_hundreds_cancel_to_thousandths(operator):
    check = check_problem(problem(cancelling, x=0.3, y=4.0), "dual", "tiny", 0, operator)
    assert check.finding.status == "ok"
    assert check.finding.u64 < 4


def test_the_hessian_of_dual_is_that_of_the_closed_form():
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load

    one = problem(cancelling, x=0.3, y=4.0)
    instance = one.instance("tiny", 0)
    answer = load("dual").prepare(one, "hessian", instance.zeros(), Setting("float64"))(instance)
    x, y = (mpmath.mpf(float(instance.params[name])) for name in ("x", "y"))
    grown = mpmath.mpf(2) ** -17 * mpmath.exp(5 * x)
    exact = [[25 * grown * y**2, 10 * grown * y], [10 * grown * y, 2 * grown]]
    np.testing.assert_allclose(
        answer.derivative["hessian"], np.array(exact, float), rtol=2e-15, atol=0
    )


@pytest.mark.parametrize("power", [-1, -2, 0, 1, 2, 3, 0.5, -0.5])
@pytest.mark.parametrize("backend", ["complex-step", "dual"])
def test_a_power_of_an_array_is_followed(backend, power):
    def loss(xp, params, data):
        return xp.sum(xp.square((1 + params["b"] * params["x"]) ** power - 0.3))

    one = problem(loss, x=[0.3, 4.0], b=0.9)
    for operator in ("gradient", "hvp", "hessian"):
        assert check_problem(one, backend, "tiny", 0, operator).finding.status == "ok"
