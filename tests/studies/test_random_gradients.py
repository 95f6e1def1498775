"""A cause that was not planted is not stated, however small the problem."""

import numpy as np
import pytest

from gradparity import GradientError, check
from tests.studies.random_gradients import random_outcomes


def test_no_cause_is_stated_that_was_not_planted():
    found = random_outcomes(150, seed=5)
    assert [one for one in found if one.false] == []
    planted = [one for one in found if one.plant in ("one ratio", "a factor", "any factor")]
    assert sum(one.stated for one in planted) > 0.9 * len(planted)


X = np.array([0.5, 1.25, -0.75])


@pytest.mark.parametrize("factor", [1.5, 2 / 3])
def test_of_three_cases_a_factor_of_three_halves_may_be_anything(factor):
    """n/(n - 1) is the unbiased variance's factor, and the cube's over the square's."""
    with pytest.raises(GradientError) as caught:
        check(
            lambda w: np.sum(w * X) ** 2, X + 1, gradient=lambda w: factor * 2 * np.sum(w * X) * X
        )
    message = str(caught.value)
    assert "either the factor of a power" in message
    assert "perhaps" in message
    assert "unbiased variance" in message
