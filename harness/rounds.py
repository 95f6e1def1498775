"""The paired engine: subjects are sampled in rounds, one at a time, in balanced random order.

Samples of one round are a pair: whatever the machine did in that second, it did to all of them. The
order is drawn anew in every round, so that none is always the one after the memory-hungry one, and
balanced, so that each stands in each place equally often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.process import WorkerFailure, WorkerProcess
from results.record import Sample

SHORT_SAMPLE_S = 0.004
"""What a sample is calibrated to; never under 2 ms, 10⁴ times the clock's resolution."""

LONG_SAMPLE_S = 0.020
"""The same for slow work, of which few calls fit in a short sample."""


def orders(subjects: int, rounds: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """`rounds` permutations of range(subjects), each subject in each place equally often.

    Every `subjects` rounds are the rows of a Latin square: row r is a random permutation shifted by
    r, the rows in random order. Where `rounds` is no multiple, the last square is cut short.
    """
    square: list[list[int]] = []
    for _ in range(rounds):
        if not square:
            names = rng.permutation(subjects)
            square = [
                [int(name) for name in np.roll(names, shift)] for shift in rng.permutation(subjects)
            ]
        yield square.pop()


@dataclass(slots=True)
class Timed:
    """The samples of one subject, and why there are no more of them, if there is a reason."""

    samples: list[Sample] = field(default_factory=list)
    failure: WorkerFailure | None = None


def sample_rounds(
    workers: list[WorkerProcess],
    rounds: int,
    rng: np.random.Generator,
    after_round: Callable[[int], None] = lambda _: None,
) -> list[Timed]:
    """Time what each worker has prepared; one `Timed` per worker, in their order.

    A worker that fails loses all its samples and its place in later rounds; the others go on.
    """
    timed = [Timed() for _ in workers]
    calls = [0] * len(workers)
    for i, worker in enumerate(workers):
        try:
            answer = worker.request("calibrate", short_s=SHORT_SAMPLE_S, long_s=LONG_SAMPLE_S)
            calls[i] = answer["calls"]
        except WorkerFailure as failure:
            timed[i] = Timed(failure=failure)
    for number, order in enumerate(orders(len(workers), rounds, rng)):
        for position, i in enumerate(order):
            if timed[i].failure is not None:
                continue
            try:
                answer = workers[i].request("sample", calls=calls[i])
            except WorkerFailure as failure:
                timed[i] = Timed(failure=failure)
                continue
            timed[i].samples.append(
                Sample(
                    round=number,
                    position=position,
                    calls=calls[i],
                    seconds=answer["seconds"] / calls[i],
                    cpu_seconds=answer["cpu_seconds"] / calls[i],
                )
            )
        after_round(number + 1)
    return timed
