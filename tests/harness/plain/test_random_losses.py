"""Losses that draw random numbers by a fixed key or seed: float32 draws others than float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity.harness.plain.check import GradientError, check

POINT = np.random.default_rng(2).normal(size=24)


def dropped(x: Any) -> Any:
    mask = jax.random.bernoulli(jax.random.key(3), 0.5, x.shape)
    return jnp.sum(jnp.where(mask, jnp.tanh(x), 0.0) ** 2) / 0.5


def batch(x: Any) -> Any:
    rows = jax.random.choice(jax.random.key(0), x.shape[0], (7,), replace=False)
    return jnp.mean(jnp.sin(x[rows]) ** 2)


def noisy(x: Any) -> Any:
    return jnp.sum((x + jax.random.normal(jax.random.PRNGKey(5), x.shape, x.dtype)) ** 3)


def looped(x: Any) -> Any:
    def step(carry: Any, key: Any) -> Any:
        return carry * jnp.where(
            jax.random.uniform(key, carry.shape, carry.dtype) < 0.5, 0.9, 1.2
        ), 0

    return jnp.sum(jax.lax.scan(step, x, jax.random.split(jax.random.key(1), 3))[0] ** 2)


def of_torch(x: Any) -> Any:
    generator = torch.manual_seed(4)
    kept = torch.rand(x.shape, dtype=x.dtype, generator=generator) < 0.5
    return ((x * kept).tanh() ** 2).sum() + (torch.randn_like(x) * x).sum()


DRAWING: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "dropout": (dropped, jnp.array),
    "mini-batch": (batch, jnp.array),
    "noise": (noisy, jnp.array),
    "in a loop": (looped, jnp.array),
    "torch": (of_torch, torch.tensor),
}


@pytest.mark.parametrize("name", DRAWING)
def test_a_right_gradient_is_right_by_what_its_dtype_draws(name: str) -> None:
    loss, array = DRAWING[name]
    found = check(loss, array(POINT))
    assert found.status == "ok"
    assert found.dtypes == ("float64", "float32")
    assert "random numbers" in found.oracle
    assert not found.held


@pytest.mark.parametrize("factor", [-1.0, 1 + 1e-9])
def test_a_wrong_gradient_is_wrong(factor: float) -> None:
    with pytest.raises(GradientError, match="formula"):
        check(dropped, jnp.array(POINT), gradient=lambda x: factor * jax.grad(dropped)(x))


def test_a_mask_of_the_other_dtype_is_wrong() -> None:
    with jax.enable_x64(True):
        mask = jax.random.bernoulli(jax.random.key(3), 0.5, POINT.shape)
    with jax.enable_x64(False):
        other = jax.random.bernoulli(jax.random.key(3), 0.5, POINT.shape)
    assert not np.array_equal(mask, other)

    def by_hand(x: Any) -> Any:
        return jnp.where(other, 4 * jnp.tanh(x) / jnp.cosh(x) ** 2, 0.0)

    with pytest.raises(GradientError):
        check(dropped, jnp.array(POINT), gradient=by_hand)
