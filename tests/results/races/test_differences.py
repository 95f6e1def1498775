"""Paired differences between optimisers: the tests against SciPy's, the claims against a coin."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from gradparity.results.race_tables.differences import rankings, sentences
from gradparity.results.races.contenders import tuned, tuned_on_others
from gradparity.results.races.differences import (
    critical,
    differences,
    fewest_problems,
    holm,
    needed,
    power,
    sign_test,
)
from gradparity.results.races.instances import field
from gradparity.results.races.race_comparison import compare_races
from tests.results.geometric import descent


@pytest.mark.parametrize(
    ("wins", "losses"), [(0, 0), (1, 0), (5, 0), (6, 0), (31, 9), (20, 20), (700, 600)]
)
def test_the_sign_test_is_scipys(wins, losses):
    wanted = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(wanted, rel=1e-12)


def test_holm_by_hand():
    # Ascending .005, .01, .03, .04 times 4, 3, 2, 1: .02, .03, .06, and no less than that again.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("n", "share", "level"), [(20, 0.7, 0.05), (50, 0.8, 0.01), (300, 0.6, 0.001), (4, 0.9, 0.05)]
)
def test_power_is_that_of_the_binomial(n, share, level):
    c = critical(n, level)
    assert c < 0 or 2 * stats.binom.cdf(c, n, 0.5) <= level
    assert 2 * stats.binom.cdf(c + 1, n, 0.5) > level
    wanted = 0.0 if c < 0 else stats.binom.cdf(c, n, share) + stats.binom.sf(n - c - 1, n, share)
    assert power(n, share, level) == pytest.approx(wanted, rel=1e-10)


def test_what_is_needed_is_enough_and_a_fifth_less_is_not():
    for share in (0.6, 0.7, 0.9):
        n = needed(share, 0.05 / 45)
        assert power(n, share, 0.05 / 45) >= 0.8
        assert power(int(0.8 * n), share, 0.05 / 45) < 0.8
    assert needed(0.501, 0.05) is None


def made(name, ratios):
    """Descents of losses ratio^k from 1: to 1e-3 takes ln 1e-3/ln ratio steps."""
    return [descent(q, steps=400, optimizer=name, seed=seed) for seed, q in enumerate(ratios)]


def test_who_wins_on_most_seeds_is_better_only_beyond_chance():
    found = [
        *made("adam", [0.5] * 10),
        *made("gd", [0.9] * 10),
        *made("lion", [0.45] * 6 + [0.55] * 4),
    ]
    pairs = {(one.first, one.second): one for one in differences(field(found))}
    clear = pairs["adam", "gd"]
    assert (clear.wins, clear.losses, clear.ties) == (10, 0, 0)
    assert clear.p == pytest.approx(2 / 2**10)
    assert clear.adjusted == pytest.approx(3 * 2 / 2**10)
    assert clear.decided
    assert clear.ratio == pytest.approx(10 / 66)  # ⌈ln 1e-3/ln q⌉ steps
    close = next(one for key, one in pairs.items() if set(key) == {"adam", "lion"})
    assert (close.first, close.wins, close.losses) == ("lion", 6, 4)
    assert not close.decided
    assert close.seeds == needed(0.6, 0.05 / 3) > 10
    (ranking,) = rankings(found)
    lines = sentences(ranking)
    assert lines[0].startswith("lion")
    assert f"open: adam (6:4; {close.seeds} seeds)" in lines[0]
    assert "better than gd (10:0)" in lines[1]


def test_false_claims_are_as_rare_as_is_said():
    """Three optimisers that are the same but for chance: some claim in at most 5 % of the races."""
    rng = np.random.default_rng(0)
    false = 0
    for _ in range(200):
        found = [
            d for name in ("gd", "adam", "lion") for d in made(name, rng.uniform(0.3, 0.9, 12))
        ]
        false += any(one.decided for one in differences(field(found)))
    assert false / 200 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 200)


def test_two_races_side_by_side():
    before = [*made("adam", [0.9] * 8), *made("gd", [0.8] * 8)]
    after = [*made("adam", [0.81] * 8), *made("lion", [0.5] * 8), *made("gd", [0.8] * 8)]
    found = compare_races(before, after)
    adam, gd = found.changes
    assert (adam.optimizer, adam.better, adam.worse, adam.verdict) == ("adam", 8, 0, "better")
    assert adam.ratio == pytest.approx(0.5, rel=0.05)  # 0.81 is 0.9²: half as many steps
    assert adam.p == pytest.approx(2 / 2**8)
    assert adam.adjusted == pytest.approx(4 / 2**8)
    assert (gd.verdict, gd.ratio) == ("same", 1.0)
    assert [key[-1] for key in found.new] == ["lion"]
    assert found.gone == ()


def gridded(name, table):
    """Descents of a grid: rate -> the ratio of each seed."""
    return [
        descent(q, steps=400, optimizer=name, seed=seed, rate=rate)
        for rate, ratios in table.items()
        for seed, q in enumerate(ratios)
    ]


def test_a_rate_is_chosen_on_the_seeds_that_it_is_not_compared_on():
    # 0.1 is best on all seeds together, by what it does on seed 2; on seeds 0 and 1 it is not.
    table = {0.1: [0.6, 0.6, 0.2], 0.2: [0.5, 0.7, 0.9]}
    made = gridded("adam", table)
    chosen = tuned_on_others(made)
    for seed, found in chosen.items():
        others = [d for d in made if d.seed != seed]
        assert found.rate == tuned(others)[0].rate
        assert found.seed == seed
    assert {d.rate for d in tuned(made)} == {0.1}
    single = gridded("adam", {0.1: [0.6, 0.7]})
    assert [d.rate for d in tuned_on_others(single).values()] == [0.1, 0.1]
    one_seed = gridded("adam", {0.1: [0.9], 0.2: [0.5]})
    assert tuned_on_others(one_seed)[0].rate == 0.2
    assert tuned_on_others([]) == {}


def test_a_grid_makes_no_optimizer_better_than_its_equal():
    """One has ten rates to choose from, one a single rate, and all are the same but for chance."""
    rng = np.random.default_rng(1)
    wins = losses = 0
    for _ in range(30):
        many = {0.1 * (k + 1): rng.uniform(0.3, 0.9, 8) for k in range(10)}
        found = [*gridded("adam", many), *gridded("gd", {0.1: rng.uniform(0.3, 0.9, 8)})]
        (pair,) = differences(field(found))
        mine, its = (pair.wins, pair.losses)[:: 1 if pair.first == "adam" else -1]
        wins, losses = wins + mine, losses + its
    # Chosen on the seeds that are compared, adam wins three of five, of 240: p is below 0.1 %.
    assert sign_test(wins, losses) > 0.01


def several(name, by_problem):
    """Descents on many problems: problem -> the ratio of each seed."""
    return [
        replace(descent(q, steps=400, optimizer=name, seed=seed), problem=problem)
        for problem, ratios in by_problem.items()
        for seed, q in enumerate(ratios)
    ]


def test_a_problem_of_many_seeds_is_one_problem():
    fast, slow = [0.5] * 10, [0.9] * 10
    # Of six problems the first wins one with ten seeds each way: 60 instances, but 4:2 problems.
    names = [f"p{k}" for k in range(6)]
    first = several("adam", {n: fast if k < 4 else slow for k, n in enumerate(names)})
    second = several("gd", {n: [0.7] * 10 for n in names})
    (pair,) = differences(field([*first, *second]))
    assert (pair.wins, pair.losses, pair.problems) == (40, 20, (4, 2))
    assert pair.decided
    assert pair.p_problems == pytest.approx(stats.binomtest(4, 6).pvalue)
    assert not pair.general
    (ranking,) = rankings([*first, *second])
    assert "gd (40:20)" in ranking.lines[0][1]
    assert "*: over problems too" in ranking.title
    few = [d for d in (*first, *second) if d.problem in names[:2]]
    assert "of others nothing could be said before 6 had agreed" in rankings(few)[0].title


def test_what_holds_on_every_problem_holds_over_problems():
    names = [f"p{k}" for k in range(8)]
    found = [
        *several("adam", {n: [0.5] * 3 for n in names}),
        *several("gd", {n: [0.9] * 3 for n in names}),
        *several("lion", {n: [0.7] * 3 for n in names}),
    ]
    for pair in differences(field(found)):
        assert pair.p_problems == pytest.approx(2 / 2**8)
        assert pair.adjusted_problems == pytest.approx(3 * 2 / 2**8)
        assert pair.general
    (ranking,) = rankings(found)
    assert ranking.lines[0][1] == "lion (24:0)*, gd (24:0)*"


@pytest.mark.parametrize("pairs", [1, 3, 10, 45])
def test_of_fewer_problems_not_even_all_decide(pairs):
    n = fewest_problems(pairs)
    assert pairs * sign_test(n, 0) <= 0.05 < pairs * sign_test(n - 1, 0)
