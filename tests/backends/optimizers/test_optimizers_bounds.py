"""L-BFGS between bounds against SciPy's L-BFGS-B, against what it does without any, and by its laws."""

import numpy as np
import pytest

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, bounded, find, start_search
from gradparity.backends.optimizers.contract.optimizer import Stalled
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.training.descents.checks import check_place
from gradparity.problems import InputError
from tests.benchmarks.collections import more_garbow_hillstrom
from tests.harness.training.descents.descend import descend

PROBLEMS = more_garbow_hillstrom.fits()


class Asked:
    """A sum of squares of the collection by its gradient by hand; every point is kept."""

    def __init__(self, fit):
        self.problem = fit.problem()
        self.data = self.problem.instance("tiny", 0).data
        self.points = []

    def gradient(self, x):
        self.points.append(x.copy())
        value, gradient = self.problem.gradient({"x": x}, self.data)
        return float(value), np.array(gradient["x"])

    def value(self, x):
        return self.gradient(x)[0]


class Bowl:
    """½ xᵀ A x - b·x, A with a condition of 100."""

    def __init__(self, seed, n=8):
        rng = np.random.default_rng(seed)
        q, _ = np.linalg.qr(rng.normal(size=(n, n)))
        self.a, self.b = (q * np.geomspace(1.0, 100.0, n)) @ q.T, 10.0 * rng.normal(size=n)
        self.limits = -rng.uniform(0.1, 2.0, n), rng.uniform(0.1, 2.0, n)

    def gradient(self, x):
        return float(0.5 * x @ self.a @ x - self.b @ x), self.a @ x - self.b

    def value(self, x):
        return self.gradient(x)[0]


def box(fit):
    """Bounds around the start, within which the minimum seldom lies; some are missing."""
    rng = np.random.default_rng(len(fit.name))
    start = np.array(fit.start)
    size = np.maximum(np.abs(start), 1.0)
    low = start - size * rng.uniform(0.0, 0.5, start.size)
    high = start + size * rng.uniform(0.0, 0.5, start.size)
    low[rng.uniform(size=start.size) < 0.2] = -np.inf
    return low, high


def ended(objective, start, limits, steps=2000):
    theta = np.array(start, np.float64)
    step = start_search("lbfgs", objective, theta, np.random.default_rng(0), {}, limits)
    try:
        for _ in range(steps):
            step(theta, 1.0)
    except Stalled as stalled:
        return theta, str(stalled)
    raise AssertionError("it does not end")


def scipys(objective, start, limits):
    from scipy.optimize import minimize

    options = {"ftol": 0.0, "gtol": 1e-12, "maxiter": 10_000, "maxfun": 50_000}
    with np.errstate(all="ignore"):
        found = minimize(
            objective.gradient,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(*limits, strict=True)),
            options=options,
        )
    return found.x


def left(objective, theta, limits):
    """How far a projected step along the gradient leads, 0 at a point of Karush, Kuhn and Tucker."""
    return np.max(np.abs(np.clip(theta - objective.gradient(theta)[1], *limits) - theta))


@pytest.mark.parametrize("fit", PROBLEMS, ids=lambda fit: fit.name)
def test_it_ends_as_low_as_scipys_and_never_looks_outside(fit):
    limits = box(fit)
    objective = Asked(fit)
    theta, _ = ended(objective, fit.start, limits)
    points = np.array(objective.points)
    assert np.all((points >= limits[0]) & (points <= limits[1]))
    theirs = scipys(Asked(fit), fit.start, limits)
    ours, others = objective.value(theta), objective.value(theirs)
    assert ours <= others + 1e-8 * abs(others)
    assert left(objective, theta, limits) <= 2.0 * left(objective, theirs, limits) + 1e-10


@pytest.mark.parametrize("seed", range(10))
def test_a_bowl_has_one_minimum_between_bounds_and_it_is_found(seed):
    bowl = Bowl(seed)
    theta, _ = ended(bowl, np.zeros(8), bowl.limits)
    assert left(bowl, theta, bowl.limits) <= 1e-9
    assert np.sum((theta == bowl.limits[0]) | (theta == bowl.limits[1])) > 0
    assert theta == pytest.approx(scipys(bowl, np.zeros(8), bowl.limits), abs=1e-6)


def test_bounds_that_are_far_away_change_nothing_but_rounding():
    bowl = Bowl(3)
    wide = np.full(8, -1e9), np.full(8, 1e9)
    found, _ = ended(bowl, np.zeros(8), wide)
    assert found == pytest.approx(np.linalg.solve(bowl.a, bowl.b), rel=1e-9)
    assert found == pytest.approx(ended(bowl, np.zeros(8), None)[0], rel=1e-9)


def test_where_bounds_hold_everything_it_says_so():
    bowl = Bowl(0)
    corner = np.where(bowl.b > 0.0, 1.0, -1.0) * 1e-6
    limits = np.minimum(corner, 0.0), np.maximum(corner, 0.0)
    theta, said = ended(bowl, np.zeros(8), limits)
    assert np.array_equal(theta, corner)
    assert said == "the gradient is exactly 0 but for what bounds hold"


def test_a_descent_keeps_between_its_bounds_and_says_that_one_holds():
    spec = {"problem": "rosenbrock", "bounds": {"x": [-2.0, 0.5]}, "start": {"x": [0.0, 0.0]}}
    told = descend({"steps": 100}, **spec, optimizer="lbfgs")
    assert np.all((told.history.path >= -2.0) & (told.history.path <= 0.5))
    # x₀ is held at ½, and (x₁ - x₀²)² is 0 with x₁ = ¼.
    assert told.history.path[-1] == pytest.approx([0.5, 0.25], abs=1e-9)
    assert told.final_loss == pytest.approx(0.25, rel=1e-9)
    assert told.end == "bound"
    by_projection = descend({"steps": 20000}, **spec, optimizer="gd", rate=1e-3)
    assert by_projection.final_loss == pytest.approx(told.final_loss, rel=1e-6)
    assert told.evaluations < 100


def test_who_knows_bounds_says_so_and_the_others_refuse_them():
    assert bounded() == ["lbfgs"]
    limits = np.zeros(2), np.ones(2)
    for name in OPTIMIZERS:
        if find(name).kind == "update" or find(name).bounded:
            continue
        with pytest.raises(InputError, match=f"{name} is a search that knows no bounds; lbfgs"):
            start_search(name, Bowl(0), np.zeros(2), np.random.default_rng(0), {}, limits)
        spec = DescentSpec("booth", optimizer=name, bounds={"x": [-99.0, 99.0]})
        with pytest.raises(InputError, match="lbfgs does, and every update"):
            check_place(spec)
