"""The noise between two equals, and what a shared host takes from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

import numpy as np

from gradparity.harness.doctor.observation import Observation, judged, text, unknown
from gradparity.harness.doctor.probe import prepare, workers
from gradparity.harness.processes.process import WorkerFailure
from gradparity.harness.timing.rounds import Enough, sample_rounds
from gradparity.results.records.record import Sample
from gradparity.results.times import statistics

NOISE = 0.02
"""A difference that users ask about; two equals should differ by less."""

STOLEN = 0.02
"""The share of time that a virtual machine may lose to its neighbours unnoticed."""


def noise(seconds: float, root: Path = Path("/"), backend: str = "numpy") -> list[Observation]:
    """Return how far two equals differ, sampled in paired rounds for so many seconds.

    Both are the gradient of one problem, by hand unless another backend is named; the figures are
    ratios of their times. Beside it, the share of time that went to other virtual machines
    meanwhile, where the system tells.
    """
    before = ticks(root)
    try:
        with workers([backend, backend]) as pair:
            for greeting in [worker.start() for worker in pair]:
                greeting.answer()
                prepare(greeting.worker)
            enough = Enough(least=6, precision=0.0, extra_s=seconds)
            timed = sample_rounds([pair], enough, np.random.default_rng(0))
    except WorkerFailure as failure:
        return [unknown("noise", failure.reason)]
    for subject in timed:
        if subject.failure is not None:
            return [unknown("noise", subject.failure.reason)]
    return [noise_between(timed[1].samples, timed[0].samples), stolen(before, ticks(root))]


def noise_between(samples: Sequence[Sample], reference: Sequence[Sample]) -> Observation:
    """Return how far these samples are from those of an equal, in the same rounds."""
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


def stolen(before: Sequence[int] | None, after: Sequence[int] | None) -> Observation:
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


def ticks(root: Path) -> list[int] | None:
    """Return the eight first counters of /proc/stat, in ticks since the boot; None without it."""
    words = (text(root / "proc/stat") or "").partition("\n")[0].split()
    return [int(word) for word in words[1:9]] if len(words) >= 9 else None
