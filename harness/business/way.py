"""The way to a decision: each iterate of the best descent, its slope, and the step from it.

Where profit is level its slope is 0: on the way there the tangents lie flatter and flatter.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradparity.harness.business.market import Market
from gradparity.harness.business.recommendation import Recommendation
from gradparity.problems import InputError, Namespace

POINTS = 400
"""Of the curve of the profit."""


def way_rows(found: Recommendation) -> list[dict[str, str]]:
    """A row per iterate, every digit: its number, each decision, its slope dπ/d of it and its step.

    The last has no step; the profit comes behind. Raises InputError where other numbers than the
    decisions are what is moved.
    """
    if not found.way:
        raise InputError(
            f"{found.market.problem.name} divides a budget by other numbers than its spends: "
            "there is no way to show in what is decided"
        )
    rows = []
    for number, here in enumerate(found.way):
        then = found.way[number + 1].values if number + 1 < len(found.way) else None
        row = {"step": str(number)}
        for place, one in enumerate(found.decisions):
            row[one.name] = repr(here.values[place])
            row[f"slope by {one.name}"] = repr(here.slopes[place])
            row[f"step of {one.name}"] = (
                "" if then is None else repr(then[place] - here.values[place])
            )
        row["profit"] = repr(here.profit)
        rows.append(row)
    return rows


def draw_way(found: Recommendation, folder: str) -> list[Path]:
    """Write way.svg and way.png into a folder, made if it is missing: profit and its tangents.

    Raises InputError for more than one decision, which no curve shows, and for no folder.
    """
    from gradparity.results.training_pictures.curve_picture import DrawnCurve, Walk, draw_curve

    if len(found.decisions) != 1 or not found.way:
        names = ", ".join(one.name for one in found.decisions[:4])
        raise InputError(
            f"--plots draws the profit over one decision; here are {len(found.decisions)}: {names}"
        )
    one, unit = found.decisions[0], found.market.money
    at = [here.values[0] for here in found.way]
    spread = [*at, *(x for x in (one.low, one.high) if np.isfinite(x))]
    reach = 0.15 * (max(spread) - min(spread)) or 0.1 * abs(at[-1]) or 1.0
    least = 0.0 if min(spread) >= 0.0 else -np.inf
    x = np.linspace(max(min(spread) - reach, least), max(spread) + reach, POINTS)
    curve = DrawnCurve(
        x,
        np.array([_profit(found.market, one.name, t) for t in x]),
        (f"{one.name} [{one.unit}]", f"profit [{unit}]"),
        f"{found.market.problem.name}: {len(found.way) - 1} steps to {one.name} {one.value:.6g}",
    )
    walk = Walk(
        "iterates", at, [here.profit for here in found.way], [here.slopes[0] for here in found.way]
    )
    try:
        return draw_curve(curve, [walk], folder, "way")
    except OSError as error:
        raise InputError(f"cannot draw in {folder}: {error.strerror}") from error


def _profit(market: Market, name: str, value: float) -> float:
    instance = market.drawn(0)
    shape = np.shape(instance.params[name])
    params = {name: np.full(shape, value)}
    with np.errstate(all="ignore"):
        return -float(market.problem.loss(Namespace("numpy", np), params, instance.data))
