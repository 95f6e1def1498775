"""Threads and BLAS: the cores that a backend's worker really keeps busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from gradparity.backends.catalogue import DEFAULTS, load
from gradparity.harness.doctor.observation import BETTER, Observation, judged, unknown
from gradparity.harness.doctor.probe import prepare, workers
from gradparity.harness.messages.timed import Calibrate, Pool, TakeSample
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.timing.rounds import LONG_SAMPLE_S, SHORT_SAMPLE_S
from gradparity.results.records.record import Sample
from gradparity.results.times import statistics

ONE_CORE = (0.9, 1.1)
"""Cores that one thread may use, as measured: less is waiting, more are other threads."""


def threads(backends: Sequence[str] = DEFAULTS) -> list[Observation]:
    """Return for every backend the cores that its worker used when given one, and its BLAS."""
    found = []
    for backend in backends:
        reason = load(backend).unavailable()
        if reason is not None:
            found.append(unknown(f"threads of {backend}", reason))
            continue
        with workers([backend]) as (worker,):
            try:
                found += _threads(backend, worker)
            except WorkerFailure as failure:
                advice = f"gradparity run mlp-digits --size medium --backend {backend} says more"
                topic = f"threads of {backend}"
                found.append(Observation(topic, f"not measured: {failure.reason}", BETTER, advice))
    return found


def _threads(backend: str, worker: WorkerProcess) -> list[Observation]:
    pools = worker.start().answer().pools
    prepare(worker)
    calls = worker.request(Calibrate(SHORT_SAMPLE_S, LONG_SAMPLE_S)).calls
    taken = [worker.request(TakeSample(calls)) for _ in range(10)]
    samples = [Sample(i, 0, calls, x.seconds, x.cpu_seconds) for i, x in enumerate(taken)]
    cores = statistics.cpu_per_wall(samples)
    assert cores is not None
    low, high = ONE_CORE
    advice = (
        "the worker waits for its core: something else runs there (see load)"
        if cores < low
        else "its threads escape the core it was given: figures are of more than one thread"
    )
    used = judged(
        f"threads of {backend}",
        f"{cores:.2f} cores used where 1 was asked",
        low <= cores <= high,
        advice,
        cpu_per_wall=cores,
    )
    return [used, _pools(backend, pools)]


def _pools(backend: str, pools: Sequence[Pool]) -> Observation:
    """Return the BLAS and OpenMP libraries in a worker, and how many threads they may start."""
    told = [
        f"{pool.internal_api}{' ' + pool.version if pool.version else ''}, "
        f"{pool.num_threads} thread{'s' if pool.num_threads != 1 else ''}"
        for pool in pools
    ]
    return judged(
        f"BLAS in {backend}",
        "; ".join(dict.fromkeys(told)) or "none that can be seen",
        all(pool.num_threads == 1 for pool in pools),
        "it ignores the threads that it was given, see threads of this backend: if more than one "
        "core was used, its figures are of more than one thread",
        pools=[asdict(pool) for pool in pools],
    )
