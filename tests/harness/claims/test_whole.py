"""Claims 30 to 32: figures by second methods."""

import numpy as np
import pytest

from gradparity.harness.claims.whole import digits, systems, xor
from gradparity.harness.views.xor_learning import learned
from gradparity.problems.catalogue import PROBLEMS


@pytest.mark.parametrize("kind", xor.KINDS)
def test_all_seeds_at_once_are_one_by_one(kind):
    seeds, hidden, steps = (0, 5), 3, 200
    together = xor.trained(kind, hidden, seeds, steps)
    for place, seed in enumerate(seeds):
        given = {
            **{"activation": kind, "start": "uniform", "hidden": hidden, "batch": "4"},
            **{"optimizer": "gd", "backend": "tape"},
        }
        alone = learned(given, [xor.RATE] * steps, seed, 2)
        for name, x in alone.params[-1].items():
            assert together[name][place] == pytest.approx(x, rel=1e-9, abs=1e-12)
        assert bool(xor.solved(kind, together)[place]) == (alone.right[-1] == 4)


def test_one_hidden_unit_solves_xor_from_no_start():
    assert not xor.solved("tanh", xor.trained("tanh", 1, range(10), 500)).any()


def test_accuracy_is_of_images_that_were_not_trained_on():
    problem = PROBLEMS[digits.NAME]
    rest = problem.held_out(np.random.default_rng(4), **digits.SIZE)
    seen = problem.instance(digits.WRITTEN, 4).data
    assert len(rest["x"]) + len(seen["x"]) == 1797
    pixels = {row.tobytes() for row in np.unique(seen["x"], axis=0)}
    assert sum(row.tobytes() in pixels for row in rest["x"]) <= 5  # twins in the data itself


@pytest.mark.parametrize("name", list(systems.SYSTEMS))
def test_backends_learn_the_same(name):
    found = systems.descended(name, 0, 5)
    assert found[-1] < found[0]
    assert systems.descended(name, 0, 5, "numpy") == pytest.approx(found, rel=1e-9)
