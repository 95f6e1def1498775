"""`xp.take` means the same on every backend, whatever the shape of the indices."""

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import Instance, Problem

BACKENDS = ("tape", "tape-eager", "jax-eager", "torch", "torch-func", "autograd", "dual", "arb")
INDICES = {
    "none": np.array(2),
    "one": np.array([3, 0, 3]),
    "two": np.array([[0, 3, 1], [3, 3, 2]]),
    "three": np.array([[[1], [0]]]),
    "negative": np.array([[-1, 0], [-4, 2]]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", INDICES)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_take_puts_the_indices_in_place_of_the_axis(backend, kind, axis):
    engine = load(backend)
    if engine.unavailable() is not None:
        pytest.skip(engine.unavailable())
    index, rng = INDICES[kind], np.random.default_rng(1)
    x = rng.normal(size=(4, 4, 5) if axis != -1 else (2, 4))
    weight = rng.normal(size=np.take(x, index, axis).shape)
    expected = np.zeros_like(x)
    moved = np.moveaxis(expected, axis, 0)
    along = range(axis % x.ndim, axis % x.ndim + index.ndim)
    np.add.at(moved, index, np.moveaxis(weight, along, range(index.ndim)))

    def loss(xp, params, data):
        return xp.sum(xp.take(params["x"], data["i"], axis=axis) * data["weight"])

    instance = Instance({"x": x}, {"i": index, "weight": weight}, {"x": np.ones_like(x)})
    problem = Problem("taking", loss, lambda rng: instance, {"tiny": {}}, "test")
    run = engine.prepare(problem, "gradient", instance.zeros(), Setting("float64"))
    answer = run(instance)
    np.testing.assert_allclose(answer.value, (np.take(x, index, axis) * weight).sum(), rtol=1e-13)
    np.testing.assert_allclose(answer.derivative["x"], expected, rtol=1e-13)
