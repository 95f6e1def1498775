"""Long loops of JAX are one step of a translation: values and gradients are those of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from gradparity import GradientError, check
from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.plain.from_jax.loops import ROUNDS
from gradparity.harness.plain.from_jax.loss import translated
from gradparity.problems.namespace import NUMPY

T = ROUNDS + 7
RNG = np.random.default_rng(4)
SIGNS = RNG.normal(size=T)
POINT = {
    "w": RNG.normal(size=(3, 3)) / 3,
    "x": RNG.normal(size=(T, 3)),
    "h": RNG.normal(size=3),
    "s": np.array(0.3),
}


def recurrent(p):
    def step(h, row):
        h = jnp.tanh(p["w"] @ h + row)
        return h, jnp.sum(h * h)

    last, ys = lax.scan(step, p["h"], p["x"])
    return jnp.sum(last) + jnp.mean(ys)


def backward(p):
    """With a constant sequence, a counter, a mask and a result that never moves."""

    def step(carry, entry):
        i, y = carry
        row, sign = entry
        y = jnp.where(sign > 0, jnp.sin(y) + sign, y * p["s"]) + row[0] / (i + 1)
        return (i + 1, y), (y, i, 2.0)

    (count, last), (ys, numbers, twos) = lax.scan(step, (0, p["s"]), (p["x"], SIGNS), reverse=True)
    return last * count + jnp.sum(ys * numbers) + jnp.sum(twos * ys)


def indexed(p):
    """Entries of a constant that moves, and of the carry, at places that change."""

    def body(i, h):
        return h + jnp.sin(p["x"][i]) * h[i % 3] * 0.1 + p["x"][0] * 0.01

    return jnp.sum(lax.fori_loop(0, T, body, p["h"]) ** 2)


def written(p):
    """A buffer that is filled, added to and read."""

    def body(i, buffer):
        buffer = buffer.at[i % 5].set(jnp.sin(p["x"][i, 0] + buffer[(i + 2) % 5]))
        buffer = buffer.at[(3 * i) % 5].add(p["s"])
        return lax.dynamic_update_slice(buffer, buffer[:2] * 0.5, (i % 4,))

    return jnp.sum(lax.fori_loop(0, T, body, jnp.linspace(0.0, 1.0, 5)) ** 2)


def solver(p):
    """A loop that ends by its values, after some 100 rounds."""

    def going(state):
        return jnp.abs(state[0] - 0.95 * state[0] - p["s"]) > 1e-3

    def step(state):
        x, count = state
        return 0.95 * x + p["s"], count + 1

    return lax.while_loop(going, step, (p["s"] * 0, 0))[0] ** 2


def reset(p):
    """A carry that starts as a constant, one that is set to one, and one that turns about."""

    def step(carry, row):
        a, b, c = carry
        return (b * 0.9 + row[0], jnp.cos(c), jnp.float64(0.5) + a * 0), None

    (a, b, c), _ = lax.scan(step, (0.0, p["s"], 1.0), p["x"])
    return a + b * c


def rematerialised(p):
    """A body that is a function of its own, with a constant cut off."""

    def step(y, row):
        return jnp.sin(y + row[1]), lax.stop_gradient(SIGNS[0]) * y

    return jnp.sum(lax.scan(jax.checkpoint(step), p["s"], p["x"])[1])


LOSSES = {
    "recurrent": recurrent,
    "backward": backward,
    "indexed": indexed,
    "written": written,
    "solver": solver,
    "reset": reset,
    "rematerialised": rematerialised,
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_long_loop_is_one_step_with_the_value_and_gradient_of_jax(name):
    with jax.enable_x64(True):
        at = jax.tree.map(jnp.asarray, POINT)
        value, gradient = LOSSES[name](at), jax.jacfwd(LOSSES[name])(at)
    translation = translated(LOSSES[name], POINT)
    assert " in loops" in translation.how
    np.testing.assert_allclose(translation.loss(NUMPY, POINT, translation.data), value, rtol=1e-11)
    eager = value_and_gradient(translation.loss, POINT, translation.data)
    compiled = compile_operator("gradient", translation.loss, POINT, translation.data).run(
        POINT, translation.data
    )
    for found in (eager, compiled):
        np.testing.assert_allclose(found[0], value, rtol=1e-11)
        for key, g in gradient.items():
            np.testing.assert_allclose(found[1][key], g, rtol=1e-9, atol=1e-12)


def sorted_within(p):
    def step(h, row):
        return jnp.sort(h + row) * 0.9, None

    return jnp.sum(lax.scan(step, p["h"], p["x"])[0] ** 2 * jnp.arange(3))


def branching(p):
    def step(y, row):
        return lax.cond(row[0] > 0, jnp.sin, lambda y: y * p["s"], y) + row[1], None

    return lax.scan(step, p["s"], p["x"])[0]


@pytest.mark.parametrize(
    ("loss", "why"), [(sorted_within, "asks for values"), (branching, "cond within")]
)
def test_what_may_go_another_way_in_another_round_is_unrolled(loss, why):
    with jax.enable_x64(True):
        value = loss(POINT)
    translation = translated(loss, POINT)
    assert "in loops" not in translation.how
    np.testing.assert_allclose(translation.loss(NUMPY, POINT, translation.data), value, rtol=1e-12)


def test_a_wrong_gradient_of_a_long_loop_is_found():
    """d/ds of a decaying sum: y = s y + 1, T rounds from 1, is (1 - s^(T+1)) / (1 - s)."""

    def loss(s):
        return lax.fori_loop(0, T, lambda i, y: s * y + 1, jnp.ones_like(s))

    def slope(s):
        n = T + 1
        return (1 - n * s ** (n - 1) + (n - 1) * s**n) / (1 - s) ** 2

    at = jnp.array(0.75)
    assert check(loss, at, gradient=slope).status == "ok"
    with pytest.raises(GradientError):
        check(loss, at, gradient=lambda s: slope(s) * 1.001)
