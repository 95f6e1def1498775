"""The backend `torch`: eager evaluation, then `torch.autograd.grad`."""

from __future__ import annotations

from gradparity.backends.backend import DEVICES, LOW_DTYPES, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.torch_autograd.operators import (
    AutogradOperators,
    BackwardJvp,
    absent,
    dispatched,
    prepared,
)
from gradparity.backends.torch_autograd.step import trains
from gradparity.problems import Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Set the number of threads; for a jvp, see whether every kernel has a forward rule."""
    ways = AutogradOperators(problem), BackwardJvp(problem)
    return prepared(*ways, operator, instance, setting)


BACKEND = LibraryBackend(
    "torch",
    "torch",
    prepare,
    needs="torch",
    counters=dispatched(prepare),
    low_dtypes=LOW_DTYPES,
    devices=DEVICES,
    probe=absent,
    train=trains(prepare, backward=True),
)
