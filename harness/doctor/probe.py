"""Workers like those of a run, which show what this machine makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Prepare
from gradparity.harness.processes.environment import timing_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerProcess

TIMEOUT_S = 60.0

SPEC = Spec(
    problem="mlp-digits",
    file=None,
    size="medium",
    seed=0,
    operator="gradient",
    dtype="float64",
    device="cpu",
    threads=1,
    backend="numpy",
    variant="portable",
)
"""Its time is spent in matrix products, which is what libraries start threads for."""


@contextmanager
def workers(backends: Sequence[str]) -> Iterator[list[WorkerProcess]]:
    """Workers on the core on which `run` times; they end with the block, whatever happens."""
    limits = Limits(timing_cores(1), TIMEOUT_S)
    found = [WorkerProcess(backend, limits) for backend in backends]
    try:
        yield found
    finally:
        for worker in found:
            worker.end()


def prepare(worker: WorkerProcess) -> None:
    """Have a worker prepare `SPEC` with its backend. Raises WorkerFailure."""
    with temporary_folder() as folder:
        answer = str(folder / "answer.npz")
        worker.request(Prepare(replace(SPEC, backend=worker.backend), answer))
