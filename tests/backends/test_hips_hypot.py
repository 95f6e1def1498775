"""hypot on HIPS autograd: right at any size, and 0 at the origin."""

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import Instance, Problem

pytest.importorskip("autograd")


def answered(operator, x, y, dtype="float64", direction=(1.0, 0.0)):
    """Of Σ hypot(x, y), at arrays x and y."""

    def loss(xp, params, data):
        return xp.sum(xp.hypot(params["x"], params["y"]))

    problem = Problem("hypot", loss, lambda rng: Instance({}, {}), {"tiny": {}}, "")
    params = {"x": np.asarray(x, np.float64), "y": np.asarray(y, np.float64)}
    along = {
        name: np.full_like(x, v) for (name, x), v in zip(params.items(), direction, strict=True)
    }
    instance = Instance(params, {}, along)
    prepared = load("autograd").prepare(problem, operator, instance.zeros(), Setting(dtype))
    with np.errstate(all="raise"):
        return prepared(instance)


@pytest.mark.parametrize("scale", [1.0, 1e-320, 1e-200, 1e200, 3.5e307])
def test_of_any_size_it_is_the_right_triangle(scale):
    """hypot(3, 4) = 5; the gradient is (3, 4)/5, whatever the scale."""
    value, gradient, _ = answered("gradient", 3 * scale, -4 * scale)
    # A subnormal number has but few digits.
    digits = max(1e-15, 5e-324 / scale)
    assert value == pytest.approx(5 * scale, rel=digits, abs=5e-324)
    assert gradient["x"] == pytest.approx(0.6, rel=2 * digits)
    assert gradient["y"] == pytest.approx(-0.8, rel=2 * digits)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_at_the_origin_it_is_the_centre_of_the_subgradients(dtype):
    value, gradient, _ = answered("gradient", [0.0, 5.0], [0.0, 12.0], dtype)
    assert value == 13
    assert value.dtype == dtype
    np.testing.assert_allclose(gradient["x"], [0, 5 / 13], rtol=2e-7)
    np.testing.assert_allclose(gradient["y"], [0, 12 / 13], rtol=2e-7)
    assert gradient["x"].dtype == gradient["y"].dtype == dtype


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (2.0, -3.0)])
def test_forward_and_second_derivatives(direction):
    """The Hessian of r is (I - u uᵀ)/r, u = (x, y)/r, of which u uᵀ takes the radial part."""
    x, y, r = 3.0, -4.0, 5.0
    u, v = np.array([x, y]) / r, np.array(direction)
    assert answered("jvp", x, y, direction=direction).derivative["jvp"] == pytest.approx(u @ v)
    product = answered("hvp", x, y, direction=direction).derivative
    np.testing.assert_allclose([product["x"], product["y"]], (v - u * (u @ v)) / r, atol=1e-16)


def test_against_a_number():
    """hypot(x, 1): a Python number beside an array."""

    def loss(xp, params, data):
        return xp.sum(xp.hypot(params["x"], 1.0))

    problem = Problem("hypot", loss, lambda rng: Instance({}, {}), {"tiny": {}}, "")
    instance = Instance({"x": np.array([0.0, 0.75])}, {})
    prepared = load("autograd").prepare(problem, "gradient", instance, Setting("float64"))
    np.testing.assert_allclose(prepared(instance).derivative["x"], [0, 0.6], rtol=1e-15)
