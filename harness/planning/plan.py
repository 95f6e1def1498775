"""From what was typed to what is run: workloads and the subjects that compete on them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TypeVar

from gradparity.backends import LOW_DTYPES, Setting
from gradparity.backends.catalogue import BACKENDS, DEFAULTS, load
from gradparity.harness.messages.spec import Question, Spec
from gradparity.harness.planning.lookup import clash, in_file, members, selectable
from gradparity.harness.planning.options import Options, check
from gradparity.harness.planning.sizes import check_sizes, expanded, meant
from gradparity.harness.planning.skipped import Skipped, why_skipped
from gradparity.harness.planning.suite import load_suite, suites
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import file_of, is_file
from gradparity.problems.user_files import unknown_target
from gradparity.results.records.record import Cell, label

DEFAULT_SUITE = "quick"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a plan knows of a problem: names alone. A user's is called by workers.

    variants: backend -> its rows, where it has others than "portable" alone.
    """

    name: str
    sizes: tuple[str, ...]
    variants: dict[str, tuple[str, ...]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Workload:
    """One problem at one size, one operator, one setting: what the subjects of a round share.

    margin: by how much `gate` lets it be slower, where its suite says so. skipped: backend -> why
    it is not asked.
    """

    problem: Outline
    file: str | None
    size: str
    operator: str
    setting: Setting
    margin: float | None = field(default=None, compare=False)
    skipped: dict[str, Skipped] = field(default_factory=dict, compare=False)

    @property
    def label(self) -> str:
        """For people: "rosenbrock large gradient float64"."""
        return f"{self.problem.name} {self.size} {self.operator} {self.setting.dtype}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who competes: a backend with the portable loss or with its own idiomatic one.

    file: where the backend is defined, if it is a user's.
    """

    backend: str
    variant: str = "portable"
    file: str | None = None

    @property
    def label(self) -> str:
        """For people: "torch (idiomatic)"."""
        return label(self.backend, self.variant)

    @property
    def source(self) -> str:
        """What `backends.catalogue.load` takes: the file, or the name."""
        return self.file or self.backend


@dataclass(frozen=True, slots=True)
class Plan:
    """A run to be made: `name` for its record, the workloads in order, backends, reference.

    targets: what was named. backends: name -> the user's file that defines it, or None. lost: the
    files that are left out, and why, see `planner.py`.
    """

    name: str
    targets: tuple[str, ...]
    workloads: tuple[Workload, ...]
    backends: dict[str, str | None]
    reference: str
    options: Options
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def control(self) -> Subject:
        """A second copy of the reference: what two equals differ by is the machine's noise."""
        return Subject(self.reference, "control", self.backends[self.reference])

    def refuse_clashes(self) -> None:
        """Raise InputError for two problems of one name: what is stored is found by it."""
        homes: dict[str, str | None] = {}
        for workload in self.workloads:
            home = homes.setdefault(workload.problem.name, workload.file)
            if home != workload.file:
                raise clash(workload.problem.name, home, workload.file)

    @property
    def files(self) -> list[str]:
        """The users' files that take part: of problems and of backends."""
        named = [*(w.file for w in self.workloads), *self.backends.values()]
        return sorted({file for file in named if file is not None})

    def spec(self, workload: Workload, subject: Subject) -> Spec:
        """What a worker needs to prepare this subject."""
        return Spec(
            *(workload.problem.name, workload.file, workload.size),
            *(self.options.seed, workload.operator),
            **asdict(workload.setting),
            backend=subject.source,
            variant=subject.variant,
        )

    def question(self, workload: Workload) -> Question:
        """What the answers to this workload are held against."""
        return Question(
            workload.problem.name,
            workload.file,
            workload.size,
            self.options.seed,
            workload.operator,
            dtype if (dtype := workload.setting.dtype) in LOW_DTYPES else "",
        )

    def unavailable(self, subject: Subject) -> bool:
        """Whether this machine lacks what a subject needs, whatever it is asked."""
        why = [workload.skipped.get(subject.backend) for workload in self.workloads]
        return bool(why) and all(x is not None and x.status == "unavailable" for x in why)

    def subjects(self, workload: Workload) -> list[Subject]:
        """Every row of every backend: gradients by name, the loss as its users write it."""
        return [
            Subject(backend, variant, file)
            for backend, file in self.backends.items()
            for variant in workload.problem.variants.get(backend, ("portable",))
        ]

    def reference_of(self, workload: Workload) -> Subject:
        """The row that ratios refer to: the first of the reference."""
        return next(one for one in self.subjects(workload) if one.backend == self.reference)


@dataclass(frozen=True, slots=True)
class _NamedProblem:
    """A problem that was named: its file, the sizes listed (none: all), its margin."""

    problem: Problem
    file: str | None
    sizes: tuple[str, ...] = ()
    margin: float | None = None


def make_plan(targets: Sequence[str], options: Options, without: Sequence[str] = ()) -> Plan:
    """The plan for suites, problems, families and files, in the order given.

    Users' files are imported here: see `planner.py`. without: files that are left out.
    Raises InputError for any name that does not exist, any combination that leaves nothing to run.
    """
    check(options)
    entries: list[_NamedProblem] = []
    backends: list[str] = []
    operators: list[str] = []
    dtypes: list[str] = []
    for target in targets or (DEFAULT_SUITE,):
        if target in suites() or target.endswith(".toml"):
            suite = load_suite(target)
            for entry in suite.entries:
                entries += [
                    _NamedProblem(p, file, entry.sizes, entry.margin)
                    for p, file in _problems(entry.problem, without)
                ]
            backends += suite.backends
            operators += suite.operators
            dtypes += suite.dtypes
        else:
            entries += [
                _NamedProblem(problem, file) for problem, file in _problems(target, without)
            ]
    spelled: dict[int, str | None] = {}  # one file may be named in two ways
    for e in entries:
        spelled.setdefault(id(e.problem), e.file)
    named = _unique(options.backends or backends or DEFAULTS)
    chosen = _backends(source for source in named if source not in without)
    engines = {name: load(file or name) for name, file in chosen.items()}
    sizes = expanded(options.sizes)
    check_sizes([e.problem for e in entries], sizes)
    workloads = _unique(
        Workload(
            _outline(e.problem, chosen),
            *(spelled[id(e.problem)], size, operator, setting, e.margin),
            {
                name: skipped
                for name, engine in engines.items()
                if (skipped := why_skipped(engine, e.problem, operator, options.device, dtype))
            },
        )
        for e in entries
        for size in meant(e.problem, e.sizes, sizes)
        for dtype in (options.dtypes or _unique(dtypes) or ("float64",))
        for setting in (Setting(dtype, options.device, options.threads),)
        for operator in (options.operators or _unique(operators) or ("gradient",))
    )
    if not (entries and chosen):
        raise InputError("nothing to run: all of it is left out")
    if not workloads:
        raise InputError(f"nothing to run: none of it has size {' or '.join(sizes)}")
    reference = options.reference or next(iter(chosen))
    if reference in without:
        reference = next(iter(chosen))
    reference = next((name for name, file in chosen.items() if file == reference), reference)
    if reference not in chosen:
        raise unknown("reference backend", reference, chosen)
    name = " ".join(targets) or DEFAULT_SUITE
    return Plan(name, tuple(targets), tuple(workloads), chosen, reference, options)


def unanswered(workload: Workload, subject: Subject) -> Cell:
    """The cell that is to hold a subject's answer: what identifies it, and nothing yet."""
    return Cell(
        problem=workload.problem.name,
        file=workload.file,
        size=workload.size,
        parameters=0,
        backend=subject.backend,
        variant=subject.variant,
        operator=workload.operator,
        dtype=workload.setting.dtype,
        device=workload.setting.device,
        threads=workload.setting.threads,
        status="ok",
    )


def smallest(plan: Plan) -> Plan:
    """The same plan with each problem at the first of its sizes; what a suite lists stays."""
    if any(target in suites() or target.endswith(".toml") for target in plan.targets):
        return plan
    kept = tuple(w for w in plan.workloads if w.size == w.problem.sizes[0])
    return replace(plan, workloads=kept)


def check_command(workload: Workload, subject: Subject, seed: int) -> str:
    """The command that shows the verdict on a subject again."""
    what = [workload.file or workload.problem.name, "--size", workload.size]
    if workload.operator != "gradient":
        what += ["--operator", workload.operator]
    if workload.setting.dtype in LOW_DTYPES:
        what += ["--dtype", workload.setting.dtype]
    return shlex.join(
        ["gradparity", "check", *what, "--backend", subject.source, "--seed", str(seed)]
    )


def _outline(problem: Problem, backends: Iterable[str]) -> Outline:
    rows = {backend: problem.variants(backend) for backend in backends}
    further = {backend: found for backend, found in rows.items() if found != ("portable",)}
    return Outline(problem.name, tuple(problem.sizes), further)


def _backends(sources: Iterable[str]) -> dict[str, str | None]:
    """The backends that names and files mean: name -> file, or None.

    Raises InputError for a name that nobody has, and for a file whose backend has a name of ours
    or of another file.
    """
    found: dict[str, str | None] = {}
    for source in sources:
        file = source if is_file(source) else None
        name = load(source).name
        if file is not None and (name in BACKENDS or name in found):
            raise InputError(f"{file}: its backend is called {name!r}, which is taken; rename it")
        found[name] = file
    return found


def _problems(target: str, without: Sequence[str]) -> list[tuple[Problem, str | None]]:
    """The problems that FILE, FILE::NAME, a name or a family names, each with its file."""
    if file_of(target) in without:
        return []
    if is_file(target):
        return [(problem, file_of(target)) for problem in in_file(target)]
    found = members(target)
    if not found:
        raise unknown_target("suite or problem", target, [*suites(), *selectable()])
    return [(problem, None) for problem in found.values()]


def _unique(items: Iterable[Item]) -> list[Item]:
    """Each item once, in the order of first appearance."""
    found: list[Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
