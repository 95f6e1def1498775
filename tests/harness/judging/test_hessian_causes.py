"""Why a Hessian is wrong, beside closed forms (`tests/studies/hessian_bugs.py`)."""

import numpy as np
import pytest

from gradparity.harness.findings.words import advice, told, why
from tests.studies.hessian_bugs import BUGS, H, hessian_finding


@pytest.mark.parametrize("name", BUGS)
def test_the_cause_is_named(name):
    matrix, key, words = BUGS[name]
    found = hessian_finding(matrix)
    assert found.status == "formula"
    assert found.diagnosis.cause.key == key, told(found.diagnosis)
    assert any(word in why(found) for word in words), why(found)
    assert advice(found)


def test_what_is_not_finite_is_a_verdict_of_its_own():
    broken = H.copy()
    broken[1, 1] = np.nan
    found = hessian_finding(broken)
    assert (found.status, found.diagnosis) == ("nonfinite", None)


def test_a_right_one_is_ok_and_noise_has_no_cause():
    assert hessian_finding(H).status == "ok"
    noise = np.random.default_rng(0).normal(size=H.shape)
    assert hessian_finding(H + noise).diagnosis.cause.key == "other"
    assert hessian_finding(H + noise + noise.T).diagnosis.cause.key == "other"
