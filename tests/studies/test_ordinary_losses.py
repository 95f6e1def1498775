"""Losses as people write them in NumPy: right gradients pass, mistakes are caught and mostly named."""

import pytest

from tests.studies.ordinary_losses import ORDINARY, ordinary_outcome

DIFFERENCES = {"gamma", "black-scholes"}
"""By differences: gammaln and the normal distribution's ndtr are not translated."""
UNNAMED = {"black-scholes"}


@pytest.mark.parametrize("name", ORDINARY)
def test_a_mistake_is_named_and_a_right_gradient_passes(name):
    found = ordinary_outcome(name)
    assert found.right in ("ok", "convention")
    assert found.taped == (name not in DIFFERENCES)
    assert found.status == "formula"
    assert (found.named, found.false) == (name not in UNNAMED, False), found.message


def test_there_are_many_and_nearly_all_are_named():
    assert len(ORDINARY) >= 55
    assert len(UNNAMED) < 0.1 * len(ORDINARY)
