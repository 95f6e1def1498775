"""What a prepared operator does, counted: figures that no noise touches.

Two machines with the same versions of the libraries count the same, and so do two runs, however
busy the machine: a change of the count is a change of the work. It says nothing about seconds.

| key | of | counts |
|---|---|---|
| `numpy_calls` | numpy | NumPy's ufuncs, functions, computing methods, assignments to entries |
| `numpy_bytes` | numpy | the arrays that those calls read and write |
| `tape_operations` | tape, tape-eager | primitives of the program; primitives applied |
| `tape_flops`, `tape_bytes` | tape | its arithmetic; operands and results, views apart |
| `tape_buffer_bytes` | tape | the buffers that it allocates |
| `jaxpr_equations` | jax, jax-eager | equations of the traced program, those of calls inside too |
| `xla_flops`, `xla_transcendentals`, `xla_bytes` | jax | XLA's estimate for its executable |
| `torch_operations` | torch, torch-func | aten operations dispatched, `detach` apart |
| `torch_kernels` | torch-compile | kernels that Inductor generates |
"""

from __future__ import annotations

import math
import re

from gradparity.backends import Backend, Counters, CountingBackend, Operator, Setting
from gradparity.problems import InputError, Instance, Problem

_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def count(
    backend: Backend, problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """The counters of `operator` on `backend` at this instance; {} where it counts nothing.

    Raises: what the backend's `prepare` raises, Unsupported among it; InputError for counters that
    are not finite numbers >= 0 under names in snake_case.
    """
    if not isinstance(backend, CountingBackend):
        return {}
    found = backend.counters(problem, operator, instance, setting)
    for key, number in found.items():
        if not _KEY.fullmatch(key):
            raise InputError(f"{backend.name} counts {key!r}; write the name in snake_case")
        if not (isinstance(number, int | float) and math.isfinite(number) and number >= 0):
            raise InputError(f"{backend.name} counts {number!r} {key}; it should be a number >= 0")
    return dict(found)
