"""Loops of JAX in `check`: those that float32 never ends, nested ones, and those of jax.vmap."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.harness.plain.from_jax.ending import ending, waits


def root(tolerance):
    """√a by Heron's rule, by its equation's derivative; in float32 no x has |x² - a| < 1e-13."""

    def heron(a):
        goes_on = lambda x: jnp.abs(x * x - a) > tolerance  # noqa: E731
        return jax.lax.while_loop(goes_on, lambda x: 0.5 * (x + a / x), a)

    solved = jax.custom_vjp(heron)
    solved.defvjp(lambda a: (z := heron(a), z), lambda z, g: (g / (2 * z),))
    return solved


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_loop_that_float32_never_ends_is_judged_in_float64(by_hand):
    """d a^(3/2) / da = 3/2 √a."""
    solved = root(1e-13)
    given = {"gradient": lambda a: 1.5 * solved(a)} if by_hand else {}
    found = check(lambda a: solved(a) ** 3, jnp.array(7.3), **given)
    assert found.status == "ok"
    assert "does not end in float32 (a lax.while_loop goes on" in found.alone
    with pytest.raises(GradientError):
        check(lambda a: solved(a) ** 3, jnp.array(7.3), gradient=lambda a: 1.6 * solved(a))


def nested(a):
    """A loop on numbers inside a scan, a branch, a vmap and a function compiled by itself."""

    def halved(x):
        return jax.lax.while_loop(lambda y: y > 1.0, lambda y: y / 2, x)

    def step(carry, x):
        branch = jax.lax.cond(x > 2, halved, lambda x: 3 * x, x)
        return carry + branch, jax.jit(halved)(carry)

    last, ys = jax.lax.scan(step, a[0], a)
    return last + jnp.sum(jax.vmap(halved)(a) * ys)


def test_with_a_counter_in_every_loop_a_function_is_the_same():
    a = jnp.array(np.random.default_rng(3).uniform(0.5, 9, 7))
    assert waits(jax.make_jaxpr(nested)(a).jaxpr)
    assert ending(nested)(a) == jax.jit(nested)(a)


def test_a_loop_whose_cases_end_apart_is_followed():
    """jax.vmap of a while loop: halve until below a bound; x / 2^n, n of each its own."""

    def halved(x):
        return jax.lax.while_loop(lambda y: y > 1.0, lambda y: y / 2, x)

    def loss(x):
        return jnp.sum(jax.vmap(halved)(x) ** 2)

    def by_hand(x):
        scale = jnp.array([1.0, 0.5, 0.125], x.dtype)
        return 2 * x * scale**2

    at = jnp.array([0.7, 1.6, 7.0])
    assert check(loss, at, gradient=by_hand).status == "ok"
    with pytest.raises(GradientError):
        check(loss, at, gradient=lambda x: by_hand(x) * jnp.array([1, 1, 2.0], x.dtype))
