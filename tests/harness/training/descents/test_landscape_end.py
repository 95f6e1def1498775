"""What the landscape is at a point whose Hessian is known in closed form."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents import landscape_end
from gradparity.harness.training.descents.landscape_end import classify
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems.catalogue import PROBLEMS


def classified(backend, problem, instance, x, gradient):
    loss = PreparedLoss(load(backend), problem, instance, Setting())
    return classify(loss, x, gradient)


def look(name, x, gradient=None, size="tiny"):
    """At x, where the gradient is `gradient`, nothing unless it is given."""
    problem = PROBLEMS[name]
    x = np.asarray(x, dtype=np.float64)
    g = np.zeros_like(x) if gradient is None else np.asarray(gradient)
    return classified("numpy", problem, problem.instance(size, 0), x, g)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        ((3.0, 2.0), "minimum"),
        ((-2.805118, 3.131313), "minimum"),
        ((-0.270845, -0.923039), "maximum"),
        ((0.086678, 2.884255), "saddle"),
        ((-3.073026, -0.081353), "saddle"),
        ((3.385154, 0.073852), "saddle"),
        ((-0.127961, -1.953715), "saddle"),
    ],
)
def test_himmelblaus_stationary_points(x, kind):
    assert look("himmelblau", x).kind == kind


def test_extreme_eigenvalues():
    end = look("quadratic", (0.0, 0.0), size="large")
    assert (end.kind, end.lowest, end.highest) == ("minimum", 1.0, 1e6)
    end = look("booth", (1.0, 3.0))  # Hessian (10, 8; 8, 10)
    assert (end.lowest, end.highest) == pytest.approx((2.0, 18.0))


def test_the_monkey_saddle_has_no_curvature_at_all():
    end = look("monkey-saddle", (0.0, 0.0))
    assert (end.kind, end.lowest, end.highest) == ("flat", 0.0, 0.0)


def test_a_slope_is_where_the_models_minimum_is_far():
    # Curvatures 1 and 10⁶: the same gradient is far along one, near along the other.
    assert look("quadratic", (0.0, 0.0), (0.1, 0.0), size="large").kind == "slope"
    assert look("quadratic", (0.0, 0.0), (0.0, 0.1), size="large").kind == "minimum"
    assert look("monkey-saddle", (0.0, 0.0), (1e-3, 0.0)).kind == "slope"


def test_lanczos_finds_the_ends_of_a_long_spectrum():
    """Styblinski-Tang is separable: its Hessian is diagonal, 6 x² - 16 for every variable."""
    least, most, local = -2.903534027771177, 0.15673125, 2.74680277
    n = PROBLEMS["styblinski-tang"].instance("medium", 0).parameters
    end = look("styblinski-tang", np.full(n, least), size="medium")
    assert end.kind == "minimum"
    assert end.lowest == pytest.approx(6 * least**2 - 16, rel=1e-6)
    mixed = np.random.default_rng(1).choice([least, most, local], n)
    end = look("styblinski-tang", mixed, size="medium")
    assert end.kind == "saddle"
    assert end.lowest == pytest.approx(6 * most**2 - 16, rel=1e-3)
    assert end.highest == pytest.approx(6 * least**2 - 16, rel=1e-3)
    assert look("styblinski-tang", np.full(n, most), size="medium").kind == "maximum"


def test_a_long_valley():
    end = look("rosenbrock", np.ones(10_000), size="medium")
    assert end.kind == "minimum"
    # Gershgorin: rows of 1202 with neighbours of 400 each, and 802, 200 at the ends.
    assert 0.0 < end.lowest < 2.0
    assert 1202.0 < end.highest < 2002.0


def test_directions_without_any_data_are_flat():
    """A pixel that is 0 in every image leaves its ten weights without effect."""
    problem = PROBLEMS["softmax-digits"]
    instance = problem.instance("small", 0)
    assert (instance.data["x"].max(axis=0) == 0).any()
    # In the order of the parameters, w then b; the gradient is told to be nothing.
    x = np.zeros(instance.parameters)
    end = classified("numpy", problem, instance, x, np.zeros_like(x))
    assert end.kind == "flat"
    assert abs(end.lowest) < 1e-4 * end.highest
    matrix = load("tape").prepare(problem, "hessian", instance, Setting())(instance.zeros())
    exact = np.linalg.eigvalsh(matrix.derivative["hessian"])
    assert end.highest == pytest.approx(exact[-1], rel=1e-3)


def test_nothing_is_said_where_there_are_no_numbers_or_it_would_take_too_long(monkeypatch):
    assert look("booth", (np.nan, 0.0)).kind == ""
    assert look("booth", (0.0, 0.0), (np.inf, 0.0)).kind == ""
    monkeypatch.setattr(landscape_end, "MANY", 1)
    assert look("booth", (1.0, 3.0)).kind == ""
    monkeypatch.undo()
    monkeypatch.setattr(landscape_end, "PATIENCE", -1.0)
    assert look("booth", (1.0, 3.0)).kind == ""


def test_a_loss_that_the_tape_cannot_trace_is_left_to_the_backend():
    """Half of 3 x² + y², by a branch that reads a value: tracing refuses that."""

    def loss(xp, params, data):
        x = params["x"]
        factor = 3.0 if x[0] < 1e9 else 1.0
        return 0.5 * (factor * xp.square(x[0]) + xp.square(x[1]))

    problem = replace(PROBLEMS["booth"], name="branching", loss=loss)
    at, instance = np.zeros(2), PROBLEMS["booth"].instance("tiny", 0)
    end = classified("tape-eager", problem, instance, at, at)
    assert (end.kind, end.lowest, end.highest) == ("minimum", 1.0, 3.0)
    assert classified("tape", problem, instance, at, at).kind == ""
