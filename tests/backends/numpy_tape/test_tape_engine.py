from __future__ import annotations

import gc
import weakref

import numpy as np

from gradparity.backends.numpy_tape.engine import derivatives as d
from gradparity.backends.numpy_tape.engine.reverse import ReverseBox
from gradparity.backends.numpy_tape.primitives.box import Box


def test_the_diamond_doubles_sixty_times_exactly():
    def loss(xp, params, data):
        x = params["x"]
        for _ in range(60):
            x = x + x
        return x

    value, gradient = d.value_and_gradient(loss, {"x": np.array(1.0)}, {})
    assert value == gradient["x"] == 2.0**60


def test_ten_thousand_operations_in_a_row():
    def loss(xp, params, data):
        x = params["x"]
        for _ in range(5000):
            x = x * 0.999 + 0.001
        return xp.sum(x)

    _, gradient = d.value_and_gradient(loss, {"x": np.array([0.5, 2.0])}, {})
    np.testing.assert_allclose(gradient["x"], 0.999**5000, rtol=1e-12)


class Counter(Box):
    """An interpreter that counts calls, and the entries that they write."""

    level = 1

    def __init__(self, value, tally):
        self.value, self.tally = value, tally

    @property
    def shape(self):
        return self.value.shape

    @property
    def dtype(self):
        return self.value.dtype

    def process(self, primitive, operands, static):
        values = [x.value if isinstance(x, Counter) else x for x in operands]
        result = primitive.numpy(*values, **static)
        self.tally["calls"] += 1
        self.tally["entries"] += 0 if result.base is not None else result.size
        return Counter(result, self.tally)


def cost(loss, n):
    """(calls, entries written) of the value and gradient at x of shape (n,)."""
    tally = {"calls": 0, "entries": 0}
    d.value_and_gradient(loss, {"x": Counter(np.linspace(0.1, 1.0, n), tally)}, {})
    return tally["calls"], tally["entries"]


def recurrence(xp, params, data):
    """One slice a step, as an unrolled loop over time takes it."""
    x = params["x"]
    state = x[0]
    for t in range(1, x.shape[0]):
        state = xp.tanh(0.5 * state + x[t])
    return state


def test_an_unrolled_loop_costs_as_many_steps_as_it_has():
    calls, entries = zip(*(cost(recurrence, n) for n in (51, 101, 201)), strict=True)
    assert calls[2] - calls[1] == 2 * (calls[1] - calls[0])
    # The slices' adjoints are put together in one pass of n entries, not in n passes.
    assert entries[2] - entries[1] == 2 * (entries[1] - entries[0])


def test_the_gradient_of_a_chain_costs_a_small_multiple_of_the_chain():
    def chain(steps):
        def loss(xp, params, data):
            x = params["x"]
            for _ in range(steps):
                x = xp.tanh(x)
            return xp.sum(x)

        return loss

    (short, _), (long, _) = cost(chain(10), 3), cost(chain(20), 3)
    assert long - short == 10 * 4  # tanh; square, 1 - square, product


def test_what_is_computed_from_data_alone_has_no_node():
    seen = {}

    def loss(xp, params, data):
        seen["scaled"] = xp.exp(data["y"] * 2.0)
        seen["mixed"] = seen["scaled"] * params["x"]
        seen["mask"] = params["x"] > 0
        return xp.sum(seen["mixed"])

    _, gradient = d.value_and_gradient(loss, {"x": np.ones(3)}, {"y": np.zeros(3)})
    assert isinstance(seen["scaled"], ReverseBox)
    assert seen["scaled"].node is None
    assert seen["mask"].node is None
    assert seen["mixed"].node is not None
    np.testing.assert_array_equal(gradient["x"], np.ones(3))


def test_intermediate_values_are_let_go_on_the_way_back(monkeypatch):
    from gradparity.backends.numpy_tape.primitives import elementwise as e

    alive = []
    sines = []

    def remembered(x):
        result = np.sin(x)
        sines.append(weakref.ref(result))
        return result

    def counted(x):
        gc.collect()
        alive.append(sum(ref() is not None for ref in sines))
        return np.cos(x)

    monkeypatch.setattr(e.sin, "numpy", remembered)
    monkeypatch.setattr(e.cos, "numpy", counted)

    def loss(xp, params, data):
        x = params["x"]
        for _ in range(5):
            x = xp.sin(x)
        return xp.sum(x)

    d.value_and_gradient(loss, {"x": np.ones(4)}, {})
    assert alive == sorted(alive, reverse=True)
    assert alive[-1] <= 1


def test_a_parameter_without_influence_has_gradient_zero():
    params = {"x": np.ones(2), "unused": np.ones((2, 1), np.float32)}

    def loss(xp, p, q):
        return xp.sum(p["x"])

    _, gradient = d.value_and_gradient(loss, params, {})
    assert gradient["unused"].dtype == np.float32
    np.testing.assert_array_equal(gradient["unused"], np.zeros((2, 1)))
    curvature = d.hvp(loss, params, {}, {"x": np.ones(2)})
    np.testing.assert_array_equal(curvature["x"], np.zeros(2))
    np.testing.assert_array_equal(curvature["unused"], np.zeros((2, 1)))
    np.testing.assert_array_equal(d.hessian(loss, params, {}), np.zeros((4, 4)))
    value, tangent = d.jvp(loss, params, {}, {"unused": np.ones((2, 1))})
    assert (value, tangent) == (2.0, 0.0)


def test_the_loss_may_be_a_parameter_itself():
    value, gradient = d.value_and_gradient(lambda xp, p, q: p["x"], {"x": np.array(3.0)}, {})
    assert (value, gradient["x"]) == (3.0, 1.0)
