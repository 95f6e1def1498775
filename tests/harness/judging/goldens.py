"""Certified figures of every problem's gradient up to 10⁴ parameters, committed beside this file.

`python -m tests.harness.judging.goldens` computes them anew in ball arithmetic (`backends/arb_balls/backend.py`) and
writes `goldens.json`; with problems named, it computes theirs and keeps the others. A gradient is stood for by the loss, and per parameter by its norm and by a
sum with the weights ±{1, 1⅛, ..., 1¾}, so that components cannot change places unnoticed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from gradparity.backends.arb_balls.backend import certified
from gradparity.backends.arb_balls.numbers import BallTape, TooLong
from gradparity.backends.arb_balls.operators import evaluated
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.marketing.adstock import PROBLEMS as MARKETING
from gradparity.problems.networks.learners import PROBLEMS as NETWORKS
from gradparity.problems.science.catalogue import PROBLEMS as SCIENCE
from gradparity.problems.systems.catalogue import PROBLEMS as SYSTEMS

FILE = Path(__file__).with_name("goldens.json")
MOST = 10_000
OPERATIONS = 8_000_000
"""Of single balls; a minute, and two gigabytes."""
SMALLEST = SCIENCE | NETWORKS | SYSTEMS | MARKETING
SEED = 0
DIGITS = 19
WHOLE = {"determinant", "linear-solve", "gaussian-process"}
"""Balls have no rule for whole matrices; these have closed forms in tests/problems/science/."""


def cases():
    """Every problem and size of at most 10⁴ parameters; of science and networks the smallest alone."""
    for name, problem in PROBLEMS.items():
        if name in WHOLE:
            continue
        for size in problem.sizes if name not in SMALLEST else ["tiny"]:
            instance = problem.instance(size, SEED)
            if instance.parameters <= MOST:
                yield name, size, problem, instance


def figures(value, derivative):
    """{"loss": (figure, scale), "w1 norm": ..., "w1 sum": ...}, in longdouble."""
    found = {"loss": (np.longdouble(value), abs(np.longdouble(value)))}
    for name, array in derivative.items():
        flat = np.ravel(array).astype(np.longdouble)
        places = np.arange(flat.size)
        weights = (1.0 - 2.0 * (places % 2)) * (1 + (places % 7) / 8)
        norm = np.sqrt(np.sum(flat * flat))
        found[f"{name} norm"] = norm, norm
        found[f"{name} sum"] = np.sum(weights * flat), norm * np.sqrt(flat.size)
    return found


def main(chosen) -> None:
    kept = json.loads(FILE.read_text()) if chosen else {}
    told = {}
    for name, size, problem, instance in cases():
        if chosen and name not in chosen:
            told |= {key: kept[key] for key in [f"{name} {size}"] if key in kept}
            continue
        try:
            evaluated(problem.loss, instance.params, instance.data, BallTape(1, OPERATIONS))
        except TooLong:
            print(f"{name} {size}: more than {OPERATIONS:,} operations")
            continue
        value, derivative, radius = certified(problem, instance, "gradient")
        worst = max(float(np.max(r, initial=0)) for r in radius.values())
        print(f"{name} {size}: {instance.parameters} parameters, within {worst:.1e}")
        told[f"{name} {size}"] = {
            key: f"{figure:.{DIGITS}g}" for key, (figure, _) in figures(value, derivative).items()
        }
    FILE.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
