"""Rates that changed on the way: what was run with others before, as a control holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gradparity.harness.views.controls import Text
from gradparity.problems import InputError

EARLIER = Text("rates", "Rates so far", "", longest=600, hidden=True)
"""[[steps, rate], ...] as JSON: the page writes it where a rate changes without a reset."""


def plan_of(given: Mapping[str, Any], most: int, while_moving: int) -> tuple[list[float], str]:
    """The rate of each step, as the controls have it; and what is to be said of steps left out.

    most: steps; while a slider moves, `while_moving`.
    """
    plan = planned(given["rates"], given["steps"], given["rate"], most)
    if not given["moving"] or len(plan) <= while_moving:
        return plan, ""
    return plan[:while_moving], f" These are the first {while_moving:,} steps: let go for all."


def planned(earlier: str, steps: int, rate: float, most: int) -> list[float]:
    """The rate of each step: those so far, then `steps` at `rate`; at most so many.

    Raises InputError for an `earlier` that is no list of [steps, rate].
    """
    plan: list[float] = []
    try:
        for count, given in json.loads(earlier) if earlier else []:
            plan += [float(given)] * max(0, min(int(count), most))
    except (ValueError, TypeError, RecursionError):
        raise InputError("rates must be [[steps, rate], ...]") from None
    return (plan + [rate] * steps)[:most]
