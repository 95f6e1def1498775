import pytest

import gradparity as gp
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Subject, make_plan
from gradparity.problems import InputError


def names(plan):
    return [(w.problem.name, w.size, w.operator, w.setting.dtype) for w in plan.workloads]


def test_a_family_means_its_members():
    plan = make_plan(["price"], Options())
    assert {w.problem.name for w in plan.workloads} >= {"price-linear", "price-ad-log"}
    assert all(w.problem.name.startswith("price-") for w in plan.workloads)


def test_sizes_are_filtered_and_duplicates_dropped():
    plan = make_plan(["rosenbrock", "rosenbrock", "himmelblau"], Options(sizes=("large", "tiny")))
    assert names(plan) == [
        ("rosenbrock", "tiny", "gradient", "float64"),
        ("rosenbrock", "large", "gradient", "float64"),
        ("himmelblau", "tiny", "gradient", "float64"),
    ]


def test_idiomatic_subjects_follow_their_backend():
    plan = make_plan(["mlp-digits"], Options(backends=("numpy", "torch")))
    assert plan.subjects(plan.workloads[0]) == [
        Subject("numpy"),
        Subject("torch"),
        Subject("torch", "idiomatic"),
    ]


def test_the_default_is_the_quick_suite():
    assert make_plan([], Options()).name == "quick"


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        (["rosenbrok"], {}, "unknown suite or problem 'rosenbrok'; did you mean 'rosenbrock'? known: "),
        (["xor"], {"backends": ("trch",)}, "unknown backend 'trch'; did you mean 'torch'? known: numpy, "),
        (["xor"], {"sizes": ("hugE",)}, "unknown size 'hugE'; known: tiny, small, medium"),
        (["xor"], {"dtypes": ("float46",)}, "unknown dtype 'float46'; did you mean 'float64'? known: "),
        (["xor"], {"operators": ("grad",)}, "unknown operator 'grad'; did you mean 'gradient'? known: "),
        (["xor"], {"device": "cua"}, "unknown device 'cua'"),
        (["xor"], {"reference": "jux"}, "unknown reference backend 'jux'; did you mean 'jax'? known: "),
        (["xor"], {"rounds": 0}, "rounds is 0; it should be at least 1"),
        (["xor"], {"timeout_s": float("nan")}, "timeout is nan; it should be at least 1"),
        (["no_such.py"], {}, "no_such.py: no such file"),
        (["no_such.toml"], {}, "suite no_such.toml: No such file or directory"),
    ],
)  # fmt: skip
def test_bad_names_are_one_line(targets, options, message):
    with pytest.raises(InputError) as caught:
        make_plan(targets, Options(**options))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("call", [gp.run, gp.train])
@pytest.mark.parametrize("name", ["backends", "sizes", "dtypes"])
def test_one_name_is_not_taken_for_a_list_of_letters(call, name):
    with pytest.raises(InputError, match=rf"{name} is 'numpy'; give a list of names: \['numpy'\]"):
        call("booth", **{name: "numpy"})
