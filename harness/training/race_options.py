"""What may be chosen for a race, and what of it may not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradparity.backends import DTYPES
from gradparity.backends.catalogue import load
from gradparity.harness.cluster.named import named
from gradparity.harness.messages.descent_spec import Budget
from gradparity.harness.planning.options import LARGEST_SEED, MOST_CORES, check_limits
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.training.rates import rates
from gradparity.harness.training.space import RATE, space
from gradparity.problems import InputError
from gradparity.problems.errors import in_range, unknown
from gradparity.results.races.tuning import FIRST_SEED

MOST_SEEDS = 100_000


def first_seeds(count: int) -> tuple[int, ...]:
    """The seeds 0 to count - 1. Raises InputError for none, and for more than anybody waits for."""
    if not 1 <= count <= MOST_SEEDS:
        raise InputError(f"seeds is {count}; it should be between 1 and {MOST_SEEDS:,}")
    return tuple(range(count))


@dataclass(frozen=True, slots=True)
class RaceOptions:
    """What may be chosen for a race.

    backends: empty for the first of `FIRST_CHOICE` that can. idiomatic: whether a backend also
    races with the loss as its own users write it, where the problem states one. sizes: empty for
    each problem's smallest. options: of optimisers, "adam.beta2" for one of them, "beta2" for all
    that have it. rates: see `rates`; "" for each optimiser's own. jobs: descents at a time, each on
    a core of its own; time is measured only with 1. norms: whether the gradient's norms are
    recorded. start, bounds: by parameter, see `places.py`. tune: trials of each optimiser on each
    problem, drawn from the space (`space.py`) and made from so many seeds each; the best is raced.
    landscape: whether the curvature at the end is looked at. timeout_s: for any one
    request to a worker, which makes steps for a quarter of a second. memory_gib: a worker's limit,
    None for the machine's memory. cluster: as `--cluster` names it, "" for this machine; jobs are
    then its workers, where it is `local`. The others: see `DescentSpec` and `Budget`.
    """

    backends: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    rates: str = ""
    idiomatic: bool = False
    seeds: tuple[int, ...] = (0,)
    schedule: str = "constant"
    batch: int | None = None
    dtypes: tuple[str, ...] = ()
    steps: int = 1000
    seconds: float | None = None
    target: float | None = None
    target_held_out: float | None = None
    target_accuracy: float | None = None
    target_share: float | None = None
    gradient_norm: float | None = None
    plateau: int | None = None
    jobs: int = 1
    norms: bool = True
    landscape: bool = True
    start: dict[str, list[float]] = field(default_factory=dict)
    bounds: dict[str, list[float]] = field(default_factory=dict)
    tune: int = 0
    tune_seeds: int = 1
    space: str = ""
    timeout_s: float = 60.0
    memory_gib: float | None = None
    cluster: str = ""

    @property
    def timed(self) -> bool:
        """Whether descents follow each other here, so that their seconds are measured."""
        return self.jobs == 1 and not self.cluster

    @property
    def budget(self) -> Budget:
        """When each descent ends."""
        return Budget(
            steps=self.steps,
            seconds=self.seconds,
            target=self.target,
            target_held_out=self.target_held_out,
            target_accuracy=self.target_accuracy,
            target_share=self.target_share,
            gradient_norm=self.gradient_norm,
            plateau=self.plateau,
        )


def check_options(options: RaceOptions) -> None:
    """Raise InputError for what is wrong with a race; of a descent, `check` says it."""
    for dtype in options.dtypes:
        if dtype not in DTYPES:
            raise unknown("dtype", dtype, DTYPES)
    for source in options.backends:
        load(source)
    if options.rates:
        rates(options.rates)
    _check_tuning(options)
    if not options.seeds:
        raise InputError("no seed is named; give at least one")
    in_range("jobs", options.jobs, 1, MOST_CORES, whole=True)
    for seed in options.seeds:
        largest = FIRST_SEED - 1 if options.tune else LARGEST_SEED
        in_range("seed", seed, 0, largest, whole=True)
    check_limits(options.timeout_s, options.memory_gib)
    cores = len(allowed_cores())
    if options.jobs > cores:
        raise InputError(f"jobs is {options.jobs}; this process may use {cores} cores")
    if options.cluster:
        named(options.cluster, options.jobs)
    if not options.timed and options.seconds is not None:
        which = "--cluster" if options.cluster else "--jobs"
        raise InputError(f"time is not measured side by side; leave out --time or {which}")


def _check_tuning(options: RaceOptions) -> None:
    if options.tune < 0:
        raise InputError(f"tune is {options.tune}; it should be a number of trials, 1 or more")
    if not options.tune:
        if options.space:
            raise InputError(
                "--space is what --tune draws from; name the number of trials: --tune 50"
            )
        return
    if not options.space.strip():
        raise InputError("--tune draws from a space, and it is empty; give --space lr=1e-4:1:log")
    dimensions = space(options.space)
    if not 1 <= options.tune_seeds <= MOST_SEEDS:
        raise InputError(f"tune-seeds is {options.tune_seeds}; it should be at least 1")
    if options.rates and any(one.name == RATE for one in dimensions):
        raise InputError("--lr names the rates, and --space lr draws them; leave one of them out")
