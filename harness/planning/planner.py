"""Plans that name users' files are made in a worker: this process imports nothing of a user's.

A file that ends, crashes or never ends while it is imported is found and left out; what else was
named is planned without it. Where no file is named the plan is made here, which takes no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any

from gradparity.harness.messages.lines import read_record
from gradparity.harness.messages.planned import Made, MakePlan, MakeRacePlan
from gradparity.harness.messages.users_code import TryProblem
from gradparity.harness.planning.options import Options, check_limits
from gradparity.harness.planning.plan import Plan, make_plan
from gradparity.harness.planning.suite import load_suite
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.problems import InputError
from gradparity.problems.errors import UnfinishedError
from gradparity.problems.python_file import files_among

NO_BACKEND = ""
"""What the worker of a plan starts up: nothing but itself."""


def planned(targets: Sequence[str], options: Options, meanwhile: Sequence[str] = ()) -> Plan:
    """The plan of a run, see `make_plan`; `Plan.lost` has the files that are left out, and why.

    meanwhile: modules to import while the worker is at it, if there is one: that takes as long.
    Raises InputError, as `make_plan` does, and UnfinishedError where nothing is left to plan.
    """
    files = users_files(targets, options.backends)
    if not files:
        return make_plan(targets, options)
    request = MakePlan(tuple(targets), asdict(options), ())
    limits = Limits(allowed_cores(), options.timeout_s, options.memory_gib)
    plan, lost = made_by_worker(request, files, limits, meanwhile)
    return replace(read_record(Plan, "a plan", plan), lost=lost)


def users_files(*named: Iterable[str]) -> list[str]:
    """The files among what was named, and suites of the user's, which may name some."""
    given = [name for names in named for name in names]
    suites = [name for name in given if name.endswith(".toml")]
    return [*suites, *files_among(name for name in given if name not in suites)]


def made_by_worker(
    request: MakePlan | MakeRacePlan,
    files: Sequence[str],
    limits: Limits,
    meanwhile: Sequence[str] = (),
) -> tuple[dict[str, Any], dict[str, str]]:
    """The plan in JSON's types, and the files that had to be left out: file -> why.

    Raises as `planned` does.
    """
    check_limits(limits.timeout_s, limits.memory_gib)
    worker = WorkerProcess(NO_BACKEND, limits, heard=True, threads=1)
    try:
        worker.start()
        for module in meanwhile:
            import_module(module)
        try:
            return _plan(worker.request(request)), {}
        except WorkerFailure as failure:
            lost = _lost(worker, files)
            if not lost:
                raise UnfinishedError(failure.reason) from None
        why = "; ".join(
            reason if reason.startswith(file) else f"{file}: {reason}"
            for file, reason in lost.items()
        )
        try:
            return _plan(worker.request(replace(request, without=tuple(lost)))), lost
        except WorkerFailure as failure:
            raise UnfinishedError(f"{why}; {failure.reason}") from None
        except InputError:  # nothing is left
            raise UnfinishedError(why) from None
    finally:
        worker.end()


def _plan(made: Made) -> dict[str, Any]:
    if made.fault is not None:
        raise InputError(made.fault)
    return made.plan


def _lost(worker: WorkerProcess, files: Iterable[str]) -> dict[str, str]:
    """Those whose import a worker does not survive, and what becomes of it."""
    found = {}
    for name in files:
        suite = load_suite(name) if name.endswith(".toml") else None
        inside = users_files(x.problem for x in suite.entries) if suite is not None else [name]
        for file in inside:
            try:
                worker.request(TryProblem(file, "", 0))
            except WorkerFailure as failure:
                found[file] = failure.reason
    return found
