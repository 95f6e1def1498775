"""Claim 45: the edge of stability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import mean
from gradparity.harness.claims.tools.walks import Trained, Vectors, objective_of, sharpness, trained
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure

RATE = 0.5
HIDDEN, CASES = 8, 20


def _loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    hidden = xp.tanh(data["x"] @ params["w1"] + params["b1"])
    return 0.5 * xp.mean(
        xp.sum(xp.square(hidden @ params["w2"] + params["b2"] - data["t"]), axis=-1)
    )


def drawn(rng: np.random.Generator, classes: int = 1) -> Instance:
    """A 1-8-1 tanh network and 20 points of a wave with a step."""
    x = np.linspace(-1.0, 1.0, CASES)[:, None]
    params = {
        "w1": rng.normal(size=(1, HIDDEN)),
        "b1": rng.normal(size=HIDDEN),
        "w2": rng.normal(size=(HIDDEN, classes)) / np.sqrt(HIDDEN),
        "b2": np.zeros(classes),
    }
    data = {"x": x, "t": np.sin(3.0 * x) + 0.5 * np.sign(x)}
    return Instance(params, data, {name: np.ones_like(one) for name, one in params.items()})


SQUARED = Problem(
    "tanh-squared",
    _loss,
    drawn,
    {"tiny": {}},
    "Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of "
    "stability, arXiv 2103.00065",
)


def digits(seed: int) -> Instance:
    """The digits' network with tanh and squared errors, half its usual start."""
    one = PROBLEMS["mlp-digits"].instance("tiny", seed)
    params = {name: 0.5 * x for name, x in one.params.items()}
    data = {"x": one.data["x"], "t": np.eye(10)[one.data["y"]]}
    return Instance(params, data, one.direction)


def edge(extent: Extent) -> Observed:
    """Where the loss is a quadratic, descent at η diverges beyond λmax = 2/η (claim 16).

    Of networks trained by descent on all cases it is said that λmax rises to 2/η and then stays
    there, while the loss falls all the same, not at every step. No theorem says so in general; what
    is measured is λmax η/2 over the last quarter of training, by Lanczos' method.

    With cross-entropy on data that can be separated it is otherwise: the curvature is that of
    probabilities, and falls with the loss.
    """
    steps = extent.of(1500, 6000)
    seeds = extent.seeds(6, 30)
    small = [
        _late(SQUARED, SQUARED.draw(np.random.default_rng(seed)), RATE, steps) for seed in seeds
    ]
    few = list(seeds)[: extent.of(2, 8)]
    squared = [_late(SQUARED, digits(seed), 0.15, extent.of(1500, 6000)) for seed in few]
    entropy = [
        _late("mlp-digits", PROBLEMS["mlp-digits"].instance("tiny", seed), 0.4, steps)
        for seed in few
    ]
    claimed = Claimed("at the edge: 1 to a tenth", 0.9, 1.1, ours=True)
    figures = [
        Figure(
            f"λmax η/2 late, {words}",
            *mean([top for top, _, _ in found]),
            seeds=len(found),
            claimed=claimed,
        )
        for words, found in (
            (f"tanh network with squared errors at {RATE:g}", small),
            ("digits with tanh and squared errors at 0.15", squared),
            ("mlp-digits with cross-entropy at 0.4", entropy),
        )
    ]
    figures += [
        Figure(
            "share of late steps on which the loss rises, tanh network",
            *mean([rises for _, rises, _ in small]),
            seeds=len(small),
            claimed=Claimed("not at every step falling: above 0", low=1e-9),
        ),
        Figure(
            "loss at the end over that halfway, tanh network",
            *mean([falls for _, _, falls in small]),
            seeds=len(small),
            claimed=Claimed("falls all the same: below 1", high=1.0),
        ),
        agreement(SQUARED, SQUARED.draw(np.random.default_rng(0)), extent.backends),
    ]
    sentence = (
        f"λmax η/2 ends at {figures[0].value:.2f} on a tanh network with squared errors, at "
        f"{figures[1].value:.2f} on digits so, and at {figures[2].value:.2f} with cross-entropy."
    )
    first = SQUARED.draw(np.random.default_rng(0))
    at, tops, run = watched(SQUARED, first, RATE, steps, steps // 40)
    return Observed(sentence, figures, _chart(at, tops, run, RATE))


def watched(
    problem: str | Problem, start: Instance, rate: float, steps: int, every: int
) -> tuple[list[int], list[float], Trained]:
    """When λmax was looked at, λmax, and the run."""
    objective = objective_of(problem, start)
    at: list[int] = []
    tops: list[float] = []

    def look(k: int, theta: Vectors) -> None:
        if np.all(np.isfinite(theta)) and np.abs(theta).max() < 1e6:
            at.append(k)
            tops.append(sharpness(objective, theta))

    run = trained(problem, start, "gd", [rate] * steps, watch=look, every=every)
    return at, tops, run


def _late(
    problem: str | Problem, start: Instance, rate: float, steps: int
) -> tuple[float, float, float]:
    """λmax η/2 and the share of rising steps, both late; loss at the end over that halfway."""
    _, tops, run = watched(problem, start, rate, steps, steps // 40)
    late = run.losses[3 * len(run.losses) // 4 :]
    half = run.losses[len(run.losses) // 2]
    return (
        float(np.mean(tops[3 * len(tops) // 4 :])) * rate / 2,
        float(np.mean(np.diff(late) > 0)),
        float(run.loss / half),
    )


def _chart(at: list[int], tops: list[float], run: Trained, rate: float) -> Chart:
    return Chart(
        "edge",
        f"At η = {rate:.3g} the curvature goes to 2/η = {2 / rate:.3g}",
        Axis("step"),
        Axis("λmax, and the loss", scale="log"),
        (
            Polyline(at, tops, "λmax", "a"),
            Polyline(range(len(run.losses)), run.losses, "loss", "b", (), 1.0),
            Rule(2 / rate, "2/η", "bad", "y"),
        ),
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    rate = given["rate"]
    start = SQUARED.draw(np.random.default_rng(0))
    at, tops, run = watched(SQUARED, start, rate, 500, 50)
    last = tops[-1] * rate / 2 if np.isfinite(run.loss) else float("nan")
    told = f"λmax ends at {last:.2f} of 2/η" if np.isfinite(last) else "the loss diverges"
    return Frame(
        f"At η = {rate:.3g} {told}; the loss is {run.loss:.3g}.",
        (_chart(at, tops, run, rate),),
        numbers={"share": last, "loss": run.loss},
    )


CLAIM = Claim(
    45,
    "Descent on a network ends at the edge of stability: λmax rises to 2/η and stays there.",
    edge,
    problems=("mlp-digits",),
    optimizers=("gd",),
    backends=("tape", "jax", "torch"),
    view=View(
        "claim-45",
        "Edge",
        "How steep does it get where descent goes?",
        "A small tanh network with squared errors. Move the rate: λmax follows 2/η.",
        (Number("rate", "Rate η", 0.05, 0.8, 0.5, scale="log"),),
        _frame,
    ),
)
