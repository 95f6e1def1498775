"""Claim 2: the optimum is where the derivative is zero and the second has the right sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.backends.optimizers.catalogue import start_search
from gradparity.backends.optimizers.contract.optimizer import Stalled
from gradparity.harness.claims.tools.answers import agreement, objective, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.views.controls import Number
from gradparity.problems import Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

ONE_PRICE = ("price-linear", "price-elastic", "price-logit")
SPEND = ("price-ad-sqrt", "price-ad-log", "price-ad-elastic")
PRICED = (*ONE_PRICE, "price-catalogue", *SPEND)
NEAR = 1.1
"""Plain descent starts so many times the best price away: beyond, not all of them are convex."""


def optimum(extent: Extent) -> Observed:
    """At an interior minimum g = 0 and H is positive definite (Fermat; Taylor to second order).

    The closed forms are in the problems' own modules. Rounding them moves a parameter θ_i by
    eps θ_i, and the slope by H eps θ: so |g_i θ_i / f| is a few eps times the elasticity of the
    slope, not 0. Of a critical point of a landscape, the signs of the Hessian's eigenvalues tell
    what it is, except where one of them is 0: the monkey saddle's only one.
    """
    figures = []
    level, bends, slopes = 0.0, [], []
    for name in PRICED:
        instance = _best(PROBLEMS[name])
        for backend in extent.backends:
            loss = objective(name, instance, backend)
            theta = loss.layout.flatten(instance.params)
            value, gradient = loss.gradient(theta)
            level = max(level, float(np.abs(gradient * theta / value).max()))
        hessian = objective(name, instance, "tape").hessian(theta)
        bends.append(float(np.linalg.eigvalsh(np.outer(theta, theta) * hessian / -value).min()))
        slopes.append(agreement(name, PROBLEMS[name].instance("tiny", 0), extent.backends).value)
    figures += [
        Figure(
            f"largest slope at the closed form of {len(PRICED)} problems, {len(extent.backends)} "
            "backends, as an elasticity",
            *exact(level),
            claimed=Claimed("0, to 1e-12", high=1e-12),
        ),
        Figure(
            "least curvature there, of minus the profit in elasticities",
            *exact(min(bends)),
            claimed=Claimed("above 0", low=np.nextafter(0.0, 1.0)),
        ),
    ]
    for method, names in (("descent", (*ONE_PRICE, "price-catalogue")), ("L-BFGS", SPEND)):
        errors = [
            (_descended if method == "descent" else _searched)(name, backend, extent)
            for name in names
            for backend in extent.backends
        ]
        figures.append(
            Figure(
                f"largest relative error of what {method} finds: {', '.join(names)}",
                *exact(max(errors)),
                claimed=Claimed("at most 1e-6", high=1e-6),
            )
        )
    right, degenerate, known, mistaken = _kinds()
    figures += [
        Figure(
            f"critical points of landscapes wrongly taken for minima, or not, of {known}",
            *exact(mistaken),
            claimed=Claimed("none", high=0.0),
        ),
        Figure(
            f"those whose kind the signs of the Hessian tell, of {known}",
            *exact(right),
            theory=Theory(known - degenerate, "all but those with an eigenvalue of 0"),
        ),
        Figure(
            f"largest departure of a gradient by {len(extent.backends)} backends on "
            f"{len(PRICED)} problems",
            *exact(max(slopes)),
            unit="of what rounding may do",
            claimed=Claimed("at most 1", high=1.0),
        ),
    ]
    sentence = (
        f"At {len(PRICED)} closed forms the slope is {level:.0e} and the curvature positive; "
        f"descent lands within {max(one.value for one in figures[2:4]):.0e} of them. The second "
        f"derivative tells {right} of {known} critical points: {degenerate} has none."
    )
    return Observed(sentence, figures)


def _best(problem: Problem) -> Instance:
    """The instance at its closed form, unrounded."""
    drawn = problem.instance("tiny", 0)
    assert problem.minimum is not None
    best = problem.minimum(drawn.data).params
    assert best is not None
    return Instance({name: np.asarray(best[name], np.float64) for name in drawn.params}, drawn.data)


def _descended(name: str, backend: str, extent: Extent) -> float:
    """The relative error of plain descent at the rate 1/λmax of the optimum, from `NEAR` it."""
    best = _best(PROBLEMS[name])
    loss = objective(name, best, "tape")
    goal = loss.layout.flatten(best.params)
    rate = 1.0 / float(np.linalg.eigvalsh(loss.hessian(goal)).max())
    step = prepared(name, best, backend).training_step(Training("gd"))
    state = step.start({name: np.array(NEAR * x) for name, x in best.params.items()})
    batch = step.batch(best.data)
    for _ in range(extent.of(100, 400)):
        state, _report = step.run(state, batch, rate)
    return _apart(loss.layout.flatten(step.params(state)), goal)


def _searched(name: str, backend: str, extent: Extent) -> float:
    """The relative error of L-BFGS, from where the instance is drawn."""
    best, drawn = _best(PROBLEMS[name]), PROBLEMS[name].instance("tiny", 0)
    loss = objective(name, drawn, backend)
    theta = loss.layout.flatten(drawn.params).astype(np.float64)
    move = start_search("lbfgs", loss, theta, np.random.default_rng(0), {})
    try:
        for _ in range(extent.of(100, 400)):
            move(theta, 1.0)
    except Stalled:
        pass  # nothing lower to be found: rounding
    return _apart(theta, loss.layout.flatten(best.params))


def _apart(found: Any, goal: Any) -> float:
    return float(np.abs(found / goal - 1.0).max())


def _kinds() -> tuple[int, int, int, int]:
    """Critical points whose kind the Hessian tells; with an eigenvalue of 0; all; taken wrongly."""
    right = degenerate = known = mistaken = 0
    for problem in PROBLEMS.values():
        if problem.critical is None:
            continue
        instance = problem.instance("tiny", 0)
        for point in problem.critical(instance.data):
            loss = objective(problem, Instance(point.params, instance.data), "tape")
            values = np.linalg.eigvalsh(loss.hessian(loss.layout.flatten(point.params)))
            flat = np.abs(values).min() <= 1e-9 * max(1.0, np.abs(values).max())
            known, degenerate = known + 1, degenerate + int(flat)
            right += int(not flat and _told(values) == point.kind)
            mistaken += int((not flat and values.min() > 0.0) != (point.kind == "minimum"))
    return right, degenerate, known, mistaken


def _told(values: Any) -> str:
    if values.min() > 0.0:
        return "minimum"
    return "maximum" if values.max() < 0.0 else "saddle"


def _moved(share: float) -> Mapping[str, float]:
    """Slopes as elasticities, d ln(profit)/d ln(price), at `share` of the best price."""
    seen = {}
    for name in ONE_PRICE:
        best = _best(PROBLEMS[name])
        loss = objective(name, best, "tape")
        theta = share * loss.layout.flatten(best.params)
        value, gradient = loss.gradient(theta)
        seen[name] = float(gradient[0] * theta[0] / value)
    return seen


VIEW = over(
    2,
    "Where is the slope zero?",
    "Three models of demand, each at a share of its best price. Move the price.",
    Number("share", "Price, of the best", 0.8, 1.2, 0.9, stops=np.linspace(0.8, 1.2, 9).tolist()),
    _moved,
    Axis("change of profit, per change of price"),
    lambda share, seen: (
        f"At {share:.2f} of the best price 1 % more changes the profit by "
        + ", ".join(f"{slope:+.2f} % ({name})" for name, slope in seen.items())
        + (": the price is right." if share == 1 else ": dearer." if share < 1 else ": cheaper.")
    ),
    (Rule(0.0, axis="y"),),
)

CLAIM = Claim(
    2,
    "The optimum is where the derivative is zero and the second derivative has the right sign: the "
    "price optimisers against their closed forms.",
    optimum,
    problems=PRICED,
    optimizers=("gd", "lbfgs"),
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)
