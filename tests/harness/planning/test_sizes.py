"""Sizes that a person names: own figures and ladders of one figure."""

import numpy as np
import pytest

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.harness.planning.sizes import expanded
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError


def test_a_ladder_is_numpys_geometric_grid_in_whole_numbers():
    steps = [int(size.removeprefix("n=")) for size in expanded(["n=10:1e6:log7"])]
    assert steps == np.round(np.geomspace(10, 1e6, 7)).astype(int).tolist()


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        ("n=10:40:lin3", ("n=10", "n=25", "n=40")),
        ("n=1:3:log9", ("n=1", "n=2", "n=3")),
        ("n=2:4:lin2,d=5", ("n=2,d=5", "n=4,d=5")),
        ("hidden=(5,4),images=10:20:lin2", ("hidden=(5,4),images=10", "hidden=(5,4),images=20")),
        ("rate=0.5:2:log3", ("rate=0.5", "rate=1.0", "rate=2.0")),
        ("tiny", ("tiny",)),
    ],
)
def test_a_ladder_and_what_stays_with_it(size, steps):
    assert expanded([size, size]) == steps


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("10:100:log3", "sizes '10:100:log3': it should be a ladder of one figure, such as n=10"),
        ("n=1:2:lin2,d=1:2:lin2", "it should be a ladder of one figure"),
        ("n=100:10:log3", "sizes '100:10:log3': a grid goes up, in 2 sizes or more"),
        ("n=10:100:log1", "a grid goes up, in 2 sizes or more"),
        ("n=10:100", "sizes '10:100': it should be a grid LOW:HIGH:logN or LOW:HIGH:linN, such as"),
        ("n=ten:100:log3", "sizes 'ten:100:log3': 'ten' is no number"),
        ("n=0:100:log3", "size 0 is not allowed; it should be above 0 and finite"),
        ("n=1e999", "size n=1e999: 1e999 is no finite number"),
        ("n=4,n=6", "size n=4,n=6: n is given twice"),
        ("m=10:100:log3", "unknown figure of rosenbrock: 'm'; known: n"),
    ],
)
def test_a_ladder_that_is_none(size, message):
    with pytest.raises(InputError) as told:
        make_plan(["rosenbrock"], Options(sizes=(size,)))
    assert message in str(told.value)
    assert "\n" not in str(told.value)


def test_a_plan_climbs_the_ladder_for_every_problem():
    plan = make_plan(["rosenbrock", "ackley"], Options(sizes=("tiny", "n=10:1000:log3")))
    assert [(w.problem.name, w.size) for w in plan.workloads] == [
        (name, size)
        for name in ("rosenbrock", "ackley")
        for size in ("tiny", "n=10", "n=100", "n=1000")
    ]


def test_a_race_at_sizes_of_ones_own():
    options = RaceOptions(optimizers=("lbfgs",), backends=("tape",), sizes=("n=3:5:lin3",))
    assert [x.spec.size for x in plan_race(["rosenbrock"], options).descents] == [
        "n=3",
        "n=4",
        "n=5",
    ]
