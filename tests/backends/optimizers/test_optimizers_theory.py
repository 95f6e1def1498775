"""Updates against what is known of them: rates, divergence, saddles, bounds that are attained."""

import math

import numpy as np
import pytest

from gradparity.backends.optimizers.training import Training, start_update


def descend(name, gradient, start, rate, steps, seed=0, **options):
    """The iterates, (steps + 1, P)."""
    theta = np.array(start, np.float64)
    update = start_update(Training(name, options, seed), theta)
    path = [theta.copy()]
    for _ in range(steps):
        update(theta, gradient(theta), rate)
        path.append(theta.copy())
    return np.array(path)


def rate_of(path):
    """The factor by which ‖x‖ shrinks per step, fitted to the second half."""
    sizes = np.log(np.linalg.norm(path, axis=1))
    k = np.arange(len(sizes))[len(sizes) // 2 :]
    return math.exp(np.polyfit(k, sizes[k], 1)[0])


# Steps enough for the factor t of t ρᵗ to flatten. The minimiser is 0, so that nothing is rounded
# away until squares underflow.
STEPS = {10: 500, 100: 1500, 1000: 5000}


@pytest.mark.parametrize("kappa", STEPS)
def test_rates_on_a_quadratic(kappa):
    """½ (x² + κ y²), measured by a second implementation: Reference, section 4."""
    root = math.sqrt(kappa)
    q = (root - 1.0) / (root + 1.0)
    curvature = np.array([1.0, kappa])
    nesterov = {10: 0.68432, 100: 0.90020, 1000: 0.96844}[kappa]
    ball = {10: 0.5202, 100: 0.8185, 1000: 0.9388}[kappa]

    def path(name, rate, **options):
        return descend(name, lambda x: curvature * x, (kappa, 1.0), rate, STEPS[kappa], **options)

    plain = path("gd", 2.0 / (1.0 + kappa))
    exactly = (kappa - 1.0) / (kappa + 1.0)
    assert np.linalg.norm(plain[1:], axis=1) / np.linalg.norm(plain[:-1], axis=1) == pytest.approx(
        exactly, rel=1e-9
    )
    assert rate_of(path("nesterov-textbook", 1.0 / kappa, momentum=q)) == pytest.approx(
        nesterov, rel=2e-3
    )
    assert rate_of(path("momentum", 4.0 / (root + 1.0) ** 2, momentum=q * q)) == pytest.approx(
        ball, rel=2e-3
    )


def test_the_two_nesterovs_are_one_at_constant_momentum():
    curvature = np.geomspace(1.0, 50.0, 6)
    start = np.random.default_rng(2).normal(size=6)
    paths = [
        descend(name, lambda x: curvature * x, start, 0.02, 300, momentum=0.8)
        for name in ("nesterov", "nesterov-textbook")
    ]
    assert np.max(np.abs(paths[0] - paths[1])) <= 1e-14


def test_descent_diverges_beyond_two_over_the_largest_curvature():
    largest = 7.0
    for times, factor in ((1.9, 0.9), (2.1, 1.1)):
        path = descend("gd", lambda x: largest * x, [3.0], times / largest, 100)
        assert np.abs(path[1:] / path[:-1]) == pytest.approx(factor, rel=1e-12)


SADDLE = {"gd": (26, 76, 127), "momentum": (13, 36, 58), "adam": (11, 11, 13)}


@pytest.mark.parametrize(("name", "counts"), SADDLE.items())
def test_steps_to_leave_a_saddle(name, counts):
    """x² - y² at rate 0.1 until |y| > 1 (Reference, section 4); from y = 0 exactly: never."""
    for y, count in zip((1e-2, 1e-6, 1e-10), counts, strict=True):
        path = descend(name, lambda x: np.array([2.0, -2.0]) * x, (1.0, y), 0.1, 200)
        assert int(np.argmax(np.abs(path[:, 1]) > 1.0)) == count
    stuck = descend(name, lambda x: np.array([2.0, -2.0]) * x, (1.0, 0.0), 0.1, 1000)
    assert np.all(stuck[:, 1] == 0.0)


def test_langevin_leaves_the_saddle_that_descent_does_not():
    path = descend("langevin", lambda x: np.array([2.0, -2.0]) * x, (1.0, 0.0), 0.1, 300)
    assert np.any(np.abs(path[:, 1]) > 1.0)


def test_langevin_spreads_as_its_temperature_says():
    """On ½ k x² the iterates are a first-order autoregression: variance T/(k (1 - η k/2))."""
    k, eta, temperature, chains = 3.0, 0.2, 0.7, 4000
    path = descend("langevin", lambda x: k * x, np.zeros(chains), eta, 200, temperature=temperature)
    expected = temperature / (k * (1.0 - 0.5 * eta * k))
    # 4000 independent chains: the sample variance is off by √(2/4000) = 2.2 %, one sigma.
    assert np.var(path[-1]) == pytest.approx(expected, rel=4 * math.sqrt(2.0 / chains))


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adams_first_step(name):
    g = np.array([1e-12, -1e-8, 0.3, -7e5, 0.0])
    options = {"weight_decay": 0.0} if name == "adamw" else {}
    first = descend(name, lambda x: g.copy(), np.zeros(5), 0.01, 1, **options)[1]
    assert first == pytest.approx(-0.01 * g / (np.abs(g) + 1e-8), rel=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lion_moves_every_entry_by_the_rate_except_where_nothing_ever_was(dtype):
    g = np.array([1e-45, -3e-30, 0.0, 5.0, np.nan, -1e38], dtype)
    theta = np.zeros(6, dtype)
    start_update(Training("lion"), theta)(theta, g.copy(), 0.5)
    assert np.array_equal(theta, [-0.5, 0.5, 0.0, -0.5, np.nan, 0.5], equal_nan=True)


def test_convex_bound_holds_and_is_attained():
    """f(x_k) - f* <= L R²/(4k + 2) at rate 1/L, for every k; Drori and Teboulle (2014).

    Attained at step k by L/2 x² continued linearly beyond R/(2k + 1).
    """
    largest, steps = 4.0, 60
    rng = np.random.default_rng(6)
    curvature = largest * np.append(rng.uniform(size=20) ** 6, 1.0)
    start = rng.normal(size=21)
    path = descend("gd", lambda x: curvature * x, start, 1.0 / largest, steps)
    bounds = largest * (start @ start) / (4.0 * np.arange(steps + 1) + 2.0)
    assert np.all(0.5 * (path**2 @ curvature) <= bounds * (1 + 1e-14))
    for k in (1, 5, 60):
        corner = 1.0 / (2 * k + 1)

        def huber(x, corner=corner):
            return largest * np.clip(x, -corner, corner)

        x = descend("gd", huber, [1.0], 1.0 / largest, k)[-1, 0]
        assert largest * corner * (x - 0.5 * corner) == pytest.approx(
            largest / (4 * k + 2), rel=1e-12
        )


def test_nesterovs_sequence_keeps_a_bound_that_descent_breaks():
    """f(x_k) - f* <= 2 L R²/(k + 1)² on Nesterov's own worst function, a chain of 101 springs."""
    n, steps = 101, 100
    chain = 0.25 * (2.0 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))  # L = 1
    pull = 0.25 * np.eye(n)[0]
    solution = np.linalg.solve(chain, pull)
    bounds = 2.0 * (solution @ solution) / (np.arange(1, steps + 2) + 1.0) ** 2
    kept = {}
    for name in ("nesterov-textbook", "gd"):
        y = descend(name, lambda x: chain @ x - pull, np.zeros(n), 1.0, steps)
        off = y - (y @ chain - pull) - solution  # x_{k+1} - x*, one gradient step from y_k
        kept[name] = np.all(0.5 * np.sum(off * (off @ chain), axis=1) <= bounds)
    assert kept == {"nesterov-textbook": True, "gd": False}


def test_clip_and_decay_come_before_the_update():
    """g = (3, 4) clipped to 1 is (.6, .8); then λ θ is added."""
    path = descend(
        "gd", lambda x: np.array([3.0, 4.0]), [10.0, -10.0], 0.5, 1, clip=1.0, weight_decay=0.1
    )
    assert path[1] == pytest.approx(
        [10.0 - 0.5 * (0.6 + 1.0), -10.0 - 0.5 * (0.8 - 1.0)], rel=1e-15
    )


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_clip_in_float32_where_squares_underflow_or_overflow(size):
    theta = np.zeros(2, np.float32)
    update = start_update(Training("gd", {"clip": 0.5 * size}), theta)
    update(theta, np.array([3.0, 4.0], np.float32) * np.float32(size), 1.0)
    assert theta == pytest.approx(np.array([-0.3, -0.4]) * size, rel=1e-6)
