"""Everybody's gradient of a problem at a size, ready to run."""

from __future__ import annotations

from collections.abc import Callable

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.problems.catalogue import PROBLEMS
from tests.benchmarks.speed.rows import LIBRARIES, OURS


def contestants(name: str, size: str) -> tuple[int, dict[str, Callable[[], object]]]:
    """The number of parameters, and contestant -> run(); who cannot is absent."""
    problem = PROBLEMS[name]
    instance = problem.instance(size, seed=0)
    runs: dict[str, Callable[[], object]] = {}
    for library in (*OURS, *LIBRARIES):
        backend = load(library)
        if backend.unavailable() or backend.unsupported(problem, "gradient"):
            continue
        for variant in problem.variants(library):
            posed = problem.variant(library, variant)
            prepared = backend.prepare(posed, "gradient", instance.zeros(), Setting())
            native = prepared.encode(instance)
            label = library if variant == "portable" else f"{library} ({variant})"
            runs[label] = lambda run=prepared.run, native=native: run(native)
    return instance.parameters, runs
