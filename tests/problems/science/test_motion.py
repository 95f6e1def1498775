"""Atoms, cameras, equations of motion and of rest: invariants and exact discrete gradients."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from gradparity.problems.science import bundle, ode, pde
from tests.problems.certificates import assert_least, by_hand, drawn


@pytest.mark.parametrize("atoms", [2, 3, 4, 13])
def test_clusters_rest_where_the_literature_says(atoms):
    instance = drawn("lennard-jones", atoms=atoms)
    certified = {2: -1.0, 3: -3.0, 4: -6.0, 13: -44.326801}
    minimum = PROBLEMS["lennard-jones"].minimum(instance.data)
    assert minimum.value == pytest.approx(certified[atoms], rel=1e-8)
    assert_least("lennard-jones", instance)


def test_forces_and_their_moments_add_up_to_nothing():
    instance = drawn("lennard-jones", atoms=20)
    _, gradient = by_hand("lennard-jones", instance)
    force, x = gradient["x"], instance.params["x"]
    largest = np.abs(force).max()
    assert np.abs(force.sum(axis=0)).max() < 1e-13 * largest
    assert np.abs(np.cross(x, force).sum(axis=0)).max() < 1e-12 * largest


def test_a_cluster_of_unknown_minimum_states_a_bound_and_says_so():
    minimum = PROBLEMS["lennard-jones"].minimum(drawn("lennard-jones", atoms=5).data)
    assert minimum.value == -10.0
    assert minimum.params is None
    assert "not known" in minimum.note


@pytest.mark.parametrize("steps", [1, 10, 300])
def test_decay_has_its_exact_discrete_gradient(steps):
    instance = drawn("ode-decay", steps=steps, rates=3)
    rate, start, h = instance.params["rate"], instance.params["start"], 1.0 / steps
    z = -rate * h
    grown = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
    slope = 1 + z + z**2 / 2 + z**3 / 6
    value, gradient = by_hand("ode-decay", instance)
    assert value == pytest.approx(np.sum(grown**steps * start), rel=1e-12)
    np.testing.assert_allclose(gradient["start"], grown**steps, rtol=1e-12)
    expected = steps * grown ** (steps - 1) * slope * -h * start
    np.testing.assert_allclose(gradient["rate"], expected, rtol=1e-12)


def test_the_fourth_order_shows_in_predators_and_prey():
    """Half the step, a sixteenth of the error, beside SciPy's solver."""
    rate, y0 = np.array([1.0, 0.5, 0.25, 0.5]), np.array([2.0, 1.0])
    exact = solve_ivp(
        lambda t, y: ode.predation(NUMPY, rate, y), (0, 10), y0, rtol=1e-12, atol=1e-13
    ).y[:, -1]
    errors = [
        np.abs(drawn("ode-lotka", steps=steps).data["path"][-1] - exact).max() for steps in (40, 80)
    ]
    assert 12.0 < errors[0] / errors[1] < 20.0
    assert_least("ode-lotka", drawn("ode-lotka", steps=30))


def test_the_string_is_what_second_differences_say():
    instance = drawn("pde-control", points=20)
    f = instance.params["f"]
    u = np.concatenate([[0.0], pde.string(NUMPY, f), [0.0]])
    np.testing.assert_allclose(-np.diff(u, 2) * 21**2, f, rtol=1e-10, atol=1e-10)


def test_the_string_is_its_own_adjoint():
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(2, 50))
    both = pde.string(NUMPY, f) @ g, f @ pde.string(NUMPY, g)
    assert both[0] == pytest.approx(both[1], rel=1e-12)


@pytest.mark.parametrize("points", [1, 15, 255])
def test_the_best_control_of_a_sine_is_known(points):
    assert_least("pde-control", drawn("pde-control", points=points))


def test_cameras_turn_as_scipy_turns():
    r = np.array([[0.3, -0.2, 0.5], [1e-9, 0.0, 0.0], [0.0, 0.0, 0.0], [0.06, 0.07, 0.03]])
    x = np.random.default_rng(5).uniform(-1, 1, (4, 3)) + np.array([0, 0, 5.0])
    camera = np.column_stack([r, np.zeros((4, 3)), np.ones(4), np.zeros((4, 4))])
    data = {"camera": np.arange(4), "point": np.arange(4), "seen": np.zeros((4, 2))}
    params = {"cameras": camera, "points": x, "weights": np.ones(4)}
    found = bundle.residuals(NUMPY, params, data)[:8].reshape(4, 2)
    y = Rotation.from_rotvec(r).apply(x)
    np.testing.assert_allclose(found, y[:, :2] / y[:, 2:], rtol=1e-13)


@pytest.mark.parametrize(
    "z", [0.0, 1e-8, bundle.NEAR * (1 - 1e-12), bundle.NEAR * (1 + 1e-12), 4.0]
)
def test_the_quotients_of_an_angle_are_right_on_both_sides_of_the_branch(z):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(40):
        theta = mpmath.sqrt(mpmath.mpf(z))
        sine = mpmath.sin(theta) / theta if z else mpmath.mpf(1)
        bent = (1 - mpmath.cos(theta)) / theta**2 if z else mpmath.mpf(0.5)
        expected = [float(mpmath.cos(theta)), float(sine), float(bent)]
    np.testing.assert_allclose(bundle.quotients(np, np.array(z)), expected, rtol=1e-13)


def test_moving_world_and_cameras_together_changes_nothing():
    """So the slopes by points and by centres add up to nothing, whatever the rotations."""
    _, gradient = by_hand("bundle", drawn("bundle", cameras=3, points=9, observations=40))
    whole = gradient["points"].sum(axis=0) + gradient["cameras"][:, 3:6].sum(axis=0)
    assert np.abs(whole).max() < 1e-12 * np.abs(gradient["cameras"]).max()


def test_a_world_that_is_seen_without_noise_costs_nothing():
    instance = drawn("bundle")
    params = {**instance.params, "weights": np.ones(12)}
    blank = {**instance.data, "seen": np.zeros((12, 2))}
    seen = bundle.residuals(NUMPY, params, blank)[:24].reshape(12, 2)
    exact = type(instance)(params, {**instance.data, "seen": seen}, params)
    value, gradient = by_hand("bundle", exact)
    assert value < 1e-28
    assert max(np.abs(g).max() for g in gradient.values()) < 1e-13
