"""One rule for what is right but for its digits: it warns, and fails where one is strict."""

import pickle
import warnings

import numpy as np
import pytest

from gradparity import GradientError, GradientWarning, InputError, check

X = np.array([0.3, -1.2])


def judged(**options):
    """An answer that is off by the same relative 1e-9 everywhere, of exp."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at = np.array([0.3, -1.2])
        return check(
            lambda x: np.exp(x).sum(), at, gradient=lambda x: np.exp(x) * (1 + 1e-9), **options
        )


def test_what_agrees_to_a_stated_accuracy_passes_in_silence_and_says_how_far():
    found = judged(accuracy=1e-8)
    assert found.status == "inaccurate"
    assert found.error("float64") == pytest.approx(1e-9 / 2, rel=0.6)  # relative to M + |true|
    assert judged(accuracy=1e-8, strict=True) == found


def test_without_an_accuracy_or_beyond_it_a_wrong_formula_stays_one():
    for accuracy in (None, 1e-11):
        with pytest.raises(GradientError, match="formula"):
            judged(accuracy=accuracy)


def test_a_right_answer_is_ok_whatever_accuracy_is_stated():
    assert check(lambda x: np.exp(x).sum(), X, gradient=np.exp, accuracy=1e-3).status == "ok"


@pytest.mark.parametrize("accuracy", [0.0, 1.0, -1e-3, np.nan])
def test_an_accuracy_is_between_0_and_1(accuracy):
    with pytest.raises(InputError, match="should be between 0 and 1"):
        judged(accuracy=accuracy)


def test_the_fixture_follows_the_rule(gradparity, pytestconfig):
    def coarse(x):
        return np.exp(x) if x.dtype == np.float64 else np.round(np.exp(x) * 64) / np.float32(64)

    def loss(x):
        return np.exp(x).sum()

    at = np.array([0.3, -1.2])
    assert not pytestconfig.getoption("--gradparity-strict")
    with pytest.warns(GradientWarning, match="inaccurate at"):
        gradparity.check(loss, at, gradient=coarse)
    with pytest.raises(GradientError, match="inaccurate at"):
        gradparity.check(loss, at, gradient=coarse, strict=True)


def test_what_is_raised_comes_through_a_pool_of_processes():
    with pytest.raises(GradientError) as caught:
        check(lambda w: np.sum(w**2), np.ones(3), gradient=lambda w: 3 * w)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.finding == caught.value.finding
