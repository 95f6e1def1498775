"""XOR and its seeds: a network learns, or is stuck, and how often."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gradparity.backends import Setting, Training
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views import xor_charts as charts
from gradparity.harness.views.controls import MOVING, Flag, Number, Selection
from gradparity.harness.views.paths import prepared_cache
from gradparity.harness.views.rates import EARLIER, plan_of
from gradparity.harness.views.view import Preset, View
from gradparity.problems import Arrays, Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.functions import relu, sigmoid
from gradparity.problems.xor import ANSWERS, CASES
from gradparity.results.pages.charts import Frame, Table

LONGEST = 5000
SEEDS = 50
SNAPSHOTS = 24
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


@dataclass(frozen=True, slots=True)
class Learning:
    """One run. at: the steps of its snapshots; params: there. losses: of all four cases, there.

    norms: of the gradient of all four cases by parameter, there.
    """

    at: Sequence[int]
    params: Sequence[Arrays]
    losses: npt.NDArray[np.float64]
    norms: Mapping[str, Sequence[float]]
    right: Sequence[int]


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


def learned(
    given: Mapping[str, Any], plan: Sequence[float], seed: int, snapshots: int = SNAPSHOTS
) -> Learning:
    """A run of one seed, with the rate of each step; bitwise what `train` does from this start."""
    problem = PROBLEMS[f"xor-{given['activation']}"]
    data = {"x": np.array(CASES), "y": np.array(ANSWERS)}
    start = started(given["start"], given["hidden"], seed)
    size = int(given["batch"])
    batches = Batches(problem, data, size, seed) if size < 4 else None
    first = data if batches is None else batches.batch(0)
    setting = Setting()
    loss = PreparedLoss(
        load(given["backend"]), problem, Instance(start, first), setting, prepared_cache()
    )
    step = loss.training_step(Training(given["optimizer"]))
    whole = PreparedLoss(load("tape"), problem, Instance(start, data), setting, prepared_cache())
    gradient = whole.operator("gradient")
    state, batch = step.start(start), None if batches else step.batch(data)
    marks = set(_marks(len(plan), snapshots))
    at: list[int] = []
    kept: list[Arrays] = []
    with np.errstate(all="ignore"):
        for k, rate in enumerate([*plan, 0.0]):
            if k in marks:
                at.append(k)
                kept.append({name: np.array(x) for name, x in step.params(state).items()})
                if not all(np.isfinite(x).all() for x in kept[-1].values()):
                    at.pop(), kept.pop()
                    break
            if k == len(plan):
                break
            state, _ = step.run(state, step.batch(batches.batch(k)) if batches else batch, rate)
        answers = [gradient(Instance(params, data)) for params in kept]
    norms = {
        name: [float(np.linalg.norm(answer.derivative[name])) for answer in answers]
        for name in start
    }
    losses = np.array([float(answer.value) for answer in answers])
    accuracy = problem.accuracy
    assert accuracy is not None
    right = [round(4 * accuracy(params, data)) for params in kept]
    return Learning(at, kept, losses, norms, right)


def started(start: str, hidden: int, seed: int) -> Arrays:
    """The parameters at the start; "normal" is the catalogue's own draw of this seed."""
    rng = np.random.default_rng(seed)
    if start == "normal":
        return PROBLEMS["xor-tanh"].draw(rng, hidden=hidden).params
    shapes = {"w1": (2, hidden), "b1": (hidden,), "w2": (hidden, 1), "b2": (1,)}
    if start == "zero":
        return {name: np.zeros(shape) for name, shape in shapes.items()}
    if start == "uniform":
        return {name: rng.uniform(-1.0, 1.0, shape) for name, shape in shapes.items()}
    spread = {"w1": math.sqrt(2 / (2 + hidden)), "w2": math.sqrt(2 / (hidden + 1))}
    return {
        name: spread[name] * rng.standard_normal(shape) if name in spread else np.zeros(shape)
        for name, shape in shapes.items()
    }


def _marks(steps: int, count: int) -> list[int]:
    """When snapshots are taken: closer together at the start, where most happens."""
    share = np.linspace(0.0, 1.0, count) ** 1.5
    return sorted({*(round(float(one) * steps) for one in share), 0, steps})


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
