"""Claim 47: weight decay with Adam and with AdamW."""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends import Training
from gradparity.backends.optimizers.training import start_update
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.moving import log_stops, over
from gradparity.harness.claims.tools.walks import Vectors, held_out, moved, trained
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "mlp-digits"
RATE, STEPS = 1e-3, 100
NOISES = (1.0, 10.0)
LAMBDAS = {"adam": (1e-4, 1e-3, 1e-2, 1e-1), "adamw": (1e-2, 1e-1, 1.0, 10.0)}


def decay(extent: Extent) -> Observed:
    """Adam with the decay in its gradient (L2) divides it by √v̂; AdamW (1 - ηλ) θ does not.

    Where the loss's gradient is 0, AdamW shrinks a weight by (1 - ηλ)ᵗ. Adam is told g = λθ, and
    its first step is η g/|g| = η, whatever λ is: with a decay ten times as strong it does the same.

    Where gradients are noise of deviation σ ≫ λ|θ|, √v̂ is σ: a weight shrinks by ηλ/σ of itself
    a step, less the noisier it is; with AdamW by ηλ. Descent knows no difference: θ - η (g + λθ) is
    (1 - ηλ) θ - ηg.
    """
    shrinks = {
        name: [_shrunk(name, decays) for decays in (0.1, 0.01)] for name in ("adam", "adamw")
    }
    figures = [
        Figure(
            f"a weight after {STEPS} steps of AdamW without a gradient, λ = 0.1",
            *exact(1 - shrinks["adamw"][0]),
            theory=Theory((1 - RATE * 0.1) ** STEPS, "(1 - ηλ)ᵗ"),
            slack=1e-12,
        ),
        *(
            Figure(
                f"shrinking with λ = 0.1 over that with 0.01, no gradient, {name}",
                *exact(one[0] / one[1]),
                claimed=Claimed("as λ: 10 to 1 %", 9.9, 10.1, ours=True),
                theory=Theory(
                    1.0 if name == "adam" else _ratio(),
                    "η a step" if name == "adam" else "(1 - ηλ)ᵗ",
                ),
                slack=1e-3,
            )
            for name, one in shrinks.items()
        ),
    ]
    for name, theory in (("adam", NOISES[1] / NOISES[0]), ("adamw", 1.0)):
        rates = _noisy(name, extent)
        figures.append(
            Figure(
                f"decay of weights whose gradients' noise is 1 over that of 10, {name}",
                *exact(rates[0] / rates[1]),
                claimed=Claimed("alike: 1 to a tenth", 0.9, 1.1, ours=True),
                theory=Theory(theory, "ηλ/σ" if name == "adam" else "ηλ"),
                slack=0.1,
            )
        )
    figures.append(
        Figure(
            "largest difference of descent with L2 from (1 - ηλ) θ - ηg",
            *exact(_of_descent()),
            claimed=Claimed("0 but for rounding", high=1e-15),
            check=True,
        )
    )
    better, told = _held_out(extent)
    figures.append(better)
    figures.append(agreement(NAME, PROBLEMS[NAME].instance("tiny", 0), extent.backends))
    sentence = (
        f"Ten times the λ decays {figures[1].value:.2f} times as much with Adam and "
        f"{figures[2].value:.2f} times with AdamW; where gradients are ten times as noisy Adam "
        f"decays {figures[3].value:.1f} times less, AdamW {figures[4].value:.2f} times. {told}"
    )
    return Observed(sentence, figures)


def _shrunk(name: str, decays: float) -> float:
    """By how much a weight of 1 has shrunk after `STEPS` without a gradient."""
    theta = np.ones(1)
    update = start_update(Training(name, {"weight_decay": decays}), theta)
    for _ in range(STEPS):
        update(theta, np.zeros(1), RATE)
    return float(1.0 - theta[0])


def _ratio() -> float:
    return (1 - (1 - RATE * 0.1) ** STEPS) / (1 - (1 - RATE * 0.01) ** STEPS)


def _noisy(name: str, extent: Extent, decays: float = 0.1) -> tuple[float, float]:
    """ln of the mean weight, of 1 at first, after noise of `NOISES` alone, for each of them."""
    count, steps = extent.of(2000, 40_000), 5000
    theta = np.ones(2 * count)
    sigma = np.repeat(NOISES, count)
    update = start_update(Training(name, {"weight_decay": decays}), theta)
    rng = np.random.default_rng(47)
    for _ in range(steps):
        update(theta, sigma * rng.standard_normal(2 * count), RATE)
    one, other = theta[:count].mean(), theta[count:].mean()
    return math.log(one), math.log(other)


def _of_descent() -> float:
    rng = np.random.default_rng(0)
    theta, gradient = rng.standard_normal(50), rng.standard_normal(50)
    expected = (1 - 0.1 * 0.3) * theta - 0.1 * gradient
    update = start_update(Training("gd", {"weight_decay": 0.3}), theta)
    update(theta, gradient.copy(), 0.1)
    return float(np.abs(theta - expected).max())


def _held_out(extent: Extent) -> tuple[Figure, str]:
    """Held-out accuracy of AdamW less Adam's, each at the λ that was best on other seeds."""
    count, steps = extent.of(4, 20), extent.of(150, 1500)
    ends = {
        name: np.array(
            [[_accuracy(name, decays, seed, steps) for seed in range(2 * count)] for decays in some]
        )
        for name, some in LAMBDAS.items()
    }
    best = {name: int(np.argmax(found[:, :count].mean(axis=1))) for name, found in ends.items()}
    last: dict[str, Vectors] = {name: found[best[name], count:] for name, found in ends.items()}
    figure = Figure(
        "held-out accuracy of AdamW less that of Adam with L2, each at its best λ, mlp-digits",
        *mean(last["adamw"] - last["adam"]),
        seeds=count,
        claimed=Claimed("better: above 0", low=0.0),
    )
    told = (
        f"Held out, Adam is right on {last['adam'].mean():.1%} at λ = "
        f"{LAMBDAS['adam'][best['adam']]:g}, AdamW on {last['adamw'].mean():.1%} at "
        f"{LAMBDAS['adamw'][best['adamw']]:g}."
    )
    return figure, told


def _accuracy(name: str, decays: float, seed: int, steps: int) -> float:
    start, known = PROBLEMS[NAME].instance("tiny", seed), PROBLEMS[NAME]
    end = trained(NAME, start, name, [0.01] * steps, batch=32, seed=seed, weight_decay=decays)
    assert known.accuracy is not None
    return known.accuracy(moved(start, end.theta).params, held_out(NAME, "tiny", seed))


VIEW = over(
    47,
    "Does decay grow with λ?",
    "A weight of 1 without a gradient, 100 steps at the rate 0.001. Move λ.",
    Number("decay", "Decay λ", 0.001, 10.0, 0.1, scale="log", stops=log_stops(0.001, 10.0, 9)),
    lambda decays: {name: _shrunk(name, decays) for name in ("adam", "adamw")},
    Axis("shrinks by", scale="log"),
    lambda decays, seen: (
        f"With λ = {decays:.3g} a weight shrinks by {seen['adam']:.2g} with Adam and L2, whatever "
        f"λ is, and by {seen['adamw']:.2g} with AdamW."
    ),
)

CLAIM = Claim(
    47,
    "AdamW decays weights alike, in proportion to λ, and generalises better than Adam with L2.",
    decay,
    problems=(NAME,),
    optimizers=("adam", "adamw", "gd"),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)
