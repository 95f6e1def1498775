"""Searches that ask for gradients and Hessians: one step on a quadratic, saddles, domains, stalling."""

import contextlib
import math

import numpy as np
import pytest

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find, start_search
from gradparity.backends.optimizers.contract.optimizer import Stalled
from gradparity.backends.optimizers.searches.lanczos import Model
from gradparity.backends.optimizers.searches.line_search import line_search
from tests.benchmarks import searches

SEARCHES = [
    name
    for name in OPTIMIZERS
    if find(name).kind == "search"
    and "jacobian" not in find(name).needs
    and "yardsticks" not in OPTIMIZERS[name]
]
"""Those for sums of squares have tests of their own: `test_stand_ins.py`, and the collections."""
SMOOTH = [name for name in SEARCHES if "gradient" in find(name).needs]


class Closures:
    """An objective of plain functions of NumPy arrays, which remembers how often it was asked."""

    def __init__(self, value, gradient=None, hessian=None):
        self.functions = value, gradient, hessian
        self.asked = {"value": 0, "gradient": 0, "hvp": 0, "hessian": 0}

    def _count(self, what):
        self.asked[what] += 1

    def value(self, theta):
        self._count("value")
        with np.errstate(all="ignore"):
            return float(self.functions[0](theta))

    def gradient(self, theta):
        self._count("gradient")
        with np.errstate(all="ignore"):
            return float(self.functions[0](theta)), self.functions[1](theta)

    def hvp(self, theta, direction):
        self._count("hvp")
        return self.functions[2](theta) @ direction

    def hessian(self, theta):
        self._count("hessian")
        return self.functions[2](theta)


def quadratic(curvature, centre):
    """½ (x - c)ᵀ A (x - c)."""
    a = np.asarray(curvature)
    return Closures(
        lambda x: 0.5 * (x - centre) @ a @ (x - centre), lambda x: a @ (x - centre), lambda x: a
    )


def run(name, objective, start, steps, seed=0, **options):
    """(theta, losses, the reason if it stalled)."""
    theta = np.array(start, np.float64)
    step = start_search(name, objective, theta, np.random.default_rng(seed), options)
    losses = []
    for _ in range(steps):
        before = theta.copy()
        try:
            losses.append(step(theta, find(name).rate or 1.0))
        except Stalled as stalled:
            assert np.array_equal(theta, before), "a step that stalls leaves theta where it is"
            return theta, losses, str(stalled)
    return theta, losses, None


def positive_definite(rng, n, condition):
    q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return (q * np.geomspace(1.0, condition, n)) @ q.T


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("newton", {}),
        ("newton", {"pure": True}),
        ("saddle-free-newton", {}),
        ("trust-region", {"radius": 1e6, "forcing": 1e-13}),
    ],
)
def test_one_step_on_a_quadratic(name, options):
    rng = np.random.default_rng(4)
    centre = rng.normal(size=8)
    objective = quadratic(positive_definite(rng, 8, 100.0), centre)
    theta, losses, _ = run(name, objective, centre + rng.normal(size=8), 1, **options)
    assert theta == pytest.approx(centre, abs=1e-11)
    assert losses[0] <= 1e-20


def test_lanczos_needs_a_product_per_eigenvalue():
    """With three distinct eigenvalues the model's minimum is found in three products."""
    q, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(9, 9)))
    a = (q * np.repeat([1.0, 4.0, 30.0], 3)) @ q.T
    objective = quadratic(a, np.zeros(9))
    theta, _, _ = run("trust-region", objective, np.ones(9), 1, radius=1e6, forcing=1e-10)
    assert np.linalg.norm(theta) <= 1e-9
    assert objective.asked["hvp"] == 3


@pytest.mark.parametrize("radius", [0.01, 0.3, 1.0, 5.0])
def test_a_step_stays_in_the_ball_and_is_the_best_there(radius):
    """Of a convex model none falls further; of another, none on that with |H| in its place."""
    rng = np.random.default_rng(9)
    for trial in range(20):
        a = rng.normal(size=(6, 6))
        a = a @ a.T if trial % 2 else a + a.T
        g = rng.normal(size=6)
        model = Model(g, lambda d, a=a: a @ d)
        p, fall, edge = model.step(radius, 1e-12, 6)
        size = np.linalg.norm(p)
        assert size <= 1.001 * radius
        assert edge == (size >= 0.99 * radius)
        assert fall == pytest.approx(-(g @ p + 0.5 * p @ a @ p), rel=1e-9)
        values, vectors = np.linalg.eigh(a)
        positive = (vectors * np.abs(values)) @ vectors.T
        assert model.convex == (values[0] > 0.0)
        others = rng.normal(size=(200, 6))
        others *= (
            min(size, radius)
            * rng.uniform(size=(200, 1))
            / np.linalg.norm(others, axis=1, keepdims=True)
        )
        falls = -(others @ g + 0.5 * np.sum(others @ positive * others, axis=1))
        assert np.max(falls) <= -(g @ p + 0.5 * p @ positive @ p) * (1 + 1e-9)


def test_the_products_tell_the_diagonal_where_they_span_the_space():
    a = positive_definite(np.random.default_rng(2), 6, 1e3)
    model = Model(np.ones(6), lambda d: a @ d)
    model.step(1e6, 1e9, 6)
    assert model.diagonal() is None
    model.step(1e6, 1e-13, 6)
    assert model.diagonal() == pytest.approx(np.diag(a), rel=1e-10)


@pytest.mark.parametrize("unit", [1e-4, 1e6])
def test_the_trust_region_takes_no_longer_in_other_units(unit):
    a = positive_definite(np.random.default_rng(3), 4, 10.0)

    def steps(units):
        """How many lead to f* = 4 and 1e-9."""
        objective = Closures(
            lambda x: 0.5 * (x / units) @ a @ (x / units) + np.sum(np.cosh(x / units)),
            lambda x: (a @ (x / units) + np.sinh(x / units)) / units,
            lambda x: (a + np.diag(np.cosh(x / units))) / np.outer(units, units),
        )
        _, losses, _ = run("trust-region", objective, 3.0 * units, 12)
        return next(k for k, loss in enumerate(losses) if loss <= 4.0 + 1e-9)

    assert abs(steps(np.array([1.0, unit, 1.0, unit])) - steps(np.ones(4))) <= 2


def test_a_rejected_step_asks_for_no_product_again():
    asked = []
    a = positive_definite(np.random.default_rng(0), 6, 50.0)
    model = Model(np.ones(6), lambda d: asked.append(1) or a @ d)
    wide = model.step(1e6, 1e-10, 12)
    spent = len(asked)
    narrow = model.step(0.5 * np.linalg.norm(wide[0]), 1e-10, 12)
    assert narrow[2]
    assert len(asked) == spent


DOUBLE_WELL = Closures(
    lambda x: x[0] ** 2 - x[1] ** 2 + 0.25 * x[1] ** 4,
    lambda x: np.array([2.0 * x[0], -2.0 * x[1] + x[1] ** 3]),
    lambda x: np.array([[2.0, 0.0], [0.0, -2.0 + 3.0 * x[1] ** 2]]),
)
"""Minima -1 at (0, ±√2), a saddle at 0."""


def test_the_saddle_attracts_newton_alone():
    near = (1.0, 0.01)
    pure, _, _ = run("newton", DOUBLE_WELL, near, 8, pure=True)
    assert np.linalg.norm(pure) <= 1e-12
    for name in ("saddle-free-newton", "newton", "trust-region", "lbfgs"):
        theta, _, _ = run(name, DOUBLE_WELL, near, 60)
        assert np.abs(theta) == pytest.approx([0.0, math.sqrt(2.0)], abs=1e-6), name


def test_negative_curvature_leaves_a_saddle_where_the_gradient_is_exactly_0():
    theta, losses, _ = run("saddle-free-newton", DOUBLE_WELL, (1.0, 0.0), 60)
    assert np.abs(theta) == pytest.approx([0.0, math.sqrt(2.0)], abs=1e-6)
    assert losses[-1] == pytest.approx(-1.0, abs=1e-12)
    stuck, _, reason = run("newton", DOUBLE_WELL, (1.0, 0.0), 60, pure=True)
    assert np.array_equal(stuck, [0.0, 0.0])
    assert reason == "the gradient is exactly 0"


@pytest.mark.parametrize("name", SMOOTH)
def test_at_a_minimum_a_search_stalls_and_says_why(name):
    theta, losses, reason = run(name, quadratic(np.eye(3), np.zeros(3)), np.zeros(3), 5)
    assert np.array_equal(theta, np.zeros(3))
    assert losses == []
    assert reason.startswith("the gradient is exactly 0")


@pytest.mark.parametrize("name", SMOOTH)
def test_descent_ends_at_rounding_not_in_an_error(name):
    """1 + Σ cosh x - 1: below 1 + 1e-16 no step can be seen to lower the loss."""
    objective = Closures(lambda x: np.sum(np.cosh(x)), np.sinh, lambda x: np.diag(np.cosh(x)))
    theta, losses, reason = run(name, objective, np.linspace(-2.0, 3.0, 5), 200)
    assert np.max(np.abs(theta)) <= 1e-7
    assert reason is not None
    assert np.all(np.diff(losses) <= 1e-14)


@pytest.mark.parametrize("name", SMOOTH)
def test_a_loss_that_is_not_finite_is_too_far(name):
    """x - ln x from 7.3: Newton's step, and L-BFGS's second, lead below 0, where the loss is NaN."""
    seen = []

    def value(x):
        seen.append(float(x[0]))
        return float(x[0] - np.log(x[0]))

    objective = Closures(value, lambda x: 1.0 - 1.0 / x, lambda x: np.diag(x**-2.0))
    theta, losses, _ = run(name, objective, [7.3], 40)
    assert min(seen) < 0.0
    assert theta[0] == pytest.approx(1.0, abs=1e-6)
    assert np.all(np.isfinite(losses))


@pytest.mark.parametrize("name", SMOOTH)
def test_the_loss_it_returns_is_the_loss_there(name):
    objective = DOUBLE_WELL
    theta = np.array([0.7, 0.3])
    step = start_search(name, objective, theta, np.random.default_rng(0), {})
    for _ in range(4):
        assert step(theta, 1.0) == objective.value(theta)


@pytest.mark.parametrize("name", SEARCHES)
def test_it_keeps_to_single_precision(name):
    """Every array that a search hands out or writes has the dtype of theta."""
    seen = set()

    class Single(Closures):
        def value(self, theta):
            seen.add(theta.dtype)
            return super().value(theta)

        def gradient(self, theta):
            seen.add(theta.dtype)
            return super().gradient(theta)

        def hvp(self, theta, direction):
            seen.update((theta.dtype, direction.dtype))
            return super().hvp(theta, direction)

    a = np.diag(np.array([1.0, 9.0, 4.0], np.float32))
    objective = Single(lambda x: 0.5 * x @ a @ x, lambda x: a @ x, lambda x: a)
    theta = np.array([1.0, -2.0, 3.0], np.float32)
    step = start_search(name, objective, theta, np.random.default_rng(0), {})
    with contextlib.suppress(Stalled):
        for _ in range(5):
            step(theta, 1e-2)
    assert theta.dtype == np.float32
    assert seen == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", SMOOTH)
def test_a_loss_without_a_floor_is_followed_down(name):
    saddle = quadratic(np.diag([2.0, -2.0]), np.zeros(2))
    theta, losses, _ = run(name, saddle, [1.0, 1e-3], 10)
    assert losses[-1] < -100.0
    assert abs(theta[1]) > 10.0


def wolfe_functions():
    """(name, φ, φ′, first step): valleys near and far, a wall, a flat tail."""
    yield "parabola", lambda t: (t - 3.0) ** 2, lambda t: 2.0 * (t - 3.0), (1e-3, 1.0, 100.0)
    yield (
        "More-Thuente 1",
        lambda t: -t / (t * t + 2.0),
        lambda t: (t * t - 2.0) / (t * t + 2.0) ** 2,
        (1e-3, 0.1, 10.0, 1e3),
    )
    yield (
        "More-Thuente 2",
        lambda t: (t + 0.004) ** 5 - 2.0 * (t + 0.004) ** 4,
        lambda t: 5.0 * (t + 0.004) ** 4 - 8.0 * (t + 0.004) ** 3,
        (1e-3, 0.1, 10.0, 1e3),
    )
    yield (
        "wall",
        lambda t: -t - math.log(2.0 - t) if t < 2.0 else math.nan,
        lambda t: -1.0 + 1.0 / (2.0 - t) if t < 2.0 else math.nan,
        (1e-6, 1.0, 1e6),
    )
    yield (
        "overflow",
        lambda t: math.exp(t) - 3.0 * t if t < 700.0 else math.inf,
        lambda t: math.exp(t) - 3.0 if t < 700.0 else math.inf,
        (1e-3, 1e5),
    )


@pytest.mark.parametrize(("name", "phi", "slope", "first"), [
    (name, phi, slope, first) for name, phi, slope, firsts in wolfe_functions() for first in firsts
])  # fmt: skip
def test_strong_wolfe_conditions(name, phi, slope, first):
    """More and Thuente's functions 1 and 2 among them, from steps a thousand times too short or long."""
    objective = Closures(lambda x: phi(float(x[0])), lambda x: np.array([slope(float(x[0]))]))
    origin = np.zeros(1)
    direction = np.array([-math.copysign(1.0, slope(0.0))])
    assert direction[0] > 0.0
    point = line_search(objective, origin, phi(0.0), np.array([slope(0.0)]), direction, first)
    t = float(point.theta[0])
    assert phi(t) <= phi(0.0) + 1e-4 * t * slope(0.0)
    assert abs(slope(t)) <= 0.9 * abs(slope(0.0))
    assert objective.asked["gradient"] <= 20


def test_no_step_against_the_slope():
    objective = quadratic(np.eye(2), np.zeros(2))
    theta = np.ones(2)
    value, gradient = objective.gradient(theta)
    assert line_search(objective, theta, value, gradient, gradient, 1.0) is None


QUICK = ("price-elastic", "price-ad-sqrt", "himmelblau", "regression-poisson")


def compared(names, seeds):
    """pair -> (solved by ours, by SciPy's, evaluations of both where both solved)."""
    counts = {method: [] for method in searches.METHODS}
    for problem, size in searches.cells():
        if names is None or (problem.name in names and size == "tiny"):
            for method, found in counts.items():
                found += [
                    searches.evaluations(method, problem, size, seed) for seed in range(seeds)
                ]
    for mine, theirs in searches.PAIRS:
        both = [pair for pair in zip(counts[mine], counts[theirs], strict=True) if None not in pair]
        solved = [sum(count is not None for count in counts[method]) for method in (mine, theirs)]
        yield *solved, sum(pair[0] for pair in both), sum(pair[1] for pair in both)


def test_minima_are_found_as_by_scipy():
    for mine, theirs, spent, budget in compared(QUICK, 3):
        assert mine == 3 * len(QUICK)
        assert mine >= theirs
        assert 0 < spent <= 1.5 * budget


@pytest.mark.slow
def test_every_known_minimum_is_found_as_by_scipy():
    for mine, theirs, spent, budget in compared(None, 10):
        assert mine >= theirs > 100
        assert spent <= 1.5 * budget
