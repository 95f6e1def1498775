"""Base and head, timed against each other in three fresh processes: base, head, a copy of head.

Such a set is a *pair*: what it compares is base, and head as the mean of its two copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter
from typing import TypeVar

import numpy as np

from gradparity.harness.gate.decision import changes
from gradparity.harness.gate.effort import Rounds
from gradparity.harness.gate.row import PairSamples
from gradparity.harness.gate.sides import Sides
from gradparity.harness.messages.request import Request
from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Calibrate, Forget, Prepare
from gradparity.harness.processes.as_answered import as_answered
from gradparity.harness.processes.environment import groups_near
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.timing.rounds import LONG_SAMPLE_S, SHORT_SAMPLE_S, orders, take
from gradparity.results.records.record import Sample
from gradparity.results.times.statistics import LEVEL, median_interval

A = TypeVar("A")

NAMES = ("base", "head", "copy")


class SideFailure(Exception):
    """One of the processes failed. side: "base" or "head"; failure: how."""

    def __init__(self, side: str, failure: WorkerFailure) -> None:
        super().__init__(f"{side}: {failure.reason}")
        self.side = side
        self.failure = failure


class PairedProcesses:
    """Three processes of one backend, for every row that is still open.

    They start and prepare side by side on all cores near the same memory, whichever process on
    whichever core, and are sampled one at a time on the same.
    """

    def __init__(self, backend: str, sides: Sides, limits: Limits) -> None:
        base = WorkerProcess(sides.source(backend), limits, sides.base)
        head, copy = (WorkerProcess(backend, limits, sides.head) for _ in range(2))
        self.workers = dict(zip(NAMES, (base, head, copy), strict=True))
        self.sides = sides
        self.cores = limits.cores
        self.groups = groups_near(limits.cores)

    def start(self, rng: np.random.Generator) -> None:
        """Start the three side by side; one that fails is heard of when it is asked again."""
        spread = self._spread(rng).items()
        for greeting, by in as_answered(
            {self.workers[n].start(group): group for n, group in spread}
        ):
            try:
                greeting.answer(by)
            except WorkerFailure:
                greeting.worker.end()

    def end(self) -> None:
        """End the three."""
        for worker in self.workers.values():
            worker.end()

    def sample(
        self, spec: Spec, rounds: Rounds, rng: np.random.Generator, number: int
    ) -> PairSamples:
        """The samples of one subject; `number` is written into them as that of the processes.

        Raises SideFailure.
        """
        self._prepare({"base": self.sides.in_base(spec), "head": spec, "copy": spec}, rng)
        # One number of calls for all: calls have a first among them, which is slower than the rest.
        name = NAMES[rng.integers(len(NAMES))]
        calls = self._request(name, Calibrate(SHORT_SAMPLE_S, LONG_SAMPLE_S)).calls
        found: dict[str, list[Sample]] = {name: [] for name in NAMES}
        turns = orders(len(NAMES), rng)
        start, least_done = perf_counter(), None
        for round_ in count():
            for position, which in enumerate(next(turns)):
                name = NAMES[which]
                with self._failing(name):
                    sample = take(self.workers[name], calls, round_, position, number)
                found[name].append(sample)
                calls = sample.calls
            late = round_ + 1 >= rounds.few and perf_counter() - start >= rounds.most_s
            if round_ + 1 < rounds.least and not late:
                continue
            least_done = least_done or perf_counter()
            made = PairSamples(*(tuple(found[name]) for name in NAMES))
            spent = perf_counter() - least_done
            if late or spent >= rounds.extra_s or _known(made, rounds.precision):
                break
        for name in NAMES:
            self._request(name, Forget())
        return made

    def _spread(self, rng: np.random.Generator) -> dict[str, tuple[int, ...]]:
        """A group of cores for each process."""
        order = rng.permutation(len(NAMES))
        return {NAMES[i]: self.groups[k % len(self.groups)] for k, i in enumerate(order)}

    def _prepare(self, specs: dict[str, Spec], rng: np.random.Generator) -> None:
        """Prepare the three side by side. Raises SideFailure, once nobody is busy any more."""
        failures = []
        asked, names = {}, {}
        for name, group in self._spread(rng).items():
            self.workers[name].move(group)
            preparing = self.workers[name].ask(Prepare(specs[name], None))
            asked[preparing], names[preparing] = group, name
        for preparing, by in as_answered(asked):
            try:
                with self._failing(names[preparing]):
                    preparing.answer(by)
                preparing.worker.move(self.cores)
            except SideFailure as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def _request(self, name: str, request: Request[A]) -> A:
        with self._failing(name):
            return self.workers[name].request(request)

    @contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        """Raise SideFailure where this process fails."""
        try:
            yield
        except WorkerFailure as failure:
            raise SideFailure("base" if name == "base" else "head", failure) from failure


def _known(made: PairSamples, precision: float) -> bool:
    """Whether this pair's own median of d is known well enough."""
    found = median_interval(changes(made), LEVEL)
    return found is None or max(found.high - found.estimate, found.estimate - found.low) < precision
