"""Searches by second derivatives where a gradient was written by hand, and no more."""

import numpy as np
import pytest

from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents import stand_ins
from gradparity.harness.training.descents.checks import check, obstacle
from gradparity.harness.training.descents.descent import RunningDescent
from gradparity.problems import InputError

LOSS = """
import numpy as np
from gradparity.problems import Instance, Problem

def loss(xp, params, data):
    {loss}

def gradient(params, data):
    x = params["x"]
    return np.sum(np.cosh(x) - data["y"] * x), {{"x": np.sinh(x) - data["y"]}}

def draw(rng):
    return Instance({{"x": np.array([1.0, 2.0])}}, {{"y": np.array([3.0, -4.0])}})

MINE = Problem(name="mine", loss=loss, draw=draw, sizes={{"tiny": {{}}}}, source="", gradient=gradient)
"""
# The minimum of Σ cosh x - y x is at x = arsinh y. Our own operations cannot follow NumPy's cosh.
TRACEABLE = (
    'return xp.sum(0.5 * (xp.exp(params["x"]) + xp.exp(-params["x"])) - data["y"] * params["x"])'
)
NUMPY_ALONE = 'return np.sum(np.cosh(np.asarray(params["x"], float)) - data["y"] * np.asarray(params["x"], float))'


def descent(tmp_path, loss, optimizer):
    file = tmp_path / "mine.py"
    file.write_text(LOSS.format(loss=loss))
    spec = DescentSpec(
        "mine", backend="numpy", optimizer=optimizer, file=str(file), landscape=False
    )
    check(spec)
    running = RunningDescent(spec)
    running.advance(60.0)
    return running


@pytest.mark.parametrize("optimizer", ["newton", "saddle-free-newton", "trust-region"])
@pytest.mark.parametrize(
    ("loss", "who"), [(TRACEABLE, "tape"), (NUMPY_ALONE, "differences of gradients")]
)
def test_a_gradient_by_hand_is_enough(tmp_path, optimizer, loss, who):
    running = descent(tmp_path, loss, optimizer)
    operator = "hvp" if optimizer == "trust-region" else "hessian"
    record = running.descent()
    assert record.how == f"ours, {operator} by {who}"
    assert record.status in ("plateau", "gradient")
    assert running._stepper.theta() == pytest.approx(np.arcsinh([3.0, -4.0]), abs=1e-7)


def test_what_stands_in_is_counted(tmp_path):
    """A difference takes two gradients: of 2 parameters, a Hessian takes 4."""
    file = tmp_path / "mine.py"
    file.write_text(LOSS.format(loss=NUMPY_ALONE))
    spec = DescentSpec("mine", optimizer="newton", file=str(file), budget=Budget(steps=1))
    running = RunningDescent(spec)
    running.advance(60.0)
    assert running.descent().evaluations >= 1 + 4 + 1


def test_differences_are_derivatives():
    """Σ x⁴: the Hessian is 12 x² on the diagonal, whatever the sizes of the parameters."""
    theta = np.array([1e-3, 2.0, 5e4])

    def gradient(x):
        return float(np.sum(x**4)), 4.0 * x**3

    whole = stand_ins.hessian(gradient, theta)
    assert np.diag(whole) == pytest.approx(12.0 * theta**2, rel=1e-8)
    v = np.array([0.0, 0.0, 3.0])
    assert stand_ins.hvp(gradient, theta, v) == pytest.approx(
        [0, 0, 36.0 * theta[2] ** 2], rel=1e-8
    )
    assert np.array_equal(stand_ins.hvp(gradient, theta, 0.0 * v), np.zeros(3))


def test_least_squares_need_residuals():
    assert obstacle(DescentSpec("rosenbrock", optimizer="levenberg-marquardt")) is None
    with pytest.raises(
        InputError, match="levenberg-marquardt needs jacobian: rastrigin states no residuals"
    ):
        check(DescentSpec("rastrigin", optimizer="levenberg-marquardt"))


@pytest.mark.parametrize("optimizer", ["levenberg-marquardt", "gauss-newton"])
def test_least_squares_of_the_catalogue(optimizer):
    """Rosenbrock's minimum is 0; a linear regression is solved by the first step of Gauss-Newton."""
    running = RunningDescent(DescentSpec("rosenbrock", optimizer=optimizer))
    running.advance(60.0)
    assert running.descent().final_loss <= 1e-20
    running = RunningDescent(DescentSpec("regression-linear", optimizer="gauss-newton"))
    running.advance(60.0)
    record = running.descent()
    assert record.history.losses[1] == pytest.approx(record.minimum, rel=1e-12)


@pytest.mark.parametrize("optimizer", ["levenberg-marquardt", "gauss-newton"])
def test_least_squares_in_single_precision(optimizer):
    spec = DescentSpec("regression-linear", optimizer=optimizer, dtype="float32")
    running = RunningDescent(spec)
    running.advance(60.0)
    record = running.descent()
    assert running._stepper._theta.dtype == np.float32
    assert record.final_loss == pytest.approx(record.minimum, rel=1e-5)
