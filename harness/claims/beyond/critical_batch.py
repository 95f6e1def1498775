"""Claim 43: beyond a critical batch, larger batches buy little."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import Vectors, flat, objective_of, trained
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Points, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

LINEAR, NETWORK = "regression-linear", "softmax-digits"
SIZES = (1, 4, 16, 64)


def critical(extent: Extent) -> Observed:
    """What one step of a mini-batch's gradient ĝ buys on a quadratic, and what many do.

    In the mean it lowers the loss by

        η ‖g‖² - ½ η² (gᵀH g + tr H Σ_B),   Σ_B = Σ/B (N - B)/(N - 1),

    at best, at η = ‖g‖²/(gᵀH g + tr H Σ_B), by ½ ‖g‖⁴/(gᵀH g + tr H Σ_B): of what all cases buy,

        1/(1 + B_noise/B (N - B)/(N - 1)),   B_noise = tr H Σ/gᵀH g.

    Half of it is bought at B = B_noise, nearly all beyond. Hence steps to a loss should go as
    S = S_min (1 + B_crit/B), with B_crit near tr Σ/‖g‖², the simple noise scale; that is measured
    on softmax regression, with the best rate of a grid at each B.

    Source: McCandlish et al. (2018), An empirical model of large-batch training, arXiv 1812.06162.
    """
    figures, gained = _one_step(extent)
    steps, fit, scale = _steps(extent)
    lowest, crit = fit
    figures += [
        Figure(
            "B_crit of steps to a loss of 0.5 over tr Σ/‖g‖² on the way, softmax-digits",
            *exact(crit / scale),
            claimed=Claimed("of the same order: 0.1 to 10", 0.1, 10.0, ours=True),
        ),
        Figure(
            "steps with batches of 1 over those with all 64 cases, softmax-digits",
            *exact(steps[0] / steps[-1]),
            claimed=Claimed("fewer with large batches: above 1", low=1.0),
        ),
        Figure(
            "cases seen with all 64 over those seen with batches of 1, softmax-digits",
            *exact(64 * steps[-1] / steps[0]),
            claimed=Claimed("bought little: above 1", low=1.0),
        ),
        agreement(LINEAR, PROBLEMS[LINEAR].instance("small", 0), extent.backends),
    ]
    sentence = (
        f"One best step with batches of 4 and 64 buys {gained[1]:.2f} and {gained[3]:.2f} of what "
        f"all cases buy, as the formula says. Steps to a loss fit a critical batch of {crit:.2g}; "
        f"the noise scale on the way is {scale:.2g}."
    )
    sizes = np.array([*SIZES[:-1], 64])
    chart = Chart(
        "critical-batch",
        f"Beyond about {crit:.2g} cases a larger batch saves few steps",
        Axis("batch B", scale="log"),
        Axis("steps to a loss of 0.5", scale="log"),
        (
            Points(sizes, steps, "measured"),
            Polyline(
                np.geomspace(1, 64, 40),
                lowest * (1 + crit / np.geomspace(1, 64, 40)),
                "S_min (1 + B_crit/B)",
                "muted",
                (4, 4),
            ),
        ),
    )
    return Observed(sentence, figures, chart)


def noise_scale() -> tuple[Vectors, Vectors, float]:
    """Per-case gradients (N, P) and the Hessian of the linear regression at its start, B_noise."""
    instance = PROBLEMS[LINEAR].instance("small", 0)
    x, y, w = instance.data["x"], instance.data["y"], flat(instance)
    each = x * (x @ w - y)[:, None]
    whole = each.mean(axis=0)
    hessian = objective_of(LINEAR, instance).hessian(w)
    off = each - whole
    spread = float(np.mean(np.einsum("ni,ij,nj->n", off, hessian, off)))
    return each, hessian, spread / float(whole @ hessian @ whole)


def _one_step(extent: Extent) -> tuple[list[Figure], list[float]]:
    n, draws = len(PROBLEMS[LINEAR].instance("small", 0).data["y"]), extent.of(300, 5000)
    figures, gained = [], []
    for size in SIZES:
        falls, stated = _falls(size, draws)
        gained.append(float(np.mean(falls)))
        figures.append(
            Figure(
                f"what one best step buys with batches of {size}, of that with all {n} cases",
                *mean(falls),
                seeds=draws,
                theory=Theory(stated, "1/(1 + B_noise/B (N - B)/(N - 1))"),
                slack=0.02,
            )
        )
    return figures, gained


def _falls(size: int, draws: int) -> tuple[list[float], float]:
    """What a best step with each of so many batches buys, of that with all cases; the formula's."""
    instance = PROBLEMS[LINEAR].instance("small", 0)
    objective, w = objective_of(LINEAR, instance), flat(instance)
    each, hessian, scale = noise_scale()
    g = each.mean(axis=0)
    n, bent, square = len(each), float(g @ hessian @ g), float(g @ g)
    whole, first = 0.5 * square**2 / bent, objective.value(w)
    noise = scale / size * (n - size) / (n - 1)
    rate = square / (bent * (1 + noise))
    falls = []
    for seed in range(draws):
        rows = Batches(PROBLEMS[LINEAR], instance.data, size, seed).rows(0)
        falls.append((first - objective.value(w - rate * each[rows].mean(axis=0))) / whole)
    return falls, 1 / (1 + noise)


def _steps(extent: Extent) -> tuple[Vectors, tuple[float, float], float]:
    """Median steps to a loss of 0.5 by batch, (S_min, B_crit) of their fit, and tr Σ/‖g‖² there."""
    goal, found = 0.5, []
    seeds, rates = extent.seeds(3, 12), np.geomspace(0.1, 10.0, extent.of(5, 9))
    for size in (1, 4, 16, 64):
        best = np.inf
        for rate in rates:
            taken = [_to(goal, size, float(rate), seed) for seed in seeds]
            best = min(best, float(np.median(taken)))
        found.append(best)
    steps, inverse = np.array(found), 1 / np.array([1.0, 4.0, 16.0, 64.0])
    rise, lowest = np.polyfit(inverse, steps, 1, w=1 / steps)
    from gradparity.harness.claims.landscape.batch_noise import cases

    each = cases(NETWORK, None)
    whole = each.mean(axis=0)
    scale = float(np.mean(np.sum((each - whole) ** 2, axis=1)) / (whole @ whole))
    return steps, (float(lowest), float(rise / lowest)), scale


def _to(goal: float, size: int, rate: float, seed: int, most: int = 1500) -> float:
    start = PROBLEMS[NETWORK].instance("tiny", 0)
    objective = objective_of(NETWORK, start)
    reached = np.inf

    def there(k: int, theta: Vectors) -> bool:
        nonlocal reached
        if objective.value(theta) <= goal:
            reached = float(k)
        return bool(np.isfinite(reached))

    every = 1 if size == 64 else 2
    trained(NETWORK, start, "gd", [rate] * most, batch=size, seed=seed, watch=there, every=every)
    return reached


def _buys(batch: float) -> Mapping[str, float]:
    """What one best step buys, of that with all cases: the mean of 200 draws, and the formula."""
    falls, stated = _falls(int(batch), 200)
    return {"mean of 200 draws": float(np.mean(falls)), "1/(1 + B_noise/B (N - B)/(N - 1))": stated}


VIEW = over(
    43,
    "What does one step with a batch buy?",
    "Linear regression, each batch at its best rate. Move the batch.",
    Number("batch", "Batch B", 1, 64, 8, whole=True, scale="log", stops=(1, 2, 4, 8, 16, 32, 64)),
    _buys,
    Axis("fall of the loss, of that with all cases", low=0.0, high=1.05),
    lambda batch, seen: (
        f"One step with batches of {batch:.0f} buys {seen['mean of 200 draws']:.2f} of what all "
        f"cases buy; twice the batch would buy {_falls(2 * int(batch), 1)[1]:.2f}."
    ),
)

CLAIM = Claim(
    43,
    "There is a critical batch: below it twice the batch halves the steps, beyond it saves few.",
    critical,
    problems=(LINEAR, NETWORK),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)
