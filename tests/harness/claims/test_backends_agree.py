"""Backends are judged at three points where parameters are few, at one where they are many."""

import numpy as np

from gradparity.harness.claims.tools.answers import FEW, agreement, near
from gradparity.problems import Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.claims import words
from gradparity.results.records.claim import Claimed, Figure


def test_points_keep_their_signs_and_zeros_and_are_within_a_tenth():
    drawn = {"a": np.array([1.0, -2.0, 0.0]), "b": np.asarray(5.0)}
    own, *others = near(drawn)
    assert own is drawn
    assert len(others) == 2
    for one in others:
        assert one["a"][2] == 0.0
        assert np.all(np.abs(one["a"] - drawn["a"]) <= 0.1 * np.abs(drawn["a"]))
        assert one["b"] != 5.0
    assert len(near({"many": np.ones(FEW + 1)})) == 1


def test_a_gradient_that_is_right_at_the_first_point_alone_is_found():
    at = PROBLEMS["booth"].instance("tiny", 0)
    (name,) = at.params

    def by_hand(params, data):
        x, y = params[name]
        u, v = x + 2 * y - 7, 2 * x + y - 5
        bent = float(np.abs(params[name] - at.params[name]).max())
        return u * u + v * v, {name: np.array([2 * u + 4 * v + bent, 4 * u + 2 * v])}

    planted = Problem(
        "planted", PROBLEMS["booth"].loss, lambda rng: at, {"tiny": {}}, "", gradient=by_hand
    )
    assert agreement(PROBLEMS["booth"], at, ("numpy", "tape")).holds
    assert agreement(planted, at, ("numpy",), [at.params]).holds
    found = agreement(planted, at, ("numpy", "tape"))
    assert not found.holds
    assert found.what.endswith("at 3 points of planted, numpy")


def test_a_range_that_is_ours_says_so():
    one = Figure("x", 0.5, 0.5, 0.5, claimed=Claimed("few: at most 1 %", high=0.01, ours=True))
    assert words.against(one) == "claimed few: at most 1 % (range ours): not so"
    course = Figure("x", 0.2, 0.2, 0.2, claimed=Claimed("at most 0.25", high=0.25))
    assert words.against(course) == "claimed at most 0.25: as claimed"
