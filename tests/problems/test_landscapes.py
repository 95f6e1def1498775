"""The landscapes' known points: minima, saddles and curvatures of the literature."""

import math

import numpy as np
import pytest

from gradparity.problems.landscapes import PROBLEMS
from gradparity.problems.namespace import NUMPY

SCALABLE = ("rosenbrock", "rastrigin", "ackley", "styblinski-tang")


def loss(name, x):
    return PROBLEMS[name].loss(NUMPY, {"x": np.asarray(x)}, {})


def gradient(name, x):
    """By the complex step in extended precision."""
    step = 1e-30
    points = np.eye(len(x)) * (1j * step) + np.asarray(x, dtype=np.clongdouble)
    return np.array([float(loss(name, point).imag / step) for point in points])


def hessian(name, x, width=1e-4):
    shifts = np.eye(len(x)) * width
    rows = [(gradient(name, x + s) - gradient(name, x - s)) / (2 * width) for s in shifts]
    return np.array(rows)


@pytest.mark.parametrize(
    ("name", "size"),
    [(name, "tiny") for name in PROBLEMS if name not in ("saddle", "monkey-saddle", "ackley")]
    + [(name, "small") for name in SCALABLE if name != "ackley"],
)
def test_the_minimum_is_stationary_and_has_its_value(name, size):
    problem = PROBLEMS[name]
    instance = problem.instance(size, 0)
    minimum = problem.minimum(instance.data)
    x = minimum.params["x"]
    assert x.shape == instance.params["x"].shape
    assert float(loss(name, x)) == pytest.approx(minimum.value, rel=1e-14, abs=1e-28)
    assert np.abs(gradient(name, x)).max() < 1e-12
    assert loss(name, instance.params["x"]) > minimum.value


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("rosenbrock", [1.0, 1.0], 0.0),
        ("beale", [3.0, 0.5], 0.0),
        ("booth", [1.0, 3.0], 0.0),
        ("himmelblau", [3.0, 2.0], 0.0),
        ("rastrigin", [0.0, 0.0], 0.0),
        ("ackley", [0.0, 0.0], 0.0),
        ("styblinski-tang", [-2.903534, -2.903534], -39.1661657 * 2),
    ],
)
def test_minima_are_the_certified_ones(name, x, value):
    minimum = PROBLEMS[name].minimum({"n": np.asarray(2)})
    assert minimum.params["x"] == pytest.approx(np.array(x), abs=5e-7)
    assert minimum.value == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("x", "value"),
    [
        ([3.0, 2.0], 0.0),
        ([-2.805118, 3.131313], 0.0),
        ([-3.779310, -3.283186], 0.0),
        ([3.584428, -1.848127], 0.0),
        ([-0.270845, -0.923039], 181.6165),
    ],
)
def test_himmelblau_is_flat_at_its_minima_and_maximum(x, value):
    assert float(loss("himmelblau", x)) == pytest.approx(value, abs=1e-4)
    assert np.abs(gradient("himmelblau", x)).max() < 1e-4


@pytest.mark.parametrize(
    ("name", "condition"), [("rosenbrock", 2508.0), ("beale", 162.47), ("booth", 9.0)]
)
def test_the_condition_number_at_the_minimum_is_the_known_one(name, condition):
    x = PROBLEMS[name].minimum({"n": np.asarray(2)}).params["x"]
    assert np.linalg.cond(hessian(name, x)) == pytest.approx(condition, rel=2e-4)


def test_styblinski_tang_has_a_second_minimum_of_its_own_value():
    x = np.array([2.746803])
    assert float(loss("styblinski-tang", x)) == pytest.approx(-25.029447, abs=1e-6)
    assert hessian("styblinski-tang", x)[0, 0] > 0.0


def test_the_saddle_is_unbounded_and_says_so():
    minimum = PROBLEMS["saddle"].minimum({})
    assert minimum.value == -math.inf
    assert minimum.params is None
    assert loss("saddle", [0.0, 1e100]) < -1e199
    assert np.array_equal(hessian("saddle", np.zeros(2)).round(9), np.diag([2.0, -2.0]))


def test_ackley_rises_in_every_direction_from_its_minimum():
    rng = np.random.default_rng(31337)
    assert float(loss("ackley", np.zeros(5))) == pytest.approx(0.0, abs=1e-14)
    directions = rng.standard_normal((50, 5))
    assert all(loss("ackley", 1e-3 * d) > 1e-5 for d in directions)


@pytest.mark.parametrize("name", PROBLEMS)
def test_draws_repeat_have_the_size_asked_for_and_an_integer_dimension(name):
    problem = PROBLEMS[name]
    expected = {"tiny": 2, "small": 100, "medium": 10_000, "large": 1_000_000}
    sizes = expected if name in SCALABLE else {"tiny": 2}
    assert {size: problem.instance(size, 3).parameters for size in problem.sizes} == sizes
    first, second = problem.instance("tiny", 3), problem.instance("tiny", 3)
    assert np.array_equal(first.params["x"], second.params["x"])
    if name in SCALABLE:
        assert int(first.data["n"]) == 2
        assert first.data["n"].dtype.kind == "i"
    if name == "ackley":
        assert np.abs(problem.instance("medium", 3).params["x"]).min() >= 0.5


@pytest.mark.parametrize("name", ["rosenbrock", "himmelblau", "beale", "booth"])
def test_half_the_sum_of_the_squared_residuals_is_the_loss(name):
    problem = PROBLEMS[name]
    for size in [size for size in ("tiny", "small") if size in problem.sizes]:
        instance = problem.instance(size, 4)
        residuals = problem.residuals(NUMPY, instance.params, instance.data)
        assert residuals.ndim == 1
        value = float(loss(name, instance.params["x"]))
        assert 0.5 * float(residuals @ residuals) == pytest.approx(value, rel=1e-14)
    minimum = problem.minimum(instance.data)
    assert np.abs(problem.residuals(NUMPY, minimum.params, instance.data)).max() < 1e-15
