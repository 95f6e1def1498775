"""Ties with NaN, empty slices, 0**0: the compiled tape answers what the eager one does."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient

NAN, INF = float("nan"), float("inf")


def _gradients(loss, point, dtype):
    params = {"x": np.array(point, dtype)}
    blank = {"x": np.zeros_like(params["x"])}
    with np.errstate(all="ignore"):
        compiled = compile_operator("gradient", loss, blank, {}).run(params, {})
        return [np.array(g["x"]) for _, g in (compiled, value_and_gradient(loss, params, {}))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("loss", "point", "answer"),
    [
        # No entry equals NaN: nobody wins. Otherwise the ties share.
        (lambda xp, p, d: xp.max(p["x"]), [1, NAN], [0, 0]),
        (lambda xp, p, d: xp.min(p["x"]), [NAN, NAN], [0, 0]),
        (lambda xp, p, d: xp.max(p["x"]), [2, 2], [0.5, 0.5]),
        (lambda xp, p, d: xp.min(p["x"]), [INF, -INF], [0, 1]),
        # A count in the divisor that is 0: 1/0.
        (
            lambda xp, p, d: xp.sum(p["x"]) / xp.sum(xp.where(p["x"] > 7, 1.0, 0.0)),
            [1, 2],
            [INF, INF],
        ),
        (lambda xp, p, d: xp.sum(p["x"][2:]), [1, 2], [0, 0]),
        (lambda xp, p, d: xp.mean(p["x"][2:]), [1, 2], [0, 0]),
        (lambda xp, p, d: xp.prod(p["x"][2:]), [1, 2], [0, 0]),
        (lambda xp, p, d: xp.pow(p["x"][0], p["x"][1]), [0, 0], [0, 0]),
        (lambda xp, p, d: xp.sum(xp.pow(xp.zeros_like(p["x"]), p["x"])), [0, 2], [0, 0]),
    ],
)
def test_compiled_and_eager(loss, point, answer, dtype):
    for gradient in _gradients(loss, point, dtype):
        np.testing.assert_array_equal(gradient, np.array(answer, dtype))


@pytest.mark.parametrize("operator", ["value", "gradient", "jvp", "hvp", "hessian"])
@pytest.mark.parametrize("point", [[1, NAN], [NAN, NAN], [2, 2]])
def test_no_operator_raises_at_a_tie_with_nan(operator, point):
    params = {"x": np.array(point, float)}
    run = compile_operator(operator, lambda xp, p, d: xp.max(p["x"]), params, {}).run
    run(params, {}, *([params] if operator in ("jvp", "hvp") else []))
