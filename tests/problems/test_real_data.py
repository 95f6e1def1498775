"""The data that are read without scikit-learn are those that scikit-learn reads."""

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from gradparity.problems import real_data


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (real_data.digits, load_digits),
        (real_data.breast_cancer, load_breast_cancer),
        (real_data.diabetes, partial(load_diabetes, scaled=False)),
        (real_data.wine, load_wine),
    ],
)
@pytest.mark.parametrize("shipped", [True, False])
def test_the_data_are_scikit_learns(ours, theirs, shipped, monkeypatch, tmp_path):
    if not shipped:
        monkeypatch.setattr(real_data, "shipped_folder", lambda: tmp_path)
    features, labels = ours.__wrapped__()
    expected = theirs(return_X_y=True)
    np.testing.assert_array_equal(features, expected[0])
    np.testing.assert_array_equal(labels, expected[1])
