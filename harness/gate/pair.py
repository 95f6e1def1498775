"""Base and head, timed against each other in three fresh processes: base, head, a copy of head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from gradparity.harness.gate.row import PairSamples
from gradparity.harness.gate.sides import Sides
from gradparity.harness.processes import environment
from gradparity.harness.processes.process import Limits, WorkerFailure, WorkerProcess, side_by_side
from gradparity.harness.timing.rounds import LONG_SAMPLE_S, SHORT_SAMPLE_S, orders, take
from gradparity.results.records.record import Sample
from gradparity.results.times.statistics import LEVEL, median_interval

NAMES = ("base", "head", "copy")


class SideFailure(Exception):
    """One of the processes failed. side: "base" or "head"; failure: how."""

    def __init__(self, side: str, failure: WorkerFailure) -> None:
        super().__init__(f"{side}: {failure.reason}")
        self.side = side
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many rounds a pair makes of a row: `least`, then until the median is known.

    precision: the half-width of its interval, of logarithms; it goes on for at most extra_s. Where
    the first pairs of processes did not settle the row, `longer` says how it goes on. A row so slow
    that this takes longer than most_s makes do with `few`.
    """

    least: int = 6
    precision: float = 0.01
    extra_s: float = 0.08
    more: int = 12
    more_precision: float = 0.005
    more_s: float = 0.3
    few: int = 4
    most_s: float = 6.0

    def longer(self) -> Rounds:
        """The rounds of a pair on a row that earlier ones have not settled."""
        return replace(self, least=self.more, precision=self.more_precision, extra_s=self.more_s)


class Pair:
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
        self.groups = environment.groups_near(limits.cores)

    def start(self, rng: np.random.Generator) -> None:
        """Start the three side by side; one that fails is heard of when it is asked again."""
        on = {self.workers[name]: group for name, group in self._spread(rng).items()}
        for worker, group in on.items():
            worker.start(group)
        for worker, by in side_by_side(on):
            try:
                worker.answer(by)
            except WorkerFailure:
                worker.end()

    def end(self) -> None:
        """End the three."""
        for worker in self.workers.values():
            worker.end()

    def sample(
        self, spec: dict[str, Any], rounds: Rounds, rng: np.random.Generator, number: int
    ) -> PairSamples:
        """The samples of one subject; `number` is written into them as that of the processes.

        Raises SideFailure.
        """
        self._prepare({"base": self.sides.in_base(spec), "head": spec, "copy": spec}, rng)
        # One number of calls for all: calls have a first among them, which is slower than the rest.
        sought = {"short_s": SHORT_SAMPLE_S, "long_s": LONG_SAMPLE_S}
        calls = int(self._ask(NAMES[rng.integers(len(NAMES))], "calibrate", **sought)["calls"])
        found: dict[str, list[Sample]] = {name: [] for name in NAMES}
        turns = orders(len(NAMES), rng)
        start, least_done = perf_counter(), None
        for round_ in range(1_000_000):
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
            self._ask(name, "forget")
        return made

    def _spread(self, rng: np.random.Generator) -> dict[str, tuple[int, ...]]:
        """A group of cores for each process."""
        order = rng.permutation(len(NAMES))
        return {NAMES[i]: self.groups[k % len(self.groups)] for k, i in enumerate(order)}

    def _prepare(self, specs: dict[str, dict[str, Any]], rng: np.random.Generator) -> None:
        """Prepare the three side by side. Raises SideFailure, once nobody is busy any more."""
        failures = []
        asked = {}
        names = {worker: name for name, worker in self.workers.items()}
        for name, group in self._spread(rng).items():
            worker = self.workers[name]
            try:
                with self._failing(name):
                    worker.move(group)
                    worker.ask("prepare", spec=specs[name], answer=None)
                asked[worker] = group
            except SideFailure as failure:
                failures.append(failure)
        for worker, by in side_by_side(asked):
            try:
                with self._failing(names[worker]):
                    worker.answer(by)
                worker.move(self.cores)
            except SideFailure as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def _ask(self, name: str, do: str, **arguments: Any) -> dict[str, Any]:
        with self._failing(name):
            return self.workers[name].request(do, **arguments)

    @contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        """Raise SideFailure where this process fails."""
        try:
            yield
        except WorkerFailure as failure:
            raise SideFailure("base" if name == "base" else "head", failure) from failure


def _known(made: PairSamples, precision: float) -> bool:
    """Whether this pair's own median of d is known well enough."""
    from gradparity.harness.gate.decision import changes

    found = median_interval(changes(made), LEVEL)
    return found is None or max(found.high - found.estimate, found.estimate - found.low) < precision
