"""What workers really do: threads and BLAS of each backend, and the noise between two equals."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from statistics import quantiles

import numpy as np

from gradparity.backends.catalogue import DEFAULTS, load
from gradparity.harness.doctor.finding import BETTER, Finding, judged, text, unknown
from gradparity.harness.messages.requests import Calibrate, Pool, Prepare, TakeSample
from gradparity.harness.messages.spec import Spec
from gradparity.harness.processes.environment import timing_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.timing.rounds import LONG_SAMPLE_S, SHORT_SAMPLE_S, Enough, sample_rounds
from gradparity.results.records.record import Sample
from gradparity.results.times import statistics

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

TIMEOUT_S = 60.0
THREADS = (0.9, 1.1)
"""Cores that one thread may use, as measured: less is waiting, more are other threads."""

NOISE = 0.02
"""A difference that users ask about; two equals should differ by less."""

STOLEN = 0.02
"""The share of time that a virtual machine may lose to its neighbours unnoticed."""


def threads(backends: Sequence[str] = DEFAULTS) -> list[Finding]:
    """Return for every backend the cores that its worker used when given one, and its BLAS."""
    found = []
    for backend in backends:
        reason = load(backend).unavailable()
        if reason is not None:
            found.append(unknown(f"threads of {backend}", reason))
            continue
        with _workers([backend]) as (worker,):
            try:
                found += _threads(backend, worker)
            except WorkerFailure as failure:
                advice = f"gradparity run mlp-digits --size medium --backend {backend} says more"
                topic = f"threads of {backend}"
                found.append(Finding(topic, f"not measured: {failure.reason}", BETTER, advice))
    return found


def _threads(backend: str, worker: WorkerProcess) -> list[Finding]:
    pools = worker.start().answer().pools
    _prepare(worker, backend)
    calls = worker.request(Calibrate(SHORT_SAMPLE_S, LONG_SAMPLE_S)).calls
    taken = [worker.request(TakeSample(calls)) for _ in range(10)]
    samples = [Sample(i, 0, calls, x.seconds, x.cpu_seconds) for i, x in enumerate(taken)]
    cores = statistics.cpu_per_wall(samples)
    assert cores is not None
    low, high = THREADS
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


def _pools(backend: str, pools: Sequence[Pool]) -> Finding:
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


def noise(seconds: float, root: Path = Path("/")) -> list[Finding]:
    """Return how far two equals differ, sampled in paired rounds for so many seconds.

    Both are the gradient of one problem by hand; the figures are ratios of their times. Beside it,
    the share of time that went to other virtual machines meanwhile, where the system tells.
    """
    before = _ticks(root)
    try:
        with _workers(["numpy", "numpy"]) as pair:
            for greeting in [worker.start() for worker in pair]:
                greeting.answer()
                _prepare(greeting.worker, "numpy")
            enough = Enough(least=6, precision=0.0, extra_s=seconds)
            timed = sample_rounds([pair], enough, np.random.default_rng(0))
    except WorkerFailure as failure:
        return [unknown("noise", failure.reason)]
    for subject in timed:
        if subject.failure is not None:
            return [unknown("noise", subject.failure.reason)]
    return [_noise(timed[1].samples, timed[0].samples), _stolen(before, _ticks(root))]


def _noise(samples: Sequence[Sample], reference: Sequence[Sample]) -> Finding:
    ratio = statistics.ratio(samples, reference)
    assert ratio is not None
    pairs = zip(samples, reference, strict=True)
    apart = [abs(math.log(ours.seconds / theirs.seconds)) for ours, theirs in pairs]
    far = math.expm1(quantiles(apart, n=20, method="inclusive")[-1])
    floor = max(ratio.high - 1, 1 - ratio.low)
    return judged(
        "noise",
        f"two equals: ratio {ratio.estimate:.4f}, interval [{ratio.low:.4f}, {ratio.high:.4f}]; "
        f"95 % of {ratio.rounds} rounds within {far:.1%}",
        floor <= NOISE,
        f"differences below {floor:.1%} say nothing here: more samples (gradparity run --rounds "
        "64 --processes 4), or a quieter machine (see load, governor, turbo)",
        ratio=ratio.estimate,
        ratio_low=ratio.low,
        ratio_high=ratio.high,
        p95=far,
        rounds=ratio.rounds,
    )


def _stolen(before: Sequence[int] | None, after: Sequence[int] | None) -> Finding:
    """Return the share of time in which a virtual core was ready, and its host did something else.

    Source: proc(5), /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
    """
    if before is None or after is None or sum(after) <= sum(before):
        return unknown("stolen time", "the system does not tell")
    share = (after[7] - before[7]) / (sum(after) - sum(before))
    return judged(
        "stolen time",
        f"{share:.1%} of the time went to other virtual machines",
        share <= STOLEN,
        "the host is shared: use a dedicated machine, or measure at another hour",
        stolen=share,
    )


def _ticks(root: Path) -> list[int] | None:
    words = (text(root / "proc/stat") or "").partition("\n")[0].split()
    return [int(word) for word in words[1:9]] if len(words) >= 9 else None


def _prepare(worker: WorkerProcess, backend: str) -> None:
    with tempfile.TemporaryDirectory(prefix="gradparity-") as folder:
        answer = str(Path(folder) / "answer.npz")
        worker.request(Prepare(replace(SPEC, backend=backend), answer))


@contextmanager
def _workers(backends: Sequence[str]) -> Iterator[list[WorkerProcess]]:
    """Workers on the core on which `run` times; they end with the block, whatever happens."""
    limits = Limits(timing_cores(1), TIMEOUT_S)
    found = [WorkerProcess(backend, limits) for backend in backends]
    try:
        yield found
    finally:
        for worker in found:
            worker.end()
