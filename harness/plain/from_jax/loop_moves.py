"""Gathers and scatters in a loop's body whose indices are others in each round.

The operation itself is run on positions, in every round: it says where each entry comes from, and
these positions are a sequence of the loop (`steps/movement.py` does the same for fixed indices).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from gradparity.problems import Array
from gradparity.problems.namespace import Namespace

READING = ("gather", "dynamic_slice")
WRITING = ("dynamic_update_slice", "scatter", "scatter-add", "scatter_add")


def sources(eqn: Any, inputs: list[Any]) -> Any:
    """Where each entry of the result comes from, in JAX; -1 for none.

    Of what writes, positions count x first, then the update; of scatter-add the update alone, -2
    where several entries of it meet.
    """
    name, params = eqn.primitive.name, dict(eqn.params)
    x = _positions(inputs[0].shape)
    if name in READING:
        if "fill_value" in params:
            params["fill_value"] = -1
        return eqn.primitive.bind(x, *inputs[1:], **params)
    if name == "dynamic_update_slice":
        return eqn.primitive.bind(x, x.size + _positions(inputs[1].shape), *inputs[2:])
    _, at, update = inputs

    def scattered(move: Any, x: Any, update: Any) -> Any:
        return move(x, at, update, params["dimension_numbers"], mode=params["mode"])

    entries = _positions(update.shape)
    if name == "scatter":
        return scattered(jax.lax.scatter, x, x.size + entries)
    # Where one entry comes to a place, its position is the sum of all that do.
    where = scattered(jax.lax.scatter_add, jnp.zeros_like(x), entries)
    count = scattered(jax.lax.scatter_add, jnp.zeros_like(x), jnp.ones_like(entries))
    return jnp.where(count == 1, where, jnp.where(count == 0, -1, -2))


def _positions(shape: tuple[int, ...]) -> Any:
    size = 1
    for n in shape:
        size *= n
    return jax.lax.reshape(jnp.arange(size), shape)


def read(xp: Namespace, x: Array, at: Array) -> Array:
    """The entries of x at flat positions, in the shape of these."""
    found = xp.take(xp.reshape(x, (-1,)), xp.reshape(at, (-1,)), axis=0)
    return xp.reshape(found, at.shape)


def written(xp: Namespace, x: Array, update: Array, at: Array) -> Array:
    """The entries of x, then of update, at flat positions."""
    return read(xp, xp.concat([xp.reshape(x, (-1,)), xp.reshape(update, (-1,))]), at)


def added(xp: Namespace, x: Array, update: Array, at: Array, inside: Array) -> Array:
    """x plus the entries of update at flat positions, where these are inside."""
    return x + xp.where(inside, read(xp, update, at), 0.0)


def filled(fill: float) -> Any:
    """`read`, with `fill` outside."""
    return lambda xp, x, at, inside: xp.where(inside, read(xp, x, at), fill)
