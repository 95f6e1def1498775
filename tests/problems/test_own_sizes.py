"""`--size n=100,d=5`: any size of any problem."""

import pytest

from gradparity.harness.terminal.options import split
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS


@pytest.mark.parametrize(
    ("name", "size", "parameters"),
    [
        ("rosenbrock", "n=17", 17),
        ("rosenbrock", "n=1e3", 1000),
        ("kmeans", "centres=5,dimensions=7", 35),
        ("regression-logistic", "cases=40,features=9", 10),
        ("mlp-digits", "hidden=(5,4),images=10", 64 * 5 + 5 + 5 * 4 + 4 + 4 * 10 + 10),
        ("conv-digits", "filters=3", 3 * 9 + 3 + 27 * 10 + 10),
    ],
)
def test_a_size_of_ones_own(name, size, parameters):
    assert PROBLEMS[name].instance(size, 0).parameters == parameters


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("rosenbrock", "m=17", "unknown figure of rosenbrock: 'm'; known: n"),
        ("rosenbrock", "n=many", "size n=many: 'many' is no number"),
        ("rosenbrock", "huge", "rosenbrock has no size 'huge'; it has: tiny, small"),
        ("kmeans", "centres=0", "centres is 0; it should be at least 1"),
    ],
)
def test_a_size_that_is_none(name, size, message):
    with pytest.raises(InputError, match=message):
        PROBLEMS[name].instance(size, 0)


COUNTS = [
    (problem.name, name)
    for problem in PROBLEMS.values()
    for name, value in next(iter(problem.sizes.values())).items()
    if isinstance(value, int)
]


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "'x'", "1e30"])
@pytest.mark.parametrize(("problem", "name"), COUNTS)
def test_no_count_is_below_one_or_a_fraction_or_beyond_all_memory(problem, name, value):
    with pytest.raises(InputError) as told:
        PROBLEMS[problem].instance(f"{name}={value}", 0)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("problem", "size", "message"),
    [
        ("mlp-digits", "hidden=5", "hidden is 5, should be a tuple of whole numbers"),
        ("mlp-digits", "hidden=(0,)", "hidden is 0; it should be at least 1"),
        ("price-linear", "a='x'", "size a='x': a is 'x', should be a number"),
        ("price-linear", "a=(1,2)", "a is a tuple, should be a number"),
        ("quadratic", "kappa='x'", "kappa is 'x', should be a number"),
        ("rosenbrock", "n=1", "n is 1; it should be at least 2"),
        ("mlp-wine", "cases=179", "cases is 179; it should be at most 178"),
        ("regression-diabetes", "cases=443", "cases is 443; it should be at most 442"),
    ],
)
def test_a_figure_that_no_draw_takes(problem, size, message):
    with pytest.raises(InputError) as told:
        PROBLEMS[problem].instance(size, 0)
    assert message in str(told.value)


def test_the_option_keeps_a_size_of_several_figures_together():
    assert split(["tiny,n=100,d=5,small"]) == ("tiny", "n=100,d=5", "small")
    assert split(["n=1", "n=2"]) == ("n=1", "n=2")
    assert split(["a,b"]) == ("a", "b")
    assert split(["hidden=(5,4),images=10,tiny"]) == ("hidden=(5,4),images=10", "tiny")
