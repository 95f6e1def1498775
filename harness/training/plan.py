"""From what was typed to what is run: the specs of a race, each with its one start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gradparity.backends.optimizers import catalogue as optimizers
from gradparity.backends.optimizers.catalogue import called
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.planning.lookup import homes, in_file, members, selectable
from gradparity.harness.planning.sizes import check_sizes, expanded, meant
from gradparity.harness.training.descents.checks import check, check_place, obstacle
from gradparity.harness.training.descents.problem import problem_of
from gradparity.harness.training.descents.stopping import Ending, without_steps
from gradparity.harness.training.options import whose_options
from gradparity.harness.training.race_options import RaceOptions, check_options
from gradparity.harness.training.rates import rates
from gradparity.harness.training.space import RATE, check_space, space, trials
from gradparity.harness.training.tuning import Who, trial_seeds, who
from gradparity.problems import InputError, Problem
from gradparity.problems.python_file import file_of, is_file
from gradparity.problems.user_files import unknown_target
from gradparity.results.records.descent import Descent
from gradparity.results.store.rows import identity

DEFAULT_UPDATES = ("gd", "momentum", "nesterov", "rmsprop", "adam")
DEFAULT_SEARCHES = ("lbfgs",)
"""Who races where nobody is named; searches only where they can: on all cases, without schedule."""

FIRST_CHOICE = ("numpy", "tape")
"""Without `--backend` the first of these that can do what the optimiser needs."""


MOST_REASONS = 3
"""So many reasons are named where nothing can run."""

TUNING_SEED = 0
"""Draws the trials, the same in every race."""

Winners = Mapping[Who, tuple[float | None, dict[str, Any]]]
"""The rate and the options that tuning found best."""


@dataclass(frozen=True, slots=True)
class PlannedDescent:
    """A descent to be made.

    obstacle: what its backend lacks for it; None if it can be made. unmade: its record as long as
    it is not made, with the names that a user's files give to backend and optimiser.
    """

    spec: DescentSpec
    obstacle: Ending | None
    unmade: Descent

    @property
    def label(self) -> str:
        """For people: "xor-tanh tiny, numpy, adam 0.01, seed 3"."""
        spec = self.spec
        rate = "" if spec.rate is None else f" {spec.rate:g}"
        who = f"{self.unmade.backend}, {self.unmade.optimizer}{rate}"
        return f"{spec.problem} {spec.size}, {who}, seed {spec.seed}"

    def ended(self, why: Ending) -> Descent:
        """Its record where it is not made."""
        return replace(self.unmade, status=why.status, reason=why.reason)


@dataclass(frozen=True, slots=True)
class RacePlan:
    """A race to be run: the targets that were named, and the descents in order.

    lost: the files that are left out, and why, see `planner.py`.
    """

    targets: tuple[str, ...]
    descents: tuple[PlannedDescent, ...]
    options: RaceOptions
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """The users' files that take part: of problems, backends and optimisers."""
        specs = [planned.spec for planned in self.descents]
        named = [spec.file for spec in specs]
        named += [x for spec in specs for x in (spec.backend, spec.optimizer) if is_file(x)]
        return sorted({file for file in named if file is not None})

    @property
    def backends(self) -> list[str]:
        """Names or files of the backends that have something to do."""
        return list(dict.fromkeys(one.spec.backend for one in self.descents if not one.obstacle))


def plan_race(
    targets: Sequence[str],
    options: RaceOptions,
    tuned: Winners | None = None,
    without: Sequence[str] = (),
) -> RacePlan:
    """The plan for problems, families and files, in the order given.

    Users' files are imported here: see `planner.py`. without: files that are left out.
    tuned: what tuning has found; without it the plan of a race that tunes is that of its trials.

    Raises InputError for whatever does not exist or is not allowed, and where nothing can run.
    """
    if without:
        options = _without(options, without)
        targets = [target for target in targets if file_of(target) not in without]
    check_options(options)
    if not targets:
        raise InputError("name a problem, a family or a file to train; `gradparity list` has them")
    named = [one for target in targets for one in _named(target)]
    files = homes(named)
    problems = {problem.name: problem for problem, _ in named}
    sizes = expanded(options.sizes)
    check_sizes(list(problems.values()), sizes)
    own = whose_options(options.optimizers or _default_optimizers(options), options.options)
    _check_ignored(options)
    _check_names(tuple(own))
    if options.tune:
        check_space(tuple(own), space(options.space))
    descents = [
        planned
        for problem in problems.values()
        for size in meant(problem, () if sizes else tuple(problem.sizes)[:1], sizes)
        for dtype in options.dtypes or ("float64",)
        for start in (_start(problem, files[problem.name], size, dtype, options),)
        for planned in _descents(start, own, options, tuned)
    ]
    if not descents and not options.tune:
        raise InputError(f"nothing to train: none of it has size {' or '.join(sizes)}")
    if descents and all(one.obstacle for one in descents):
        reasons = dict.fromkeys(one.obstacle.reason for one in descents if one.obstacle)
        raise InputError("; ".join(list(reasons)[:MOST_REASONS]))
    return RacePlan(tuple(targets), tuple(descents), options)


def _without(options: RaceOptions, files: Sequence[str]) -> RaceOptions:
    """The options without these files. Raises InputError where nobody is left who was named."""
    left: dict[str, Any] = {}
    for kind in ("backends", "optimizers"):
        named = getattr(options, kind)
        left[kind] = tuple(name for name in named if name not in files)
        if named and not left[kind]:
            raise InputError(f"no {kind[:-1]} is left")
    return replace(options, **left)


def _named(target: str) -> list[tuple[Problem, str | None]]:
    """The problems that a file, a name or a family names, each with its file."""
    if is_file(target):
        return [(problem, file_of(target)) for problem in in_file(target)]
    found = members(target)
    if not found:
        raise unknown_target("problem", target, selectable())
    return [(problem, None) for problem in found.values()]


def _default_optimizers(options: RaceOptions) -> tuple[str, ...]:
    if options.batch is None and options.schedule == "constant":
        return DEFAULT_UPDATES + DEFAULT_SEARCHES
    return DEFAULT_UPDATES


def _start(
    problem: Problem, file: str | None, size: str, dtype: str, options: RaceOptions
) -> DescentSpec:
    """What all specs on this problem, size and dtype share."""
    return DescentSpec(
        problem=problem.name,
        size=size,
        file=file,
        schedule=options.schedule,
        batch=options.batch,
        dtype=dtype,
        budget=options.budget,
        measure_time=options.timed,
        norms=options.norms,
        landscape=options.landscape,
        start=options.start,
        bounds=options.bounds,
    )


def _check_names(those: Sequence[str]) -> None:
    """Refuse optimisers that tables could not tell apart."""
    homes: dict[str, str] = {}
    for one in those:
        other = homes.setdefault(called(one), one)
        if other != one:
            raise InputError(f"{other} and {one} are both called {called(one)!r}; rename one")


def _check_ignored(options: RaceOptions) -> None:
    """Refuse a rate or a schedule that optimisers without a rate would leave aside."""
    fixed = [name for name in options.optimizers if optimizers.find(name).rate is None]
    if not fixed:
        return
    told, have = ", ".join(fixed), "has" if len(fixed) == 1 else "have"
    if options.schedule != "constant":
        raise InputError(
            f"{told} {have} no rate: --schedule {options.schedule} would be ignored; "
            "race what has a rate apart"
        )
    if options.rates and len(fixed) == len(set(options.optimizers)):
        raise InputError(f"{told} {have} no rate: --lr {options.rates} would be ignored")


def _descents(
    start: DescentSpec, own: dict[str, dict[str, Any]], options: RaceOptions, tuned: Winners | None
) -> Iterator[PlannedDescent]:
    """The descents on one problem: for each optimiser, backend, setting and seed."""
    for name, chosen in own.items():
        spec = replace(start, optimizer=name, options=chosen)
        found = _on_backends(spec, options)
        for backend, why in found.items():
            for variant in _variants(spec, backend, options):
                there = replace(spec, backend=backend, variant=variant)
                settings, seeds = _settings(there, options, tuned)
                for rate, more in settings:
                    one = replace(there, rate=rate, options={**chosen, **more})
                    if why is None:
                        check(replace(one, seed=seeds[0]))
                    for seed in seeds:
                        seeded = replace(one, seed=seed)
                        if options.start or options.bounds:
                            check_place(seeded)
                        yield PlannedDescent(seeded, why, without_steps(seeded))


def _settings(
    spec: DescentSpec, options: RaceOptions, tuned: Winners | None
) -> tuple[list[tuple[float | None, dict[str, Any]]], tuple[int, ...]]:
    """The rates and options at which an optimiser descends, and the seeds from which.

    Those of the race; or of its trials, where it tunes and nothing is tuned yet.
    """
    rated = [(rate, dict[str, Any]()) for rate in _rates(spec.optimizer, options.rates)]
    if not options.tune:
        return rated, options.seeds
    drawn = trials(spec.optimizer, space(options.space), options.tune, TUNING_SEED)
    if tuned is None:
        found = [
            (one.get(RATE, rate), {k: x for k, x in one.items() if k != RATE})
            for rate, _ in rated
            for one in drawn
        ]
        return found, trial_seeds(options.tune_seeds)
    best = tuned.get(who(without_steps(spec)))
    return ([best] if best is not None else rated), options.seeds


def identities(plan: RacePlan) -> list[str]:
    """What tells the descents of a plan from each other, as in the store, in the plan's order."""
    return [identity(one.unmade) for one in plan.descents]


def _variants(spec: DescentSpec, backend: str, options: RaceOptions) -> tuple[str, ...]:
    stated = options.idiomatic and backend in problem_of(spec).idiomatic
    return ("portable", "idiomatic") if stated else ("portable",)


def _on_backends(spec: DescentSpec, options: RaceOptions) -> dict[str, Ending | None]:
    """Each backend that is to make this descent, with what keeps it from doing so."""
    named = options.backends or FIRST_CHOICE
    found = {name: obstacle(replace(spec, backend=name)) for name in named}
    if options.backends:
        return found
    can = [name for name, why in found.items() if why is None]
    first = can[0] if can else FIRST_CHOICE[-1]
    return {first: found[first]}


def _rates(optimizer: str, text: str) -> tuple[float | None, ...]:
    """The rates to race it at: those asked for, or its own; None alone where it has none."""
    own = optimizers.find(optimizer).rate
    return rates(text) if text and own is not None else (own,)
