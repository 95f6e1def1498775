"""A long program is written on Python floats where that takes little more to prepare."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine import derivatives


def recurrence(xp, params, data):
    x = y = params["x"]
    for _ in range(40):
        x, y = x + 0.01 * (y * xp.cos(x) - x * x), y - 0.01 * (x + xp.exp(-y * y))
    return xp.sum(x * y)


@pytest.mark.parametrize(("shape", "on_floats"), [((), True), ((2,), True), ((60,), False)])
def test_it_gives_what_the_engine_gives(shape, on_floats):
    params = {"x": np.linspace(0.3, 0.8, num=int(np.prod(shape))).reshape(shape)}
    compiled = compile_operator("gradient", recurrence, params, {})
    assert compiled.operations > 1_000
    assert ("def formula(" in compiled.source) == on_floats
    value, gradient = compiled.run(params, {})
    true, slope = derivatives.value_and_gradient(recurrence, params, {})
    np.testing.assert_allclose(value, true, rtol=1e-13)
    np.testing.assert_allclose(gradient["x"], slope["x"], rtol=1e-13)


def test_an_overflow_in_it_is_infinite():
    params = {"x": np.array(-1e200)}
    compiled = compile_operator("gradient", recurrence, params, {})
    value, gradient = compiled.run(params, {})
    with np.errstate(all="ignore"):
        true, slope = derivatives.value_and_gradient(recurrence, params, {})
    np.testing.assert_equal(np.isfinite(value), np.isfinite(true))
    np.testing.assert_equal(np.isfinite(gradient["x"]), np.isfinite(slope["x"]))
