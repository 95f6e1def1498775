"""The backend `torch`: eager evaluation, then `torch.autograd.grad`."""

from __future__ import annotations

from gradparity.backends.backend import DEVICES, Counters, Operator, Prepared, Setting
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.operators import method
from gradparity.backends.torch_autograd.operators import (
    AutogradOperators,
    BackwardJvp,
    decode,
    device_peak,
    dispatched,
    encoder,
    finished,
    library,
)
from gradparity.backends.torch_autograd.step import trains
from gradparity.problems import Instance, Problem


def prepare(problem: Problem, operator: Operator, instance: Instance, setting: Setting) -> Prepared:
    """Set the number of threads; for a jvp, see whether every kernel has a forward rule."""
    torch, _ = library()
    torch.set_num_threads(setting.threads)
    encode = encoder(operator, setting)
    compute = method(AutogradOperators(problem), operator)
    if operator == "jvp":
        try:
            compute(*encode(instance))
        except NotImplementedError:
            compute = method(BackwardJvp(problem), operator)
    run = finished(compute, setting)
    return Prepared(encode, run, decode, device_peak(run, setting))


def counters(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """The aten operations of one run."""
    return dispatched(prepare(problem, operator, instance, setting), instance)


BACKEND = LibraryBackend(
    "torch",
    "torch",
    prepare,
    needs="torch",
    counters=counters,
    devices=DEVICES,
    train=trains(prepare, backward=True),
)
