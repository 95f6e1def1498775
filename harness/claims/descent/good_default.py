"""Claim 22: Adam is a good default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import geometric, mean, median
from gradparity.harness.claims.tools.learning import LEARNING
from gradparity.harness.claims.tools.moving import log_stops, over
from gradparity.harness.claims.tools.walks import Vectors, trained
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Heat
from gradparity.results.records.claim import Claimed, Figure

OPTIMIZERS = ("gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
QUICK = (
    "regression-logistic",
    "softmax-digits",
    "mlp-digits",
    "xor-tanh",
    "mlp-moons",
    "multitask",
)
FIRST_TRIAL = 1000
"""Seeds from here on tune; what was best on some starts would look better there than it is."""


@dataclass(frozen=True, slots=True)
class Raced:
    """rates: (R,). tuning: optimiser -> (R,) losses, median over trials. ends: -> (S,) losses.

    best: optimiser -> its rate. starts: (S,), the losses at the starts.
    """

    rates: Vectors
    tuning: dict[str, Vectors]
    best: dict[str, float]
    ends: dict[str, Vectors]
    starts: Vectors

    def within(self, name: str) -> Vectors:
        """(S,), whether on each seed it ends within 10 % of the best of all, each at its rate."""
        least = np.min(list(self.ends.values()), axis=0)
        return np.asarray(self.ends[name] <= least + 0.1 * np.abs(least))

    def alike(self, name: str) -> Vectors:
        """The same, where losses below a hundredth of the start's count as alike."""
        least = np.min(list(self.ends.values()), axis=0)
        good = self.ends[name] <= least + 0.1 * np.abs(least)
        return np.asarray(good | (self.ends[name] <= 0.01 * self.starts))

    def band(self, name: str) -> float:
        """Decades of rate over which the tuning's loss is within twice its own least.

        Losses below a hundredth of the first count as alike.
        """
        least = float(np.min(self.tuning[name]))
        good = self.tuning[name] <= max(least + abs(least), 0.01 * float(np.mean(self.starts)))
        return float(np.sum(good) * np.log10(self.rates[1] / self.rates[0]))


def default(extent: Extent) -> Observed:
    """A default is good where it is never far from the best, and where its rate hardly matters.

    Every optimiser has the best rate of one grid, by the median loss at the end of trials whose
    seeds are not those of the race. Then each makes as many steps from the same starts. Counted is
    on how many problems Adam ends within 10 % of the lowest loss of all, per seed; and how many
    decades of rate end within twice the least loss of an optimiser's own tuning, or at a hundredth
    of the first loss.

    No theory tells either figure. Losses near 0 differ by powers of ten: 10 % is strict there.
    """
    names = QUICK if extent.quick else LEARNING
    raced = {name: race(name, extent) for name in names}
    shares = {
        optimizer: np.mean([one.within(optimizer) for one in raced.values()], axis=0)
        for optimizer in OPTIMIZERS
    }
    seeds = len(shares["adam"])
    figures = [
        Figure(
            f"share of {len(names)} problems on which {optimizer} is within 10 % of the best",
            *mean(shares[optimizer]),
            seeds=seeds,
            claimed=Claimed("most of them: above half", low=0.5, ours=True)
            if optimizer == "adam"
            else None,
        )
        for optimizer in OPTIMIZERS
    ]
    bands = {optimizer: [one.band(optimizer) for one in raced.values()] for optimizer in OPTIMIZERS}
    figures.append(
        Figure(
            "the same of adam, where losses below a hundredth of the start's count as alike",
            *mean(np.mean([one.alike("adam") for one in raced.values()], axis=0)),
            seeds=seeds,
        )
    )
    wider = np.array(bands["adam"]) - np.mean(
        [bands[one] for one in OPTIMIZERS if one != "adam"], axis=0
    )
    figures.append(
        Figure(
            "decades by which Adam's band is wider than the mean of the others'",
            *mean(wider),
            seeds=len(names),
            claimed=Claimed("above 0", low=0.0),
        )
    )
    figures += [
        Figure(
            f"decades of rate within twice the least loss, {optimizer}, mean over problems",
            *mean(bands[optimizer]),
            seeds=len(names),
        )
        for optimizer in OPTIMIZERS
    ]
    for name, one in raced.items():
        figures += [
            Figure(
                f"loss at the end, {optimizer} at {one.best[optimizer]:.2g}, {name}",
                *_loss(one.ends[optimizer]),
                seeds=seeds,
            )
            for optimizer in OPTIMIZERS
        ]
    figures.append(
        agreement("mlp-moons", PROBLEMS["mlp-moons"].instance("tiny", 0), extent.backends)
    )
    near = {optimizer: float(np.mean(share)) for optimizer, share in shares.items()}
    leader = max((one for one in near if one != "adam"), key=lambda one: near[one])
    sentence = (
        f"Tuned alike, Adam ends within 10 % of the best loss on {near['adam']:.0%} of "
        f"{len(names)} problems, {leader}, the next, on {near[leader]:.0%}; Adam's good band of "
        f"rates is {np.mean(bands['adam']):.2g} decades wide, the others' {wider.mean():.2g} less."
    )
    return Observed(sentence, figures, _chart(raced))


def _loss(ends: Vectors) -> tuple[float, float, float]:
    """By the geometric mean; the median where a loss is not positive or not finite."""
    if np.all(np.isfinite(ends)) and np.all(ends > 0):
        return geometric(ends)
    return median(ends)


def race(name: str, extent: Extent) -> Raced:
    """Tuned and raced on one problem, at its tiny size."""
    rates = np.geomspace(1e-3, 100.0, 11) if extent.quick else np.geomspace(1e-4, 100.0, 13)
    trials, seeds = extent.of(1, 2), extent.of(10, 10)
    steps = extent.of(60, 150)
    problem = PROBLEMS[name]
    tried = [problem.instance("tiny", FIRST_TRIAL + trial) for trial in range(trials)]
    starts = [problem.instance("tiny", seed) for seed in range(seeds)]
    tuning, best, ends = {}, {}, {}
    for optimizer in OPTIMIZERS:
        found = np.array(
            [
                [trained(name, one, optimizer, [float(rate)] * steps).loss for rate in rates]
                for one in tried
            ]
        )
        tuning[optimizer] = np.median(found, axis=0)
        best[optimizer] = float(rates[int(np.argmin(tuning[optimizer]))])
        ends[optimizer] = np.array(
            [trained(name, one, optimizer, [best[optimizer]] * steps).loss for one in starts]
        )
    at_start = [trained(name, one, "gd", [0.0]).loss for one in starts]
    return Raced(rates, tuning, best, ends, np.array(at_start))


def _chart(raced: dict[str, Raced]) -> Chart:
    """Each optimiser's loss over the best one's, on each problem."""
    typical = {
        name: [float(np.median(one.ends[optimizer])) for optimizer in OPTIMIZERS]
        for name, one in raced.items()
    }
    ratios = [
        [(loss - min(losses)) / max(abs(min(losses)), 1e-16) + 1.0 for loss in losses]
        for losses in typical.values()
    ]
    return Chart(
        "default",
        "Loss at the end over the best optimiser's",
        Axis("", ticks=list(enumerate(OPTIMIZERS))),
        Axis("", ticks=list(enumerate(typical))),
        (
            Heat(
                list(range(len(OPTIMIZERS))),
                list(range(len(typical))),
                np.log10(np.maximum(ratios, 1.0)),
                "log10 of the ratio",
                low=0.0,
                high=2.0,
                words=[[f"{loss:.3g}" for loss in losses] for losses in typical.values()],
            ),
        ),
        height=120 + 22 * len(typical),
        note="Medians over starts, each optimiser at its tuned rate.",
    )


def _at_rate(rate: float) -> Mapping[str, float]:
    """The loss of mlp-moons after 60 steps from one start."""
    start = PROBLEMS["mlp-moons"].instance("tiny", 0)
    ends = {one: trained("mlp-moons", start, one, [rate] * 60).loss for one in OPTIMIZERS}
    return {name: min(loss, 1e3) for name, loss in ends.items()}


VIEW = over(
    22,
    "Over which rates does each learn?",
    "mlp-moons from one start, 60 steps. Move the rate.",
    Number("rate", "Rate", 1e-3, 100.0, 0.1, scale="log", stops=log_stops(1e-3, 100.0, 11)),
    _at_rate,
    Axis("loss at the end", scale="log"),
    lambda rate, seen: (
        f"At {rate:.3g} adam ends at {seen['adam']:.3g}, the best is "
        f"{min(seen, key=seen.__getitem__)} at {min(seen.values()):.3g}."
    ),
)

CLAIM = Claim(
    22,
    "Adam is a good default.",
    default,
    problems=LEARNING,
    optimizers=OPTIMIZERS,
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)
