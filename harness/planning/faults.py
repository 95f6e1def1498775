"""What is wrong with the problems of users' files, found by trying each once in a worker."""

from __future__ import annotations

from gradparity.harness.messages.users_code import TryProblem
from gradparity.harness.planning.plan import Plan
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess


def fault(worker: WorkerProcess, file: str, problem: str, seed: int) -> str | None:
    """What is wrong with a problem in a user's file, in one line; None if nothing is.

    Nothing is said of one that kills or outlasts the worker: whoever calls it will say so.
    """
    try:
        return worker.request(TryProblem(file, problem, seed)).fault
    except WorkerFailure:
        return None


def faults(worker: WorkerProcess, plan: Plan) -> dict[str, str]:
    """The same of every problem of a plan that stands in a user's file, by its name."""
    files = {w.problem.name: w.file for w in plan.workloads if w.file is not None}
    tried = {name: fault(worker, file, name, plan.options.seed) for name, file in files.items()}
    return {name: told for name, told in tried.items() if told is not None}
