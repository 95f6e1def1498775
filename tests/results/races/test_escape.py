"""Losses without a minimum: no f*, nobody solves them, graded by the escape."""

import math

import numpy as np
import pytest

from gradparity.results.race_tables.words import goal, sheets
from gradparity.results.races.contenders import rank, tuned
from gradparity.results.races.instances import field
from gradparity.results.races.race import contests
from gradparity.results.races.row import rows
from gradparity.results.records.descent import Descent, History
from gradparity.results.records.errors import NothingToDraw


def falling(factor, optimizer="gd", rate=0.1, status="budget", minimum=-math.inf, seed=0):
    """Losses -factor^k, k = 0 ... 9: below f0 - 1 = -2 from the first k with factor^k >= 2."""
    losses = -(float(factor) ** np.arange(10))
    history = History(np.arange(10.0), losses, np.arange(10.0) + 1)
    return Descent(
        *("saddle", "tiny", 2, "numpy", "ours", optimizer, {}, rate, "constant", None, seed),
        *("float64", status),
        steps=9,
        evaluations=10,
        first_loss=-1.0,
        final_loss=float(losses[-1]),
        best_loss=float(losses[-1]),
        minimum=minimum,
        history=history,
    )


def test_who_falls_away_first_is_first_and_nobody_solves_it():
    found = [falling(1.2), falling(1.5, "adam"), falling(1.01, "lion")]
    (contest,) = contests(found)
    assert [line.first.optimizer for line in contest.standings] == ["adam", "gd", "lion"]
    steps = [line.escape[0].median for line in contest.standings]
    assert steps == [2, 4, math.inf]  # 1.5² = 2.25, 1.2⁴ = 2.07
    assert all(math.isinf(s.median) for line in contest.standings for s in line.steps)
    assert "unbounded" in goal(contest)
    (sheet,) = sheets(contest)
    assert [cells["steps to escape"].full for cells in sheet.lines] == ["2", "4", "never"]
    assert [row.columns()["steps_to_escape"] for row in rows(found)] == [4, 2, math.inf]
    assert all(math.isinf(row.columns()["steps_to_1e-1"]) for row in rows(found))


def test_what_one_found_unbounded_has_no_minimum_for_the_others():
    """A user's loss, of which nothing is known: -1e30 is not f* where -1e100 was seen."""
    found = [falling(2.0, minimum=None), falling(9.0, "adam", status="unbounded", minimum=None)]
    (contest,) = contests(found)
    assert contest.unbounded
    assert {row.goal.value for row in rows(found)} == {-math.inf}


def test_the_best_rate_is_that_of_the_first_escape():
    found = [falling(1.2, rate=0.1), falling(1.5, rate=0.2), falling(1.05, rate=0.3)]
    assert [d.rate for d in tuned(found)] == [0.2]
    assert rank(found[:1])[0] == 4


def test_profiles_are_of_what_can_be_solved():
    found = [falling(1.2, seed=s) for s in range(2)]
    found += [falling(1.5, "adam", seed=s) for s in range(2)]
    with pytest.raises(NothingToDraw, match="unbounded"):
        field(found)
