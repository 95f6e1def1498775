"""XOR and its seeds: a network learns, or is stuck, and how often."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from gradparity.harness.views import xor_charts as charts
from gradparity.harness.views.controls import MOVING, Flag, Number, Selection
from gradparity.harness.views.rates import EARLIER, plan_of
from gradparity.harness.views.view import Preset, View
from gradparity.harness.views.xor_learning import SNAPSHOTS, Learning, learned
from gradparity.problems.functions import relu, sigmoid
from gradparity.results.pages.charts import Frame, Table

LONGEST = 5000
SEEDS = 50
WHILE_MOVING, SNAPSHOTS_MOVING = 600, 6
"""Steps and snapshots while a slider moves: so many can follow it."""
STARTS = {
    "normal": "standard normal, biases too",
    "uniform": "uniform in -1 ... 1, biases too",
    "xavier": "Xavier, biases 0",
    "zero": "all zero",
}
_PHI = {"sigmoid": sigmoid, "tanh": lambda xp, x: xp.tanh(x), "relu": relu}

CONTROLS = (
    Number("hidden", "Hidden units", 1, 8, 2, positions=7, whole=True),
    Selection("activation", "Activation", tuple((name, name) for name in _PHI), "tanh"),
    Selection("start", "Start", tuple(STARTS.items()), "normal"),
    Number("seed", "Seed of the start", 0, 999, 0, positions=999, whole=True),
    Selection(
        "optimizer",
        "Optimiser",
        tuple((name, name) for name in ("gd", "momentum", "nesterov", "rmsprop", "adam")),
        "gd",
    ),
    Number("rate", "Rate η", 1e-3, 30.0, 0.5, scale="log", positions=120),
    Selection("batch", "Cases a step", (("4", "all 4"), ("2", "2"), ("1", "1")), "4"),
    Number("steps", "Steps", 1, LONGEST, 1000, scale="log", whole=True),
    Flag("seeds", "Fifty seeds to the end, too"),
    Selection(
        "backend",
        "Backend",
        (("tape", "tape"), ("numpy", "numpy, by hand"), ("jax", "jax"), ("torch", "torch")),
        "tape",
    ),
    EARLIER,
    MOVING,
)


def frame(given: Mapping[str, Any]) -> Frame:
    """The decision boundary at each snapshot, loss and norms, and the fate of fifty seeds."""
    plan, left_out = plan_of(given, LONGEST, WHILE_MOVING)
    run = learned(given, plan, given["seed"], SNAPSHOTS_MOVING if given["moving"] else SNAPSHOTS)
    outcomes = _outcomes(_key(given)) if given["seeds"] and not given["moving"] else ()
    hidden = _PHI[given["activation"]]
    views = [
        charts.boundary(run.params, hidden, run.at),
        charts.loss(run.at, run.losses),
        charts.norms(run.at, run.norms),
    ]
    if outcomes:
        views.append(charts.fates(outcomes, given["seed"]))
    return Frame(
        sentence=_sentence(run, outcomes) + left_out,
        charts=views,
        tables=(_table(run),),
        steps=len(run.at) - 1,
        captions=[
            f"step {k}: loss {loss:.4g}, {right} of 4 right"
            for k, loss, right in zip(run.at, run.losses, run.right, strict=True)
        ],
        answer=("the number of cases right at the end", float(run.right[-1])),
        challenge=_challenge(run),
        numbers={
            "at": run.at,
            "loss": run.losses,
            "right": run.right,
            "params": run.params[-1],
            "solved": [right == 4 for right, _ in outcomes],
        },
    )


def _key(given: Mapping[str, Any]) -> str:
    own = ("seed", "seeds", "rates", "moving")
    return json.dumps({name: value for name, value in given.items() if name not in own})


@lru_cache(maxsize=16)
def _outcomes(key: str) -> tuple[tuple[int, float], ...]:
    """(cases right, loss) at the end of each of fifty seeds."""
    given = json.loads(key)
    plan = [given["rate"]] * given["steps"]
    runs = [learned(given, plan, seed) for seed in range(SEEDS)]
    return tuple((run.right[-1], float(run.losses[-1])) for run in runs)


def interval(solved: int, of: int) -> tuple[float, float]:
    """The share's 95 % interval, as Wilson has it.

    Source: Wilson (1927), Probable inference, JASA 22.
    """
    z, share = 1.959963984540054, solved / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


PLATEAUS = (
    (math.log(2), "ln 2: it answers ½ to everything"),
    (0.5 * math.log(2), "½ ln 2: two cases are answered alike"),
    (0.75 * (math.log(3) - 2 / 3 * math.log(2)), "¾ H(⅓): three cases are answered alike"),
)
"""Losses where XOR is stuck: m cases that share an answer cost m/4 of its entropy H."""


def _sentence(run: Learning, outcomes: Sequence[tuple[int, float]]) -> str:
    loss, right = float(run.losses[-1]), run.right[-1]
    if right == 4:
        first = next(k for k, one in zip(run.at, run.right, strict=True) if one == 4)
        told = f"Solved by step {first}: 4 of 4 right, loss {loss:.3g}"
    else:
        level = next((name for at, name in PLATEAUS if abs(loss - at) < 0.01 * at), None)
        stuck = f"Stuck at {loss:.3f} = {level}" if level else f"Loss {loss:.3g} so far"
        told = f"{stuck}: {right} of 4 right"
    if not outcomes:
        return f"{told}."
    solved = sum(one == 4 for one, _ in outcomes)
    low, high = interval(solved, len(outcomes))
    return f"{told}; {solved} of {len(outcomes)} starts solve it [{low:.0%}, {high:.0%}]."


def _challenge(run: Learning) -> tuple[bool, str]:
    told = "Challenge: all four right in under 100 steps. "
    first = next((k for k, one in zip(run.at, run.right, strict=True) if one == 4), None)
    if first is None:
        return False, told + "Not yet."
    return first < 100, told + f"By step {first}."


def _table(run: Learning) -> Table:
    return Table(
        "Snapshots",
        {
            "step": list(run.at),
            "loss": list(run.losses),
            "right": list(run.right),
            **{f"‖d{name}‖": list(norms) for name, norms in run.norms.items()},
        },
    )


VIEW = View(
    "xor",
    "XOR",
    "Why do some seeds never learn?",
    "A small network learns XOR, or gets stuck. Play the snapshots; try fifty seeds; click one.",
    CONTROLS,
    frame,
    (
        Preset(
            "Two hidden units",
            "Sometimes enough: press for fifty seeds.",
            {"seeds": True, "steps": 3000},
        ),
        Preset(
            "Eight hidden units",
            "With room to spare nearly every start solves it.",
            {"hidden": 8, "seeds": True, "steps": 3000},
        ),
        Preset(
            "All zeros",
            "From zero the gradient of w1, b1 and w2 is exactly 0 for ever: only b2 moves.",
            {"start": "zero", "batch": "1"},
        ),
        Preset(
            "A dead ReLU",
            "Units whose input is negative in every case have slope 0: they never come back.",
            {"activation": "relu", "seed": 1},
        ),
        Preset(
            "Too large a rate", "At rate 20 it jumps about, and may still land.", {"rate": 20.0}
        ),
        Preset("One case a step", "The noise of single cases.", {"batch": "1", "rate": 0.3}),
    ),
    asks="How many of the four cases will be right at the end?",
)
