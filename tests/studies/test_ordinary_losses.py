"""Losses as people write them in NumPy: right gradients pass, mistakes are caught and mostly named."""

import pytest

from tests.studies.ordinary_losses import ORDINARY, ordinary_outcome


@pytest.mark.parametrize("name", ORDINARY)
def test_a_mistake_is_named_and_a_right_gradient_passes(name):
    found = ordinary_outcome(name)
    assert found.right in ("ok", "convention")
    assert found.taped
    assert (found.status, found.named, found.false) == ("formula", True, False), found.message


def test_there_are_many():
    assert len(ORDINARY) >= 55
