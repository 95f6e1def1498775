"""Ordinary losses of torch and JAX: how many there are, and a part of torch's judged."""

import pytest

from tests import ROOT
from tests.studies.judged_losses import judged, losses

OFTEN = 9
"""Every so-manieth is judged in the tests; all by `python -m tests.studies.judged_losses`."""


def some(library):
    return [(library, name) for i, name in enumerate(losses(library)) if i % OFTEN == 4]


@pytest.mark.parametrize(("library", "name"), some("torch"))
def test_a_right_gradient_is_not_accused_and_judged_by_the_tape(library, name):
    found = judged(library, name)
    assert not found.accused
    by_differences = f"- {library}, {name}:" in (ROOT / "docs/ordinary-losses.md").read_text()
    assert found.taped is not by_differences


def test_there_are_many():
    assert len(losses("torch")) >= 150
    assert len(losses("JAX")) >= 90
    assert len(losses("NumPy")) >= 60
