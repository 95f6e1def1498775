"""Products that are only summed become contractions, which are the same to rounding."""

import numpy as np
import pytest

from gradparity.harness.plain.steps import contracting
from gradparity.harness.plain.steps.contracting import contracted
from gradparity.harness.plain.steps.recording import RecordedLoss
from gradparity.harness.plain.steps.step import Datum, Slot, Step
from gradparity.problems.namespace import NUMPY

SHAPES = [
    ((3, 4), (4,), 1),
    ((3, 4), (4,), (0, 1)),
    ((3, 4), (3, 1), 0),
    ((3, 4), (), None),
    ((2, 3, 4), (3, 1), (0, 2)),
    ((3, 4), (3, 4), -1),
]


@pytest.mark.parametrize("reducing", ["sum", "mean"])
@pytest.mark.parametrize(("left", "right", "axis"), SHAPES)
def test_the_same_numbers_in_one_step(left, right, axis, reducing, monkeypatch):
    monkeypatch.setattr(contracting, "LEAST", 1)
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=left), np.asarray(rng.normal(size=right))
    steps = (
        Step(lambda xp, a, b: b * a, (Datum("x"), Slot(0)), 1, (0,)),
        Step(lambda xp, a: getattr(xp, reducing)(a, axis=axis), (Slot(1),), 2, (1,)),
    )
    shapes = {Datum("x"): left, Slot(0): right, Slot(1): np.broadcast_shapes(left, right)}
    (one,) = contracted(steps, shapes)
    assert (one.result, one.ended) == (2, (0,))
    found = RecordedLoss(("w",), (one,), 2).loss(NUMPY, {"w": w}, {"x": x})
    assert np.allclose(found, getattr(np, reducing)(x * w, axis=axis), rtol=1e-13, atol=1e-13)


OTHERS = {
    "read again": (lambda xp, a, b: a * b, lambda xp, a: xp.sum(a, axis=1), ()),
    "another operation": (lambda xp, a, b: a + b, lambda xp, a: xp.sum(a, axis=1), (1,)),
    "another reduction": (lambda xp, a, b: a * b, lambda xp, a: xp.max(a, axis=1), (1,)),
    "a sum of something else": (lambda xp, a, b: a * b, lambda xp, a: xp.sum(a * a), (1,)),
}


@pytest.mark.parametrize("why", OTHERS)
def test_other_steps_stay_as_they_are(why, monkeypatch):
    monkeypatch.setattr(contracting, "LEAST", 1)
    first, second, ended = OTHERS[why]
    steps = (Step(first, (Datum("x"), Slot(0)), 1), Step(second, (Slot(1),), 2, ended))
    shapes = {Datum("x"): (3, 4), Slot(0): (4,), Slot(1): (3, 4)}
    assert contracted(steps, shapes) == steps
