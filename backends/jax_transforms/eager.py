"""The backend `jax-eager`: `jax.value_and_grad` and its like without `jax.jit`."""

from __future__ import annotations

from gradparity.backends.backend import DEVICES, LOW_DTYPES, Operator, Prepared, Setting
from gradparity.backends.jax_transforms.operators import (
    absent,
    blocking,
    decode,
    encoder,
    equations,
    function,
)
from gradparity.backends.jax_transforms.step import trains
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.low_dtypes import in_low_dtype
from gradparity.problems import Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Nothing: JAX compiles each operation at its first use, which the first call counts."""
    compute = function(problem, operator, instance)
    # Nobody plans what runs operation by operation, and the allocator's peak knows no beginning.
    peak = None if setting.device == "cpu" else lambda _: None
    return Prepared(
        encoder(operator, setting), in_low_dtype(blocking(compute), "JAX", setting), decode, peak
    )


BACKEND = LibraryBackend(
    "jax-eager",
    "jax",
    prepare,
    needs="jax",
    counters=equations,
    low_dtypes=LOW_DTYPES,
    devices=DEVICES,
    probe=absent,
    train=trains(prepare, compiled=False),
)
