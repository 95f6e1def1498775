"""The verdict on a claim follows from its figures."""

import math

import pytest

from gradparity.results.records.claim import (
    FAILS,
    HOLDS,
    IN_PART,
    NOT_MEASURABLE,
    OPEN,
    Claimed,
    ClaimFinding,
    Figure,
    Theory,
)

AT_MOST_1 = Claimed("at most 1", high=1.0)
WITHIN = Figure("within", 0.5, 0.4, 0.6, claimed=AT_MOST_1)
BEYOND = Figure("beyond", 2.0, 1.5, 2.5, claimed=AT_MOST_1)
ASTRIDE = Figure("astride", 0.9, 0.8, 1.1, claimed=AT_MOST_1)
CHECK = Figure("a condition", 0.5, 0.5, 0.5, claimed=AT_MOST_1, check=True)
BESIDE = Figure("beside", 9.0, 9.0, 9.0)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ((WITHIN, BESIDE), HOLDS),
        ((WITHIN, BEYOND), IN_PART),
        ((WITHIN, ASTRIDE), IN_PART),
        ((ASTRIDE, BEYOND), OPEN),
        ((BEYOND, CHECK), FAILS),
        ((CHECK,), NOT_MEASURABLE),
        ((BEYOND, BEYOND, BESIDE), FAILS),
        ((BESIDE,), NOT_MEASURABLE),
    ],
)
def test_verdict(figures, verdict):
    assert ClaimFinding(1, "", "", quick=True, figures=figures).verdict == verdict


def test_parts_are_named():
    finding = ClaimFinding(1, "", "", quick=True, figures=(WITHIN, BEYOND, ASTRIDE))
    assert finding.parts == ("not: beyond", "not decided: astride")


def test_what_did_not_finish_has_no_verdict():
    assert ClaimFinding(1, "", "", quick=True, status="timeout", figures=(WITHIN,)).verdict == ""


def test_nan_is_not_as_claimed():
    nan = math.nan
    assert Figure("lost", nan, nan, nan, claimed=AT_MOST_1).holds is False


@pytest.mark.parametrize(
    ("value", "slack", "agrees"), [(0.55, 0.0, True), (0.7, 0.0, False), (0.7, 0.2, True)]
)
def test_theory_lies_in_the_interval_or_near_it(value, slack, agrees):
    assert Figure("x", 0.5, 0.4, 0.6, theory=Theory(value, "t"), slack=slack).agrees is agrees
