"""Large constants of a JAX function are arguments of what is compiled of it."""

import numpy as np
import pytest

from gradparity.harness.plain.steps import contracting

jax = pytest.importorskip("jax")
jnp = jax.numpy


@pytest.fixture
def small(monkeypatch):
    from gradparity.harness.plain.from_jax import hoisting

    monkeypatch.setattr(hoisting, "LARGE", 1)


def test_equal_programs_of_other_numbers_are_one_program(small):
    from gradparity.harness.plain.from_jax.differentiation import compiled_once

    run, rng, programs = compiled_once(), np.random.default_rng(1), []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **more: (
            programs.append(event) if "backend_compile" in event else None
        )
    )
    w = jnp.asarray(rng.normal(size=3).astype(np.float32))
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(5, 3)).astype(np.float32)
        found = run(jax.value_and_grad(lambda w, x=x: ((jnp.asarray(x) @ w) ** 2).sum()), w)
        residuals = x.astype(np.float64) @ np.asarray(w, np.float64)
        assert np.isclose(found[0], residuals @ residuals, rtol=1e-5)
        assert np.allclose(found[1], 2 * residuals @ x, rtol=1e-4)


def test_loops_and_branches_run_as_they_did(small):
    """A loop on numbers, a scan, a branch and an inner function, with a constant handed over."""
    from gradparity import check

    x = jnp.asarray([0.3, -0.7, 1.1])

    def loss(w):
        root = jax.lax.while_loop(lambda r: r[0] > 0.1, lambda r: 0.5 * r, x)
        total, _ = jax.lax.scan(lambda c, row: (c + jnp.tanh(row * w).sum(), None), 0.0, x)
        return jax.lax.cond(w[0] > 0, jax.jit(lambda: total), lambda: -total) + (root * w).sum()

    assert check(loss, jnp.asarray([0.8, 0.2, -0.4])).status == "ok"


def test_a_loop_beside_a_large_product(small, monkeypatch):
    """A loop is one step of many results: the shapes of the steps were those of its rounds."""
    from gradparity import check

    monkeypatch.setattr(contracting, "LEAST", 1)
    x = jnp.asarray(np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32))

    def loss(w):
        last, _ = jax.lax.scan(lambda c, row: (jnp.tanh(c + row * w), None), w, x)
        return (x * last).sum(1).var()

    assert check(loss, jnp.asarray([0.8, 0.2, -0.4])).status == "ok"
