"""Claim 1: a derivative is sensitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.backends.longdouble.point import LONGDOUBLE
from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, median, slope
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

DELTAS = 0.5 ** np.arange(2, 40)
FITTED = 5
"""A slope is fitted to so many δ, each half of the one before."""
CLEAR = 100.0
"""So many times what rounding may do is clear of it."""
SLACK = 0.02
SHOWN = "xor-tanh"


@dataclass(frozen=True, slots=True)
class Remainders:
    """What Taylor's formula leaves out at each of `DELTAS`, and what of it may be rounding."""

    first: Any
    second: Any
    first_rounding: Any
    second_rounding: Any


@lru_cache(maxsize=256)
def remainders(problem: str, seed: int) -> Remainders:
    """|f(θ + δu) - f - δ u·g| and the same less ½ δ² uᵀHu; u is random, of θ's size.

    The loss is taken in longdouble, whose rounding leaves six octaves of δ more; the derivatives
    are the tape's, in float64, hence wrong by a few eps of themselves.
    """
    known = PROBLEMS[problem]
    instance = known.instance(next(iter(known.sizes)), seed)
    loss = objective(known, instance, "tape")
    theta = loss.layout.flatten(instance.params)
    u = np.random.default_rng([seed, 1]).standard_normal(theta.size)
    u *= np.maximum(np.abs(theta), 0.1 * np.abs(theta).max())
    data = {
        name: x.astype(np.longdouble) if np.issubdtype(x.dtype, np.floating) else x
        for name, x in instance.data.items()
    }

    def value(point: Any) -> Any:
        return np.longdouble(known.loss(LONGDOUBLE, loss.layout.views(point), data))

    with np.errstate(all="ignore"):
        gradient, curved = loss.gradient(theta)[1], loss.hvp(theta, u)
        wide = theta.astype(np.longdouble)
        here = value(wide)
        deltas = DELTAS.astype(np.longdouble)
        moved = np.array([value(wide + delta * u) for delta in deltas])
        first = moved - here - deltas * (u @ gradient)
        second = first - 0.5 * deltas**2 * (u @ curved)
    eps = np.finfo(np.float64).eps
    of_value = 8.0 * np.finfo(np.longdouble).eps * (abs(here) + np.abs(moved))
    of_slope = 8.0 * eps * deltas * (np.abs(u) @ np.abs(gradient))
    of_bend = 4.0 * eps * deltas**2 * (np.abs(u) @ np.abs(curved))
    kept = (np.abs(first), np.abs(second), of_value + of_slope, of_value + of_slope + of_bend)
    return Remainders(*(np.asarray(one, np.float64) for one in kept))


def order(remainder: Any, rounding: Any) -> float:
    """The log-log slope at the smallest δ that are clear of rounding; NaN where there are none."""
    clear = np.flatnonzero(remainder > CLEAR * rounding)
    if len(clear) < FITTED:
        return float("nan")
    chosen = clear[-FITTED:]
    return slope(DELTAS[chosen], remainder[chosen])[0]


def sensitivity(extent: Extent) -> Observed:
    """Taylor: f(θ + δu) = f + δ u·g + ½ δ² uᵀHu + O(δ³).

    So the remainder behind the slope is ½ δ² uᵀHu in the limit δ → 0, of log-log slope 2, and the
    one behind the Hessian's term has slope 3. Where the loss is quadratic along the line, the
    latter is 0, and nothing but rounding is left: no slope. A fit over four octaves of finite δ
    leaves terms of order δ out: 2 %.
    """
    points = extent.seeds(1, 5)
    lines = [(name, seed) for name in PROBLEMS for seed in points]
    found = [remainders(*line) for line in lines]
    orders = {
        2: np.array([order(one.first, one.first_rounding) for one in found]),
        3: np.array([order(one.second, one.second_rounding) for one in found]),
    }
    figures, kinked = [], set()
    for wanted, every in orders.items():
        slopes = every[np.isfinite(every)]
        behind = "the slope" if wanted == 2 else "the Hessian's term"
        claimed = Claimed(
            f"{wanted}, to {SLACK:.0%}", (1 - SLACK) * wanted, (1 + SLACK) * wanted, ours=True
        )
        theory = Theory(wanted, "Taylor's formula, δ → 0")
        far = int(np.nanargmax(np.abs(every - wanted)))
        kinked |= {
            lines[place][0] for place in np.flatnonzero(np.abs(every - wanted) > SLACK * wanted)
        }
        figures += [
            Figure(
                f"order of what is left behind {behind}, median of {len(slopes)} lines",
                *median(slopes),
                seeds=len(slopes),
                claimed=claimed,
                theory=theory,
                slack=SLACK,
            ),
            Figure(
                f"order of what is left behind {behind}, farthest from {wanted}: {lines[far][0]}",
                *exact(every[far]),
                claimed=claimed,
            ),
        ]
    some = ("himmelblau", "xor-tanh", "price-logit", "softmax-digits", "ode-lotka", "kalman")
    figures += [
        agreement(name, PROBLEMS[name].instance("tiny", 0), extent.backends)
        for name in some[: extent.of(3, 6)]
    ]
    quadratic = int(np.isnan(orders[3]).sum())
    sentence = (
        f"On {len(PROBLEMS)} problems what the slope leaves out shrinks with a power of δ of "
        f"{figures[0].value:.3f}, and with the Hessian's term {figures[2].value:.3f}; "
        f"on {quadratic} of {len(found)} lines the loss is quadratic, and nothing is left."
    )
    if kinked:
        sentence += f" Kinks within the smallest δ: {', '.join(sorted(kinked))}."
    return Observed(sentence, figures, _chart(remainders(SHOWN, 0)))


def _chart(one: Remainders, at: float | None = None) -> Chart:
    marks: list[Any] = []
    for what, y, rounding, colour in (
        ("behind the slope, order 2", one.first, one.first_rounding, "a"),
        ("behind the Hessian's term, order 3", one.second, one.second_rounding, "b"),
    ):
        clear = y > rounding
        marks.append(Polyline(DELTAS[clear], y[clear], what, colour))
        if at is not None:
            marks.append(Points([at], [float(np.interp(at, DELTAS[::-1], y[::-1]))], "", colour))
    return Chart(
        "remainders",
        f"What the slope leaves out of {SHOWN}'s loss falls with δ²",
        Axis("δ", scale="log"),
        Axis("|f(θ + δu) - f - ...|", scale="log"),
        marks,
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    one, delta = remainders(SHOWN, 0), 2.0 ** -given["halvings"]
    place = int(given["halvings"]) - 2
    left: Sequence[float] = (float(one.first[place]), float(one.second[place]))
    return Frame(
        f"At δ = {delta:.3g} the slope alone errs by {left[0]:.3g}, with the Hessian's term by "
        f"{left[1]:.3g}; at half of it by a quarter and an eighth.",
        (_chart(one, delta),),
        numbers={"delta": delta, "first": left[0], "second": left[1]},
    )


VIEW = View(
    "claim-1",
    "Claim 1",
    "Is a derivative sensitivity?",
    "Halve δ: what the slope leaves out shrinks to a quarter.",
    (
        Number(
            "halvings",
            "δ, halved so many times",
            2,
            20,
            6,
            positions=18,
            whole=True,
            stops=range(2, 21, 2),
        ),
    ),
    _frame,
)

CLAIM = Claim(
    1,
    "A derivative is sensitivity: |f(w + δ) - f(w) - δ g| has log-log slope 2 in δ, and 3 with the "
    "Hessian's term, on every problem.",
    sensitivity,
    problems=tuple(PROBLEMS),
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)
