"""Whatever its scale, its domain and its shape, a smooth loss is descended to a point where all stops."""

import numpy as np
import pytest

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, find, start_search
from gradparity.backends.optimizers.contract.optimizer import Stalled

SMOOTH = [
    name
    for name in OPTIMIZERS
    if "gradient" in find(name).needs
    and find(name).kind == "search"
    and "yardsticks" not in OPTIMIZERS[name]
]

# φ, φ′, φ″ of one variable: convex and nearly flat far out, two wells, NaN below -4, a steep wall.
SHAPES = {
    "log cosh": (lambda z: np.log(np.cosh(z)), np.tanh, lambda z: np.cosh(z) ** -2.0),
    "wells": (lambda z: z**4 / 4 - z**2, lambda z: z**3 - 2 * z, lambda z: 3 * z**2 - 2),
    "domain": (lambda z: z - np.log(z + 4), lambda z: 1 - 1 / (z + 4), lambda z: (z + 4) ** -2.0),
    "wall": (lambda z: np.exp(z) - z, lambda z: np.exp(z) - 1, np.exp),
}


class Scaled:
    """scale · Σ φ(A x/unit - b), A square and random; counts what it is asked."""

    def __init__(self, shape, seed):
        rng = np.random.default_rng(seed)
        self.phi, self.slope, self.bend = SHAPES[shape]
        n = int(rng.integers(1, 6))
        self.a, self.b = rng.normal(size=(n, n)), rng.normal(scale=3.0, size=n)
        self.scale, self.unit = 10.0 ** rng.integers(-8, 9), 10.0 ** rng.integers(-4, 5)
        self.start = np.linalg.solve(self.a, self.b + rng.normal(size=n)) * self.unit
        self.asked = 0

    def inner(self, x):
        self.asked += 1
        return self.a @ (x / self.unit) - self.b

    def value(self, x):
        return float(self.scale * np.sum(self.phi(self.inner(x))))

    def gradient(self, x):
        z = self.inner(x)
        slope = self.scale * (self.a.T @ self.slope(z)) / self.unit
        return float(self.scale * np.sum(self.phi(z))), slope

    def hessian(self, x):
        return self.scale * (self.a.T * self.bend(self.inner(x))) @ self.a / self.unit**2

    def hvp(self, x, direction):
        return self.hessian(x) @ direction


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_search_ends_where_the_gradient_is_small(name, shape):
    for seed in range(12):
        objective = Scaled(shape, seed)
        theta = objective.start.copy()
        first, slope = objective.gradient(theta)
        step = start_search(name, objective, theta, np.random.default_rng(0), {})
        losses = [first]
        while True:
            before = theta.copy()
            try:
                losses.append(step(theta, 1.0))
            except Stalled:
                break
            assert objective.asked < 2000, "it goes round in circles"
        assert np.array_equal(theta, before)
        assert np.all(np.diff(losses) <= 1e-14 * np.abs(losses[:-1]))
        left = np.linalg.norm(objective.gradient(theta)[1]) / np.linalg.norm(slope)
        assert left <= 1e-5, (seed, left)
