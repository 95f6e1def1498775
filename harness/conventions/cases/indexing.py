"""Gathering, scattering and interpolating: indices that meet, knots, places outside."""

from __future__ import annotations

from functools import partial

from gradparity.harness.conventions.cases.case import UNDEFINED, Case, between, exactly

_case = partial(Case, "indexing")

# fmt: off
CASES = (
    _case("gather 0, 0, 1", (1.0, 2.0, 3.0), "linear: 2, 1, 0", exactly((2, 1, 0)),
        lambda torch, x: x[torch.tensor([0, 0, 1])], lambda jnp, jax, x: x[jnp.array([0, 0, 1])],
        lambda xp, x: x[0] + x[0] + x[1]),
    _case("gather outside, index 5 of 3", (1.0, 2.0, 3.0), "no such entry", UNDEFINED,
        lambda torch, x: x[torch.tensor([5])], lambda jnp, jax, x: x[jnp.array([5])],
        lambda xp, x: x[5]),
    _case("set entry 0 twice, with x0 and x1", (1.0, 2.0),
        "one of them stays, which one is a choice: 1 in all", between(0, 1, total=1),
        lambda torch, x: torch.zeros(1, dtype=x.dtype).index_put((torch.tensor([0, 0]),), x),
        lambda jnp, jax, x: jnp.zeros(1).at[jnp.array([0, 0])].set(x),
        lambda xp, x: xp.scatter(xp.zeros(1), xp.arange(2) * 0, x)),
    _case("add to entry 0 twice, x0 and x1", (1.0, 2.0), "linear: 1, 1", exactly(1),
        lambda torch, x: torch.zeros(1, dtype=x.dtype).index_add(0, torch.tensor([0, 0]), x),
        lambda jnp, jax, x: jnp.zeros(1).at[jnp.array([0, 0])].add(x),
        lambda xp, x: xp.segment_sum(x, xp.arange(2) * 0, 1)),
    _case("scatter the maximum, a tie", (1.0, 1.0), "a share of 1 between the tied entries",
        between(0, 1, total=1),
        lambda torch, x: torch.zeros(1, dtype=x.dtype).scatter_reduce(
            0, torch.tensor([0, 0]), x, "amax"),
        lambda jnp, jax, x: jax.ops.segment_max(x, jnp.array([0, 0]), 1),
        lambda xp, x: xp.segment_max(x, xp.arange(2) * 0, 1)),
    _case("scatter the product, with a zero", (0.0, 3.0), "smooth: 3, 0", exactly((3, 0)),
        lambda torch, x: torch.ones(1, dtype=x.dtype).scatter_reduce(
            0, torch.tensor([0, 0]), x, "prod"),
        lambda jnp, jax, x: jax.ops.segment_prod(x, jnp.array([0, 0]), 1),
        lambda xp, x: xp.prod(x)),
    _case("interpolate in (0, 0), (1, 1), (2, 4), at a knot", 1.0,
        "1 from the left, 3 from the right", between(1, 3),
        None, lambda jnp, jax, x: jnp.interp(x, jnp.arange(3.0), jnp.array([0.0, 1.0, 4.0])),
        lambda xp, x: xp.where(x <= 1, x, 3 * x - 2)),
    _case("interpolate in (0, 0), (1, 1), at the last knot", 1.0,
        "1 from the left, 0 from the right", between(0, 1),
        None, lambda jnp, jax, x: jnp.interp(x, jnp.arange(2.0), jnp.arange(2.0)),
        lambda xp, x: xp.clip(x, 0.0, 1.0)),
    _case("sum of an empty slice", (1.0, 2.0), "the function is 0: 0", exactly(0),
        lambda torch, x: torch.sum(x[2:]), lambda jnp, jax, x: jnp.sum(x[2:]),
        lambda xp, x: xp.sum(x[2:])),
    _case("mean of an empty slice", (1.0, 2.0), "the value is 0/0, and no entry of x enters",
        UNDEFINED,
        lambda torch, x: torch.mean(x[2:]), lambda jnp, jax, x: jnp.mean(x[2:]),
        lambda xp, x: xp.mean(x[2:])),
    _case("mean where a mask is all false", (1.0, 2.0), "0/0: undefined", UNDEFINED,
        lambda torch, x: torch.sum(torch.where(x > 9, x, 0.0)) / torch.sum(x > 9),
        lambda jnp, jax, x: jnp.mean(x, where=x > 9),
        lambda xp, x: xp.sum(xp.where(x > 9, x, xp.zeros_like(x)))
            / xp.sum(xp.astype(x > 9, x.dtype))),
)
# fmt: on
