"""The paired engine: subjects are sampled in rounds, one at a time, in balanced random order.

Samples of one round are a pair: whatever the machine did in that second, it did to all of them. The
order is drawn anew in every round, so that none is always the one after the memory-hungry one, and
balanced, so that each stands in each place equally often.

Every subject has as many processes as there are *teams*; a round belongs to one team, and teams
take turns. Rounds go on until the ratios are known well enough, or the time for that is spent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from gradparity.harness.messages.timed import Calibrate, TakeSample
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.results.records.record import Sample
from gradparity.results.times.statistics import median_interval

SHORT_SAMPLE_S = 0.004
"""What a sample is calibrated to."""

SHORTEST_SAMPLE_S = 0.002
"""No sample is shorter: 10⁴ times the clock's resolution."""

LONG_SAMPLE_S = 0.020
"""The same for slow work, of which few calls fit in a short sample."""


def orders(subjects: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Permutations of range(subjects) without end, each subject in each place equally often.

    Every `subjects` rounds are the rows of a Latin square: row r is a random permutation shifted by
    r, the rows in random order.
    """
    while True:
        names = rng.permutation(subjects)
        for shift in rng.permutation(subjects):
            yield [int(name) for name in np.roll(names, shift)]


@dataclass(slots=True)
class Timed:
    """The samples of one subject, and why there are no more of them, if there is a reason."""

    samples: list[Sample] = field(default_factory=list)
    failure: WorkerFailure | None = None


@dataclass(frozen=True, slots=True)
class Enough:
    """When to stop: after `least` rounds, once every ratio is known to `precision`.

    Or when `extra_s` seconds were spent on more than the least. A ratio is known to p when its 95 %
    interval reaches no further than e^p and e^-p times the estimate. Stopping looks at the width of
    the intervals alone, never at where they lie.
    """

    least: int
    precision: float = 0.02
    extra_s: float = 0.5

    def after(self, rounds: int, timed: Sequence[Timed], spent_s: float) -> bool:
        """Whether `rounds` rounds suffice; spent_s: seconds since the least were done."""
        if rounds < self.least:
            return False
        alive = [subject.samples for subject in timed if subject.failure is None]
        if spent_s >= self.extra_s or len(alive) < 2:
            return True
        return all(_half_width(samples, alive[0]) <= self.precision for samples in alive[1:])


def _half_width(samples: Sequence[Sample], reference: Sequence[Sample]) -> float:
    """How far the interval of the median log-ratio reaches; samples of the same rounds."""
    pairs = zip(samples, reference, strict=True)
    found = median_interval(
        math.log(ours.seconds / theirs.seconds)
        for ours, theirs in pairs
        if ours.seconds > 0 and theirs.seconds > 0
    )
    if found is None:
        return 0.0
    return max(found.high - found.estimate, found.estimate - found.low)


def sample_rounds(
    teams: Sequence[Sequence[WorkerProcess]],
    enough: Enough,
    rng: np.random.Generator,
    after_round: Callable[[int], None] = lambda _: None,
    copy: int | None = None,
) -> list[Timed]:
    """Time what every worker has prepared; one `Timed` per subject, in their order.

    teams: one list of workers per process number, in each a worker per subject. A subject of which
    a worker fails loses all its samples and its place in later rounds; the others go on. The first
    subject is the reference of `enough`; copy is the place of its control, whose samples have as
    many calls: equals must be measured equally.
    """
    subjects = len(teams[0])
    timed = [Timed() for _ in range(subjects)]
    # Equals take equally long: one team is calibrated, all take samples of that many calls.
    calls = [_calibrated(worker, timed[i]) for i, worker in enumerate(teams[0])]
    equals: set[int] = set()
    if copy is not None and timed[0].failure is None:
        equals = {0, copy}
        calls[copy] = calls[0]
    turns = [orders(subjects, rng) for _ in teams]
    number, least_done = 0, None
    while any(subject.failure is None for subject in timed):
        which = number % len(teams)
        for position, i in enumerate(next(turns[which])):
            if timed[i].failure is not None:
                continue
            try:
                sample = take(teams[which][i], calls[i], number, position, which)
            except WorkerFailure as failure:
                timed[i] = Timed(failure=failure)
                continue
            timed[i].samples.append(sample)
            for equal in equals if i in equals else {i}:
                calls[equal] = sample.calls
        number += 1
        after_round(number)
        if least_done is None and number >= enough.least:
            least_done = perf_counter()
        if enough.after(number, timed, perf_counter() - (least_done or perf_counter())):
            break
    return timed


def take(worker: WorkerProcess, calls: int, round_: int, position: int, process: int) -> Sample:
    """A sample of `calls` calls; of twice as many, and so on, where they take under 2 ms.

    That happens where the machine was busy while they were calibrated. Raises WorkerFailure.
    """
    while True:
        took = worker.request(TakeSample(calls))
        if took.seconds >= SHORTEST_SAMPLE_S:
            wall, cpu = took.seconds / calls, took.cpu_seconds / calls
            return Sample(round_, position, calls, wall, cpu, process)
        calls *= 2


def _calibrated(worker: WorkerProcess, timed: Timed) -> int:
    """The number of calls in a sample; a failure is noted in `timed`."""
    try:
        return worker.request(Calibrate(SHORT_SAMPLE_S, LONG_SAMPLE_S)).calls
    except WorkerFailure as failure:
        timed.failure = failure
        return 0
