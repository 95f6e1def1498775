"""Why what a search found is no advice: sentences that come before all others.

- **Negative demand.** A model's demand is a line or a plane, which a limit may push below 0. What
  is found there is no price of anything.
- **Almost no best decision.** Where profit nearly grows without end, the optimum hangs on the last
  digits of the figures: by the implicit function theorem dθ*/d ln d = -L_FF⁻¹ ∂²L/∂θ∂ ln d, which
  tells by how much a decision moves when a figure d is 1 % off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gradparity.harness.business.market import Market
from gradparity.harness.business.recommendation import Decision
from gradparity.harness.business.search import Optimum
from gradparity.problems import Arrays

LOOSE = 100.0
"""A decision is no advice that moves by so many per cent when a figure is 1 % off."""


def warnings(
    market: Market,
    optimum: Optimum,
    decisions: Sequence[Decision],
    demand: Sequence[float] | None,
    sensitivity: Arrays,
) -> Iterator[str]:
    """The sentences. sensitivity: see `Effects`."""
    unsold = [place + 1 for place, sold in enumerate(demand or ()) if sold < 0.0]
    if unsold:
        which = f" for {', '.join(map(str, unsold[:6]))}" if len(demand or ()) > 1 else ""
        held = [one.held for one in decisions if one.held]
        why = f" within the limit {held[0]}" if held else ""
        todo = "loosen it, or leave out what is not sold" if held else "leave that product out"
        yield (
            f"No advice: the demand{which} would be negative{why}, which the model allows and no "
            f"market does; {todo}, and ask again."
        )
    if market.problem.decisions is not None or unsold:
        return
    most = max(_loosest(optimum, decisions, sensitivity), default=None)
    if most is not None and most[0] > LOOSE:
        by, figure, name = most
        limits = "--max-price or --budget" if "spend" in _kinds(decisions) else "--max-price"
        yield (
            f"No advice: profit almost grows without end. Were {figure} 1 % off, the best {name} "
            f"would move by {by:,.0f} %; set a limit ({limits}), or make sure of the figures."
        )


def _loosest(
    optimum: Optimum, decisions: Sequence[Decision], sensitivity: Arrays
) -> Iterator[tuple[float, str, str]]:
    """(by how many per cent, figure, decision) for a figure that is 1 % off.

    A price is held against the largest, a spend against the profit where that is more: next to
    nothing may double and matter to nobody.
    """
    profit = abs(optimum.best.value)
    price = max((abs(one.value) for one in decisions if one.kind == "price"), default=0.0)
    for figure, moved in sensitivity.items():
        for one, by in zip(decisions, np.atleast_1d(moved), strict=True):
            size = price if one.kind == "price" else max(abs(one.value), profit)
            if one.kind != "free" and size > 0.0:
                yield float(abs(by)) / size, figure, one.name


def _kinds(decisions: Sequence[Decision]) -> set[str]:
    return {one.kind for one in decisions}
