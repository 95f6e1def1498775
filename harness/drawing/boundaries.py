"""What the networks of a race answer all over the plane of their inputs.

A race's record has no parameters of networks, but all that decides a descent: it is made again,
in this process, which is why a user's own problem is left out. The log-odds of class 1 at a
point are its loss with the answer 0 less that with 1, so that no architecture need be known:
softplus(z) - (softplus(z) - z) = z.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents.descent import RunningDescent
from gradparity.problems import Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import NUMPY
from gradparity.results.races import contenders
from gradparity.results.races.contenders import contender
from gradparity.results.records.descent import Descent
from gradparity.results.training_pictures.boundary_picture import Boundary

POINTS = 61
"""A side."""

PANELS, PARAMETERS = 12, 1000


def boundaries(descents: Sequence[Descent]) -> list[Boundary]:
    """Return the boundary of every optimiser on every problem with two classes in the plane.

    At its best rate, of its first seed. A descent whose end is not the one on record (another
    library's step, a version since) is left out.
    """
    found: list[Boundary] = []
    for members in contenders.races(descents).values():
        for all_of in members.values():
            made = contenders.tuned(all_of)
            if made and len(found) < PANELS and (one := _boundary(made[0])) is not None:
                found.append(one)
    return found


def _boundary(made: Descent) -> Boundary | None:
    problem = PROBLEMS.get(made.problem)
    if problem is None or made.file is not None or made.diverged or made.parameters > PARAMETERS:
        return None
    if made.final_loss is None or made.batch is not None or not _two_classes(problem, made):
        return None
    running = RunningDescent(
        DescentSpec(
            problem=made.problem,
            size=made.size,
            backend=made.backend.partition(" (")[0],
            variant="idiomatic" if made.backend.endswith(" (idiomatic)") else "portable",
            optimizer=made.optimizer,
            options=dict(made.options),
            rate=made.rate,
            schedule=made.schedule,
            seed=made.seed,
            dtype=made.dtype,
            budget=Budget(steps=made.steps),
        )
    )
    while not running.advance(1.0):
        pass
    again = running.descent()
    if again.final_loss is None or not np.isclose(again.final_loss, made.final_loss, rtol=1e-6):
        return None
    return answers(problem, made, running.theta())


def _two_classes(problem: Problem, made: Descent) -> bool:
    data = problem.instance(made.size, made.seed).data
    if set(data) != {"x", "y"} or np.ndim(data["x"]) != 2 or np.shape(data["x"])[1] != 2:
        return False
    return set(np.unique(data["y"])) == {0.0, 1.0}


def answers(problem: Problem, made: Descent, theta: Any) -> Boundary:
    """Return what the network with these parameters answers; made: the descent that led there."""
    instance, xp = problem.instance(made.size, made.seed), NUMPY
    params = Layout.of(instance.params).views(np.asarray(theta, np.float64))
    cases, classes = np.asarray(instance.data["x"]), np.asarray(instance.data["y"])

    def log_odds(point: Any) -> float:
        x = np.asarray(point, float)[None, :]
        of_zero, of_one = (
            float(problem.loss(xp, params, {"x": x, "y": np.full(1, answer)}))
            for answer in (0.0, 1.0)
        )
        return of_zero - of_one

    low, high = cases.min(axis=0), cases.max(axis=0)
    x, y = np.linspace(low - 0.35 * (high - low), high + 0.35 * (high - low), POINTS).T
    return Boundary(
        problem=contenders.short(problem.name),
        who=contenders.labels([contender(made)])[contender(made)],
        loss=float(problem.loss(xp, params, instance.data)),
        x=x,
        y=y,
        logits=np.array([[log_odds((a, b)) for a in x] for b in y]),
        cases=cases,
        classes=classes,
        answers=np.array([log_odds(case) for case in cases]),
    )
