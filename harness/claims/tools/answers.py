"""A catalogue's problem by each backend: its loss and gradient, judged against the truth.

Backends may disagree by rounding alone; an experiment shows it once, where it measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import examined
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.records.claim import Claimed, Figure

FEW = 500
"""Parameters up to which a judgement takes so little that three points are judged."""


def prepared(
    problem: str | Problem, instance: Instance, backend: str, dtype: str = "float64"
) -> PreparedLoss:
    """The loss of an instance by a backend, prepared when it is first asked for."""
    known = PROBLEMS[problem] if isinstance(problem, str) else problem
    return PreparedLoss(load(backend), known, instance, Setting(dtype=dtype))


def objective(problem: str | Problem, instance: Instance, backend: str) -> CountedObjective:
    """The loss as a function of one vector: value, gradient, hvp, hessian; evaluations counted."""
    return CountedObjective(prepared(problem, instance, backend))


def agreement(
    problem: str | Problem,
    instance: Instance,
    backends: Sequence[str],
    points: Iterable[Arrays] = (),
) -> Figure:
    """The largest error of any backend's gradient, in units of what rounding may do, C (M + |g|).

    points: parameters in place of the instance's own and, of `FEW` parameters at most, of two more
    `near` it. At most 1 is claimed: a verdict `ok`; a legitimate choice at a kink counts as 0.
    """
    known = PROBLEMS[problem] if isinstance(problem, str) else problem
    worst, who = 0.0, ""
    places = list(points) or near(instance.params)
    first = replace(instance, params=places[0])
    gradients = {one: prepared(known, first, one).operator("gradient") for one in backends}
    for params in places:
        at = replace(instance, params=params)
        truth = Truth(known, at)
        for backend, gradient in gradients.items():
            finding, _ = examined(truth, gradient(at), None)
            share = departure(finding.status, finding.u64, truth.bound)
            if share > worst:
                worst, who = share, f", {backend}"
    return Figure(
        f"largest departure of a gradient by {len(backends)} backends "
        f"at {len(places)} point{'s' * (len(places) > 1)} of {known.name}{who}",
        *exact(worst),
        unit="of what rounding may do",
        claimed=Claimed("at most 1", high=1.0),
        check=True,
    )


def near(params: Arrays) -> list[Arrays]:
    """The parameters and, where they are few, two more: each number changed by up to a tenth."""
    rng = np.random.default_rng(0)
    more = 2 if sum(np.size(x) for x in params.values()) <= FEW else 0
    return [
        params,
        *(
            {k: x * (1.0 + 0.1 * rng.uniform(-1.0, 1.0, np.shape(x))) for k, x in params.items()}
            for _ in range(more)
        ),
    ]


def departure(status: str, error: float | None, bound: float) -> float:
    """A finding's error in units of its bound; infinite of a wrong answer without one."""
    if status == "convention":
        return 0.0
    if error is None or not np.isfinite(error):
        return np.inf
    return error / bound
