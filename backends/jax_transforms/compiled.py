"""The backend `jax`: `jax.value_and_grad` and its like under `jax.jit`, compiled ahead of time."""

from __future__ import annotations

from typing import Any

from gradparity.backends.backend import DEVICES, LOW_DTYPES, Counters, Operator, Prepared, Setting
from gradparity.backends.jax_transforms.namespace import library
from gradparity.backends.jax_transforms.operators import (
    absent,
    blocking,
    decode,
    encoder,
    equations,
    function,
    planned_bytes,
)
from gradparity.backends.jax_transforms.step import trains
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.low_dtypes import in_low_dtype
from gradparity.problems import Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Trace the loss at the instance's shapes and compile it."""
    compiled = in_low_dtype(_compiled, "JAX", setting)(problem, operator, instance, setting)
    peak = None if setting.device == "cpu" else lambda _: planned_bytes(compiled)
    return Prepared(encoder(operator, setting), blocking(compiled), decode, peak)


def counters(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """The equations of the program, and what XLA says of the executable that it makes of them.

    XLA's flops are without transcendental functions, which it counts apart; its bytes are those
    that the fused kernels read and write. A figure that XLA does not know is left out.
    """
    analysis = _compiled(problem, operator, instance, setting).cost_analysis() or {}
    known = {
        key: int(analysis[name])
        for key, name in _XLA.items()
        if analysis.get(name, -1) >= 0  # XLA says -1 where it does not know
    }
    return {**equations(problem, operator, instance, setting), **known}


_XLA = {
    "xla_flops": "flops",
    "xla_transcendentals": "transcendentals",
    "xla_bytes": "bytes accessed",
}


def _compiled(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Any:
    jax, _ = library()
    arguments = encoder(operator, setting)(instance)
    return jax.jit(function(problem, operator, instance)).lower(*arguments).compile()


BACKEND = LibraryBackend(
    "jax",
    "jax",
    prepare,
    compiled=True,
    needs="jax",
    counters=counters,
    low_dtypes=LOW_DTYPES,
    devices=DEVICES,
    probe=absent,
    train=trains(prepare, compiled=True),
)
