"""Claims 1 to 4, 33, 34: figures by second methods."""

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from gradparity.harness.claims.derivatives import polynomial, sensitivity, unit_step, units
from gradparity.harness.claims.derivatives.sensitivity import DELTAS
from gradparity.problems.catalogue import PROBLEMS


def test_remainders_of_a_cubic_are_known():
    # the saddle is quadratic: behind the slope lies δ² (u_x² - u_y²), behind the Hessian nothing
    found = sensitivity.remainders("saddle", 0)
    theta = PROBLEMS["saddle"].instance("tiny", 0).params["x"]
    u = np.random.default_rng([0, 1]).standard_normal(2)
    u *= np.maximum(np.abs(theta), 0.1 * np.abs(theta).max())
    wide = DELTAS > 1e-4
    assert found.first[wide] == pytest.approx(DELTAS[wide] ** 2 * abs(u[0] ** 2 - u[1] ** 2))
    assert np.isnan(sensitivity.order(found.second, found.second_rounding))


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0, 4.5])
def test_order_reads_a_power(power):
    assert sensitivity.order(3.0 * DELTAS**power, np.full_like(DELTAS, 1e-30)) == pytest.approx(
        power
    )


def test_steps_of_descent_in_the_root_by_the_matrix_alone():
    drawn = units.IN_SPEND.instance("tiny", 0)
    best = units.IN_SPEND.minimum(drawn.data).params
    price, spend = float(best["price"]), float(best["spend"])
    hessian = np.array([[16.0, -2.0], [-2.0, 2.0]])  # b = 8, k = 2
    rate = 2.0 / np.trace(hessian)
    error = np.array([0.0, (np.sqrt(1.01) - 1.0) * np.sqrt(spend)])
    steps = 0
    while True:
        steps += 1
        error = error - rate * hessian @ error
        off = abs((np.sqrt(spend) + error[1]) ** 2 / spend - 1.0)
        if max(off, abs(error[0] / price)) <= 1e-3:
            break
    start = units._at(units.IN_ROOT, drawn, price, 1.01 * spend)
    assert units.descended(units.IN_ROOT, start, "gd", rate, 1e-3, (price, spend), 99)[0] == steps


def test_the_view_of_a_step_gains_what_the_parabola_says():
    numbers = unit_step.CLAIM.view.frame({"delta": 10.0}).numbers
    assert numbers["gain"] == pytest.approx(10.0 * 320.0 - 8.0 * 100.0)


def test_differences_of_the_polynomial_by_binomials():
    f = Polynomial([5.0, 0.0, -2.0, 0.0, 3.0])
    for x in (-1.0, 0.5, polynomial.AT):
        truncation = sum(
            f.deriv(k)(x) * polynomial.STEPS ** (k - 1) / np.prod(range(1, k + 1))
            for k in (2, 3, 4)
        )
        wide = polynomial.STEPS > 1e-4
        assert polynomial.errors(x)[wide] == pytest.approx(np.abs(truncation[wide]), rel=1e-4)
