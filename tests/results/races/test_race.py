"""Figures of a race against closed forms: geometric losses reach τ after ⌈ln τ / ln q⌉ steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradparity.results.races.race import contests
from gradparity.results.races.spread import Spread, spread
from gradparity.results.races.targets import TAUS, Goal, goals, reached
from tests.results.geometric import SECONDS, crashed, descent, diverged

INF = math.inf


@pytest.mark.parametrize("q", [0.5, 0.9, 0.31])
def test_steps_to_a_target_are_those_of_the_geometric_series(q: float) -> None:
    found = reached(descent(q, steps=400), Goal(0.0, True))
    wanted = [math.ceil(math.log(tau) / math.log(q) - 1e-9) for tau in TAUS]
    assert [took.steps for took in found] == wanted
    assert [took.evaluations for took in found] == [2 * k for k in wanted]
    assert [took.seconds for took in found] == [SECONDS * k for k in wanted]


def test_a_target_beyond_the_last_step_is_infinitely_far() -> None:
    found = reached(descent(0.5, steps=10), Goal(0.0, True))
    # 2^-10 < 1e-3, but not 1e-4
    assert [took.steps for took in found] == [4, 7, 10, INF, INF, INF, INF]
    assert found[-1].seconds == INF
    assert reached(descent(0.5, timed=False), Goal(0.0, True))[0].seconds is None
    assert {took.steps for took in reached(crashed(), Goal(0.0, True))} == {INF}


def test_nan_reaches_nothing_and_what_came_before_counts() -> None:
    found = descent(0.5, steps=6)
    assert found.history is not None
    found.history.losses[4:] = math.nan
    assert [took.steps for took in reached(found, Goal(0.0, True))][:2] == [INF, INF]
    assert reached(found, Goal(0.0, True), [0.2])[0].steps == 3


def test_the_goal_is_the_known_minimum_or_the_lowest_loss_seen_on_the_same_instance() -> None:
    known = [descent(0.5, minimum=-2.0), descent(0.9, minimum=-2.0)]
    assert goals(known) == [Goal(-2.0, True)] * 2
    unknown = [
        descent(0.5, steps=3, minimum=None),
        descent(0.5, steps=5, minimum=None, optimizer="adam"),
        descent(0.5, steps=1, minimum=None, seed=1),
    ]
    assert goals(unknown) == [Goal(2**-5, False), Goal(2**-5, False), Goal(0.5, False)]
    assert goals([crashed(), descent(0.5, steps=1, minimum=INF)]) == [Goal(0.5, False)] * 2
    assert goals([crashed()]) == [None]


@settings(suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_the_spread_is_numpys(figures: list[float]) -> None:
    low, median, high = np.quantile(figures, [0.25, 0.5, 0.75])
    found = spread(figures)
    assert found is not None
    assert found.count == len(figures)
    assert [found.low, found.median, found.high] == pytest.approx([low, median, high])


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        ([1.0, 2.0, INF], Spread(2.0, 1.5, INF, 3)),
        ([1.0, INF], Spread(INF, INF, INF, 2)),
        ([1.0, 2.0, 3.0, 4.0, INF], Spread(3.0, 2.0, 4.0, 5)),
        ([INF, INF], Spread(INF, INF, INF, 2)),
        ([math.nan, None, 5.0], Spread(INF, INF, INF, 3)),
        ([-INF, 0.0, 1.0], Spread(0.0, -INF, 0.5, 3)),
    ],
)
def test_failures_count_as_infinity(figures: list[float | None], wanted: Spread) -> None:
    assert spread(figures) == wanted
    assert spread([]) is None


def test_lines_take_the_median_over_seeds() -> None:
    # To 1e-1: 4 steps at q = ½, 22 at 0.9, never for the one that diverged.
    (contest,) = contests([descent(0.5), descent(0.9, seed=1), diverged(7, seed=2)])
    (line,) = contest.standings
    assert contest.seeds == 3
    assert line.steps[0] == Spread(22.0, 13.0, INF, 3)
    assert line.final_loss.median == pytest.approx(0.9**100)
    assert line.final_loss.high == INF
    assert line.best
    assert line.good is None


def test_the_best_rate_is_the_fastest_to_rounding_and_good_rates_surround_it() -> None:
    raced = {0.001: 0.9999, 0.01: 0.97, 0.1: 0.7, 0.2: 0.4, 0.3: 0.6, 0.5: 1.0}
    found = [descent(q, rate=rate) for rate, q in raced.items()]
    found.append(diverged(3, rate=1.0))
    # Beyond a bad rate a good one does not belong to the band.
    found.append(descent(0.5, rate=2.0))
    (contest,) = contests(found)
    assert [line.first.rate for line in contest.standings] == [*raced, 1.0, 2.0]
    best = [line for line in contest.standings if line.best]
    assert [line.first.rate for line in best] == [0.2]
    # In decades: 0.7^100 is 10^-15.5 and rounding 10^-15.7, within a tenth; 0.97^100 only 10^-1.3.
    assert best[0].good == (0.1, 0.3)


def test_entrants_stand_in_the_order_of_the_race() -> None:
    found = [
        descent(0.9, optimizer="slow"),
        diverged(2, optimizer="wild"),
        descent(0.5, optimizer="fast", options={"beta2": 0.9}),
        descent(0.6, optimizer="fast"),
        descent(0.5, optimizer="elsewhere", problem="valley"),
    ]
    bowl, valley = contests(found)
    assert [line.entrant[1] for line in bowl.standings] == [
        *("fast (beta2=0.9)", "fast", "slow", "wild")
    ]
    assert [line.entrant[1] for line in valley.standings] == ["elsewhere"]
    assert contests([]) == []
