from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from gradparity.results.races import profiles
from gradparity.results.races.instances import field
from gradparity.results.races.profiles import Profile
from gradparity.results.races.targets import Goal
from gradparity.results.records.errors import NothingToDraw
from tests.results.descents import descent, failed

INF = math.inf


def test_performance_profile_worked_by_hand() -> None:
    # Ratios to the best: a 1, 2, never, 1; b 2, 1, 1, never.
    found = profiles.performance({"a": [10, 20, INF, 40], "b": [20, 10, 30, INF]})
    assert found["a"] == Profile((1.0, 2.0), (0.5, 0.75))
    assert found["b"] == Profile((1.0, 2.0), (0.5, 0.75))
    assert [found["a"].share(x) for x in (0.99, 1, 1.99, 2, 1e9)] == [0, 0.5, 0.5, 0.75, 0.75]


def test_an_instance_that_nobody_solves_counts() -> None:
    found = profiles.performance({"a": [INF, 1], "b": [INF, 3]})
    assert found["a"] == Profile((1.0,), (0.5,))
    assert found["b"] == Profile((3.0,), (0.5,))
    assert profiles.performance({"a": [INF]})["a"] == Profile((), ())
    assert Profile((), ()).share(1e300) == 0


def test_a_start_that_is_a_solution_is_solved_at_ratio_one() -> None:
    found = profiles.performance({"a": [0, 0], "b": [0, 5]})
    assert found["a"] == Profile((1.0,), (1.0,))
    assert found["b"] == Profile((1.0,), (0.5,))


def test_data_profile_worked_by_hand() -> None:
    # 9 evaluations of 2 parameters are 3 simplex gradients, as are 30 of 9; 4 of 3 are 1.
    found = profiles.data({"a": [9, 30, 4], "b": [INF, 10, 8]}, [2, 9, 3])
    assert found["a"] == Profile((1.0, 3.0), (1 / 3, 1.0))
    assert found["b"] == Profile((1.0, 2.0), (1 / 3, 2 / 3))


def test_profiles_are_what_their_definitions_say() -> None:
    rng = np.random.default_rng(3)
    costs = rng.integers(1, 30, (3, 40)).astype(float)
    costs[rng.random(costs.shape) < 0.2] = INF
    parameters = rng.integers(1, 20, 40)
    best = costs.min(axis=0)
    performance = profiles.performance({str(i): row.tolist() for i, row in enumerate(costs)})
    data = profiles.data({str(i): row.tolist() for i, row in enumerate(costs)}, parameters.tolist())
    for x in (1.0, 1.5, 2.0, 3.7, 11.0):
        for i, row in enumerate(costs):
            share = sum(t <= x * b for t, b in zip(row, best, strict=True) if t < INF) / 40
            assert performance[str(i)].share(x) == share
            share = sum(t <= x * (n + 1) for t, n in zip(row, parameters, strict=True)) / 40
            assert data[str(i)].share(x) == share


def test_cost_is_that_of_the_first_iterate_that_is_low_enough() -> None:
    made = descent(steps=4)
    assert made.history is not None
    losses = np.array([100.0, 50.0, 11.0, np.nan, 10.5])
    made = replace(made, first_loss=100.0, history=replace(made.history, losses=losses))
    assert profiles.cost(made, 0.5, Goal(0.0, True), "steps") == 1
    assert profiles.cost(made, 0.5, Goal(0.0, True), "evaluations") == 2
    assert profiles.cost(made, 0.5, Goal(0.0, True), "seconds") == 1e-5
    assert profiles.cost(made, 0.1, Goal(1.0, True), "steps") == 4  # 1 + 0.1 * 99 = 10.9
    assert profiles.cost(made, 0.1, Goal(0.0, True), "steps") == INF
    untimed = replace(made, history=replace(made.history, seconds=None))
    assert math.isnan(profiles.cost(untimed, 0.5, Goal(0.0, True), "seconds"))
    assert profiles.cost(failed("gd"), 0.5, Goal(0.0, True), "steps") == INF


def test_cost_agrees_with_the_closed_form() -> None:
    # At rate 0.1 the second coordinate is 0 at once, the first shrinks by 0.9 a step.
    made = descent(rate=0.1, seed=5)
    assert made.history is not None
    x = made.history.path[0, 0]
    wanted = math.ceil(math.log(1e-3 * made.first_loss / (x**2 / 2)) / math.log(0.81))
    assert profiles.cost(made, 1e-3, Goal(0.0, True), "steps") == wanted


def test_an_unknown_minimum_may_be_found_at_a_rate_that_is_not_shown() -> None:
    made = [descent(0.1, seed, minimum=None) for seed in range(2)]
    made += [descent(0.15, seed, minimum=None, optimizer="adam") for seed in range(2)]
    lucky = replace(descent(0.02, 0, minimum=None), best_loss=-3.0)
    found = field([*made, lucky])
    assert [d.rate for d in next(iter(found.descents.values()))] == [0.1, 0.1]
    assert [goal.value for goal in found.goals] == [-3.0, made[3].final_loss]


def test_instances_are_the_seeds_that_all_share() -> None:
    made = [descent(rate, seed) for rate in (0.01, 0.1) for seed in range(4)]
    made += [descent(0.15, seed, optimizer="adam") for seed in range(1, 6)]
    found = field(made)
    assert [[d.seed for d in one] for one in found.descents.values()] == [[1, 2, 3]] * 2
    assert {d.rate for one in found.descents.values() for d in one} == {0.1, 0.15}
    assert found.parameters == [2, 2, 2]
    assert found.problems == 1


def test_who_was_tried_too_little_is_left_out() -> None:
    made = [descent(0.1, seed, optimizer=name) for seed in range(3) for name in ("gd", "adam")]
    found = field([*made, descent(0.1, 7, optimizer="lion")])
    assert [who.optimizer for who in found.descents] == ["gd", "adam"]
    assert [who.optimizer for who in found.absent] == ["lion"]
    assert len(found.parameters) == 3


@pytest.mark.parametrize("status", ["crashed", "timeout", "error", "out of memory"])
def test_what_crashed_is_unsolved_and_what_is_unsupported_takes_no_part(status: str) -> None:
    made = [descent(0.1, seed) for seed in range(3)]
    made += [descent(0.15, seed, optimizer="adam") for seed in range(2)]
    made += [failed("adam", status, seed=2), failed("newton", "unsupported")]
    found = field(made)
    assert [who.optimizer for who in found.descents] == ["gd", "adam"]
    assert [[d.status for d in one] for one in found.descents.values()] == [
        ["budget"] * 3,
        ["budget", "budget", status],
    ]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ([], "two optimisers"),
        ([descent()], "two optimisers"),
        ([descent(), descent(optimizer="adam")], "fewer than two instances"),
        ([descent(batch=4), descent(batch=4, optimizer="adam")], "mini-batches"),
    ],
)
def test_what_cannot_be_compared_says_why(made: list, why: str) -> None:
    with pytest.raises(NothingToDraw, match=why):
        field(made)
