"""The problem of a descent, and the known minimum of its instance."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.planning.lookup import find
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown

VARIANTS = ("portable", "idiomatic")


def problem_of(spec: DescentSpec) -> Problem:
    """The problem, exact, with the loss of the spec's variant. Raises InputError for unknown names.

    A descent is held against minima that are known to more digits than float32 data have.
    """
    problem = replace(find(spec.problem, spec.file), exact=True)
    problem.keywords(spec.size)
    if spec.variant == "portable":
        return problem
    if spec.variant != "idiomatic":
        raise unknown("variant", spec.variant, VARIANTS)
    if spec.backend not in problem.idiomatic:
        has = ", ".join(problem.idiomatic) or "no backend"
        raise InputError(
            f"{problem.name} states no idiomatic loss for {spec.backend}; it does for {has}"
        )
    return problem.idiomatic_for(spec.backend)


@lru_cache(maxsize=256)
def known_minimum(name: str, file: str | None, size: str, seed: int) -> float | None:
    """The known minimum of a problem's instance; None where none is known.

    Kept, because that of a large regression takes seconds and every optimiser is held against it.
    """
    problem = replace(find(name, file), exact=True)
    if problem.minimum is None:
        return None
    return problem.minimum(problem.instance(size, seed).data).value
