"""The backend `jax`: `jax.value_and_grad` and its like under `jax.jit`, compiled ahead of time."""

from __future__ import annotations

from backends.backend import LibraryBackend, Operator, Prepared, Setting
from backends.jax_operators import blocking, decode, encoder, function, library
from problems import Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Trace the loss at the instance's shapes and compile it."""
    jax, _ = library()
    encode = encoder(operator, setting)
    lowered = jax.jit(function(problem, operator, instance)).lower(*encode(instance))
    return Prepared(encode, blocking(lowered.compile()), decode)


BACKEND = LibraryBackend("jax", "jax", prepare, compiled=True, needs="jax")
