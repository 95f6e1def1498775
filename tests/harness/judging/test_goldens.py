"""The judge's truth is what certified balls found, on every problem up to 10⁴ parameters."""

import json

import numpy as np
import pytest

from gradparity.harness.judging.truth import Truth
from tests.harness.judging.goldens import FILE, SEED, cases, figures

GOLDENS = json.loads(FILE.read_text())
CASES = {f"{name} {size}": (problem, instance) for name, size, problem, instance in cases()}


def test_all_problems_have_goldens():
    assert set(GOLDENS) <= set(CASES)
    assert {key.split()[0] for key in GOLDENS} == {key.split()[0] for key in CASES}
    assert max(CASES[key][1].parameters for key in GOLDENS) == 10_000


@pytest.mark.parametrize("key", GOLDENS)
def test_the_truth_is_the_certified_one(key):
    problem, instance = CASES[key]
    truth = Truth(problem, instance, "gradient", SEED)
    found = figures(truth.exact[""], {name: x for name, x in truth.exact.items() if name})
    assert set(found) == set(GOLDENS[key])
    moves = {name: np.linalg.norm(np.ravel(m)) for name, m in truth.moves.items()}
    for what, (figure, scale) in found.items():
        name = what.rpartition(" ")[0]
        rounding = scale + moves[name] * (instance.parameters**0.5)
        # An eps of float64: a thousand times what longdouble loses, and what a verdict can feel.
        assert abs(figure - np.longdouble(GOLDENS[key][what])) <= 2.0**-52 * rounding, what
