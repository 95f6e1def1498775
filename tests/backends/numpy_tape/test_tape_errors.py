"""What a loss must not do, and that the message says what to do instead."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradparity.backends.numpy_tape.engine import derivatives as d
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.problems import InputError

OUTSIDE = np.ones(3)


def assigns(xp, x):
    x[0] = 1.0
    return x


def grows(xp, x):
    x += OUTSIDE
    return x


REFUSED = {
    "a NumPy function": (lambda xp, x: np.sin(x), r"may not call np\.sin .*write xp\.sin"),
    "a NumPy reduction": (lambda xp, x: np.sum(x), r"may not call np\.sum .*write xp\.sum"),
    "a NumPy operator": (lambda xp, x: np.add(x, x), r"may not call np\.add .*write x \+ y"),
    "plain on the right": (
        lambda xp, x: x + OUTSIDE,
        r"shape \(3,\), dtype float64.*pass it as data",
    ),
    "plain on the left": (lambda xp, x: OUTSIDE * x, "pass it as data"),
    "plain in a product": (lambda xp, x: OUTSIDE @ x, "pass it as data"),
    "plain in a comparison": (lambda xp, x: xp.where(x > OUTSIDE, x, 0.0), "pass it as data"),
    "plain in an operation": (lambda xp, x: xp.maximum(x, OUTSIDE), "pass it as data"),
    "plain alone": (lambda xp, x: xp.exp(OUTSIDE) * x, "pass it as data"),
    "plain in a list": (lambda xp, x: xp.concat([x, OUTSIDE]), "pass it as data"),
    "plain to reshape": (lambda xp, x: xp.reshape(OUTSIDE, (3, 1)) * x, "pass it as data"),
    "a NumPy array of it": (lambda xp, x: np.asarray(x), "may not turn an array into a NumPy"),
    "assignment": (assigns, "arrays are values here"),
    "growing": (grows, "pass it as data"),
    "a method": (lambda xp, x: x.sum(), r"write xp\.sum\(x\)"),
    "an attribute": (lambda xp, x: x.real, r"may not use x\.real"),
    "float": (lambda xp, x: float(x[0]), "lose the derivative"),
    "math": (lambda xp, x: math.exp(x[0]), "lose the derivative"),
    "int": (lambda xp, x: x * int(x[0]), "is no integer"),
    "range": (lambda xp, x: next(x for _ in range(x[0])), "is no integer"),
    "complex": (lambda xp, x: x * 1j, "is complex"),
    "None": (lambda xp, x: x + None, "not with None"),
    "a string": (lambda xp, x: x + "1", "not with a str"),
    "numbers only": (lambda xp, x: x * xp.exp(2.0), "use the module math"),
    "power of a number": (lambda xp, x: x * xp.pow(2.0, 2), "use the module math"),
    "power of a plain array": (lambda xp, x: xp.pow(OUTSIDE, 2) * x, "pass it as data"),
    "difference of truth values": (lambda xp, x: (x > 0) - (x < 1), "subtract of shapes"),
    "truth of an array": (lambda xp, x: x if x > 0 else -x, r"write xp\.where"),
    "no such operation": (lambda xp, x: xp.zeta(x), r"xp\.zeta is not an operation"),
    "shapes": (lambda xp, x: x + x[:2], r"add of shapes \(3,\) and \(2,\)"),
    "product of shapes": (lambda xp, x: x @ x[:2], r"matmul of shapes \(3,\) and \(2,\)"),
    "axis": (lambda xp, x: xp.sum(x, axis=1), "axis 1 of an array of 1 axes"),
    "take without an axis": (lambda xp, x: xp.take(xp.reshape(x, (3, 1)), x), "needs an axis"),
    "take by floats": (lambda xp, x: xp.take(x, x), "indices are integers, not float64"),
    "reshape": (lambda xp, x: xp.reshape(x, (2, 2)), r"\(3,\) cannot be reshaped to \(2, 2\)"),
    "reshape by -1": (lambda xp, x: xp.reshape(x, (2, -1)), r"cannot be reshaped to \(2, -1\)"),
    "squeeze": (lambda xp, x: xp.squeeze(x, axis=0), "not of length 1"),
    "permute_dims": (lambda xp, x: xp.permute_dims(xp.stack([x, x]), (0, 0)), "does not order"),
    "transpose": (lambda xp, x: x.T, "needs two axes"),
    "arange of an array": (lambda xp, x: xp.arange(x[0]), "would depend on values"),
    "maximum of nothing": (lambda xp, x: xp.max(x[:0]), "max of shapes"),
    "concat of nothing": (lambda xp, x: xp.concat([]), "of no arrays"),
    "complex dtype": (lambda xp, x: xp.astype(x, np.complex128), "is complex"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("derivative", [d.value, d.value_and_gradient])
def test_refusals(name, derivative):
    bad, message = REFUSED[name]
    with pytest.raises(InputError, match=message):
        derivative(lambda xp, p, q: xp.sum(bad(xp, p["x"])), {"x": np.ones(3)}, {})


RESULTS = {
    "a vector": (lambda xp, p, q: p["x"], r"shape \(3,\), not a scalar; write xp\.sum"),
    "a number": (lambda xp, p, q: 2.0, "returned a float, not an array"),
    "nothing": (lambda xp, p, q: None, "returned a NoneType"),
    "a tuple": (lambda xp, p, q: (p["x"], p["x"]), "returned a tuple"),
    "an integer": (lambda xp, p, q: xp.sum(xp.astype(p["x"], np.int64)), "returned int64"),
    "a truth value": (lambda xp, p, q: xp.max(p["x"]) > 0, "returned bool"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_loss_returns_one_floating_number(name):
    loss, message = RESULTS[name]
    with pytest.raises(InputError, match=message):
        d.value_and_gradient(loss, {"x": np.ones(3)}, {})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"x": np.arange(3)}, "parameter 'x' is an array of int64"),
        ({"x": np.ones(3, complex)}, "'x' is an array of complex128"),
        ({"x": np.array(["a"])}, "'x' is an array of <U1"),
        ({}, "no parameters"),
    ],
)
def test_parameters_are_real_and_floating(params, message):
    with pytest.raises(InputError, match=message):
        d.value_and_gradient(lambda xp, p, q: xp.sum(p["x"]), params, {})


def test_a_direction_belongs_to_a_parameter():
    def loss(xp, p, q):
        return xp.sum(p["x"])

    with pytest.raises(InputError, match="direction 'y' is no parameter; known: x"):
        d.hvp(loss, {"x": np.ones(3)}, {}, {"y": np.ones(3)})
    with pytest.raises(InputError, match=r"shape \(3, 1\), the parameter \(3,\)"):
        d.jvp(loss, {"x": np.ones(3)}, {}, {"x": np.ones((3, 1))})


def test_an_operation_without_a_rule_names_itself_and_the_place_for_the_rule():
    cube_root = Primitive("cbrt", np.cbrt)

    def loss(xp, p, q):
        return xp.sum(cube_root(p["x"]))

    params = {"x": np.array([1.0, 8.0])}
    assert d.value(loss, params, {}) == 3.0
    with pytest.raises(
        InputError, match=r"reverse rule for cbrt; .*REVERSE_RULES.*reverse_rules\.py"
    ):
        d.value_and_gradient(loss, params, {})
    with pytest.raises(
        InputError, match=r"forward rule for cbrt; .*FORWARD_RULES.*forward_rules\.py"
    ):
        d.jvp(loss, params, {}, params)


def test_an_array_of_an_earlier_call_is_refused():
    kept = []

    def loss(xp, p, q):
        kept.append(p["x"])
        return xp.sum(kept[0] * p["x"])

    d.value_and_gradient(loss, {"x": np.ones(3)}, {})
    with pytest.raises(InputError, match="of an earlier call"):
        d.value_and_gradient(loss, {"x": np.ones(3)}, {})


def test_branching_on_values_and_loops_over_rows_work_without_a_trace():
    def loss(xp, p, q):
        total = 0.0
        for row in p["x"]:
            total = total + (xp.sum(row * row) if row[0] > 0 else 3.0 * xp.sum(row))
        return total * int(q["n"])

    x = np.array([[1.0, 2.0], [-1.0, 4.0]])
    _, gradient = d.value_and_gradient(loss, {"x": x}, {"n": np.array(2)})
    np.testing.assert_array_equal(gradient["x"], [[4.0, 8.0], [6.0, 6.0]])


@pytest.mark.parametrize(
    "scalar", [np.float64(2.0), np.float32(2.0), np.int32(2), np.longdouble(2)]
)
def test_numpys_scalars_are_numbers(scalar):
    def loss(xp, p, q):
        x = p["x"]
        return xp.sum(scalar * x + x / scalar - (scalar - x) + scalar**x + x**scalar)

    x = np.array([0.5, 1.5], np.float32)
    _, gradient = d.value_and_gradient(loss, {"x": x}, {})
    np.testing.assert_allclose(gradient["x"], 2 + 0.5 + 1 + np.log(2) * 2**x + 2 * x, rtol=1e-6)
    assert gradient["x"].dtype == np.float32
