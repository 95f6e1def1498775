"""Searches that see values alone, against what is known of them."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find, start_search
from gradparity.backends.optimizers.contract.optimizer import Stalled

BLIND = [
    name
    for name in OPTIMIZERS
    if find(name).needs == ("value",) and "yardsticks" not in OPTIMIZERS[name]
]


class Values:
    def __init__(self, function):
        self.function, self.asked = function, 0

    def value(self, theta):
        self.asked += 1
        return float(self.function(theta))


SPHERE = Values(lambda x: x @ x)


def begin(name, function, start, seed=0, **options):
    theta = np.array(start, np.float64)
    return theta, start_search(name, Values(function), theta, np.random.default_rng(seed), options)


def progress(d, success, seeds=30, evaluations=100):
    """-d ln r per evaluation of the (1+1)-ES on a sphere: mean over seeds, and its standard error."""
    rates = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        theta = rng.normal(size=d)
        options = {"sigma": 1.2 * np.linalg.norm(theta) / d, "success": success}
        step = start_search("one-plus-one-es", SPHERE, theta, rng, options)
        for _ in range(20 * d):
            step(theta, 1.0)
        before = np.linalg.norm(theta)
        for _ in range(evaluations * d):
            step(theta, 1.0)
        rates.append(math.log(before / np.linalg.norm(theta)) / evaluations)
    return np.mean(rates), np.std(rates) / math.sqrt(seeds)


def expected(d, success):
    """φ where p = s - φ √(d + 1)/d (the spread follows the distance), by bisection for σ*."""
    normal = NormalDist()
    low, high = 0.01, 6.0
    for _ in range(60):
        sigma = 0.5 * (low + high)
        p = normal.cdf(-0.5 * sigma)
        phi = sigma * normal.pdf(0.0) * math.exp(-(sigma**2) / 8.0) - 0.5 * sigma**2 * p
        low, high = (sigma, high) if p > success - phi * math.sqrt(d + 1.0) / d else (low, sigma)
    return phi


@pytest.mark.parametrize("d", [10, 30])
def test_one_plus_one_es_on_a_sphere(d):
    """As fast as theory says for the rule of 1/5, and near the optimum 0.2025/d for the best share."""
    fifth, error = progress(d, 0.2)
    assert fifth == pytest.approx(expected(d, 0.2), rel=0.05, abs=3.0 * error)
    best, error = progress(d, 0.27 + 0.2025 * math.sqrt(d + 1.0) / d)
    assert best == pytest.approx(0.2025, rel=0.05, abs=3.0 * error)
    assert best > fifth


@pytest.mark.parametrize(("pairs", "d"), [(1, 20), (8, 20), (40, 20), (20, 5)])
def test_squared_cosine_of_an_estimated_gradient(pairs, d):
    """On a linear loss it is distributed as Beta(K/2, (d - 1)/2): mean K/(K + d - 1)."""
    rng = np.random.default_rng(pairs)
    g = rng.normal(size=d)
    cosines = []
    for seed in range(800):
        theta, step = begin("es", lambda x: g @ x, np.zeros(d), seed, pairs=pairs)
        step(theta, 1.0)
        cosines.append((theta @ g) ** 2 / (theta @ theta) / (g @ g))
    mean = pairs / (pairs + d - 1.0)
    variance = mean * (1.0 - mean) / (0.5 * (pairs + d - 1.0) + 1.0)
    assert np.mean(cosines) == pytest.approx(mean, abs=3.5 * math.sqrt(variance / 800))


def test_evolution_strategy_estimates_the_gradient():
    g = np.array([3.0, -1.0, 0.5])
    theta, step = begin("es", lambda x: g @ x, np.zeros(3), pairs=20_000)
    step(theta, 0.1)
    assert theta == pytest.approx(-0.1 * g, abs=0.1 * 4 * np.linalg.norm(g) * math.sqrt(2 / 20_000))


def test_spsa_moves_along_a_random_corner():
    """On a linear loss the difference is exact: θ₁ = -η/(1 + A)^α (g·Δ) Δ; its mean is along -g."""
    g = np.array([2.0, -1.0, 0.25])
    steps = []
    for seed in range(4000):
        theta, step = begin(
            "spsa", lambda x: g @ x, np.zeros(3), seed, stability=3.0, rate_power=0.5
        )
        assert step(theta, 0.8) is None
        delta = np.sign(theta) / np.sign(-(g @ np.sign(theta)))
        assert theta == pytest.approx(-0.4 * (g @ delta) * delta, rel=1e-9)
        steps.append(theta)
    assert np.mean(steps, axis=0) == pytest.approx(-0.4 * g, abs=4 * 0.4 * 3.0 / math.sqrt(4000))


def test_spsa_shrinks_its_steps_as_its_powers_say():
    theta, step = begin("spsa", lambda x: x[0], np.zeros(1))
    places = [0.0]
    for _ in range(50):
        step(theta, 1.0)
        places.append(float(theta[0]))
    assert -np.diff(places) == pytest.approx(np.arange(1.0, 51.0) ** -0.602, rel=1e-9)


@pytest.mark.parametrize("name", BLIND)
def test_it_gets_nearer_and_counts_on_its_seed(name):
    options = {"spsa": {"stability": 10.0}}.get(name, {})
    rate = {"spsa": 0.3, "es": 0.1, "random-search": 0.1}.get(name, 1.0)
    ends = []
    steps = 60 if name == "cma-es" else 300  # before it stops by itself
    for seed in (3, 3, 4):
        theta, step = begin(name, lambda x: (x - 1.0) @ (x - 1.0), np.full(4, 3.0), seed, **options)
        for _ in range(steps):
            known = step(theta, rate)
            if known is not None:
                assert known == pytest.approx((theta - 1.0) @ (theta - 1.0), rel=1e-12)
        ends.append(theta)
    assert np.linalg.norm(ends[0] - 1.0) < 0.5
    assert np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])


@pytest.mark.parametrize("name", BLIND)
def test_it_stays_in_the_domain(name):
    """x - ln x, NaN below 0: a point where the loss is NaN is never kept."""

    def loss(x):
        return float(x[0] - math.log(x[0])) if x[0] > 0.0 else math.nan

    theta, step = begin(name, loss, [0.05])
    for _ in range(200):
        try:
            step(theta, find(name).rate or 1.0)
        except Stalled:
            break
        if name != "spsa" and name != "es":  # these two move by an estimate, wherever it leads
            assert theta[0] > 0.0
    assert math.isfinite(theta[0])


def test_random_search_keeps_the_best_of_its_samples():
    theta, step = begin("random-search", lambda x: x @ x, np.ones(3), samples=50)
    losses = [step(theta, 0.5) for _ in range(20)]
    assert np.all(np.diff(losses) <= 0.0)
    one, step = begin("random-search", lambda x: x @ x, np.ones(3))
    for _ in range(20):
        step(one, 0.5)
    assert theta @ theta < one @ one


def test_cma_learns_the_shape_of_a_valley(capfd, tmp_path, monkeypatch):
    """Condition 1e6, which costs a fixed spread 1e6 more; silent, no file, and NumPy's state kept."""
    monkeypatch.chdir(tmp_path)
    np.random.seed(12)  # noqa: NPY002
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    curvature = np.geomspace(1.0, 1e6, 6)
    theta, step = begin("cma-es", lambda x: curvature @ x**2, np.full(6, 2.0))

    def descend():
        while True:
            step(theta, 1.0)

    with pytest.raises(Stalled, match="cma stops: tol"):
        descend()
    assert curvature @ theta**2 < 1e-10
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_cma_has_one_dimension_too():
    theta, step = begin("cma-es", lambda x: (x[0] - 2.0) ** 2, [40.0], sigma=5.0)
    assert theta.shape == (1,)
    for _ in range(60):
        step(theta, 1.0)
    assert theta[0] == pytest.approx(2.0, abs=1e-4)


def test_cma_draws_as_many_as_it_is_told():
    objective = Values(lambda x: x @ x)
    theta = np.ones(3)
    step = start_search("cma-es", objective, theta, np.random.default_rng(0), {"population": 20})
    step(theta, 1.0)
    assert objective.asked == 21  # the start, then a generation
