from __future__ import annotations

import math

import numpy as np
import pytest

from gradparity.harness.drawing.boundaries import boundaries
from gradparity.harness.drawing.differences import STEPS, errors
from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents.descent import RunningDescent
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.records.descent import Descent


def test_differences_fall_and_rise_as_the_theory_says() -> None:
    """Truncation of a forward difference is of first order, of a central one of second."""
    found = errors(PROBLEMS["xor-tanh"], "tiny", 0)
    at = {round(math.log10(h), 1): i for i, h in enumerate(found.steps)}
    forward, central = np.array(found.forward), np.array(found.central)
    assert forward[at[-3]] / forward[at[-5]] == pytest.approx(1e2, rel=0.1)
    assert central[at[-2]] / central[at[-3]] == pytest.approx(1e2, rel=0.1)
    # Rounding: at h = 1e-13 nothing better than eps / h is left, within a factor of some hundred.
    assert forward[at[-13]] > 1e-5
    assert 1e-9 < forward.min() < 1e-6
    assert 1e-13 < central.min() < 1e-9
    assert found.gradient < 1e-15
    assert len(found.steps) == len(STEPS)


def _trained(optimizer: str, rate: float, steps: int) -> Descent:
    spec = DescentSpec(
        "xor-tanh", "small", optimizer=optimizer, rate=rate, seed=1, budget=Budget(steps=steps)
    )
    running = RunningDescent(spec)
    while not running.advance(1.0):
        pass
    return running.descent()


def test_a_network_that_has_learned_answers_its_cases() -> None:
    made = _trained("adam", 0.05, 600)
    assert made.final_loss is not None
    assert made.final_loss < 0.05
    (found,) = boundaries([made])
    assert found.right == 4
    # The loss is the mean of softplus(-z) of the ones and softplus(z) of the zeros.
    signs = np.where(np.asarray(found.classes) > 0.5, -1.0, 1.0)
    assert np.mean(np.logaddexp(0, signs * found.answers)) == pytest.approx(made.final_loss)
    # The corners of the grid's middle: (0, 1) lies where the ones are.
    j, i = int(np.argmin(np.abs(found.x - 0.0))), int(np.argmin(np.abs(found.y - 1.0)))
    assert found.logits[i, j] > 0
    assert found.logits.shape == (len(found.y), len(found.x))


def test_no_boundary_of_what_has_no_classes_or_another_end() -> None:
    from dataclasses import replace

    made = _trained("gd", 0.1, 20)
    assert boundaries([replace(made, final_loss=0.123)]) == []
    assert boundaries([replace(made, file="mine.py")]) == []
    bowl = RunningDescent(DescentSpec("booth", budget=Budget(steps=5)))
    bowl.advance(10.0)
    assert boundaries([bowl.descent()]) == []
