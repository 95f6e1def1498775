"""From what was typed to the specs of a race."""

import math
from itertools import pairwise

import pytest

from gradparity.harness.training.options import option_values, whose_options
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.harness.training.rates import rates
from gradparity.problems import InputError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0.1", (0.1,)),
        ("0.01, 0.1,0.01", (0.01, 0.1)),
        ("1e-3:1:log4", (0.001, 0.01, 0.1, 1.0)),
        ("0.1:0.5:lin5", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("0.3:0.7:log2", (0.3, 0.7)),
    ],
)
def test_rates(text, wanted):
    assert rates(text) == wanted


def test_a_grid_has_its_ends_and_one_factor():
    found = rates("1e-3:1:log13")
    assert len(found) == 13
    assert (found[0], found[-1]) == (1e-3, 1.0)
    factors = [high / low for low, high in pairwise(found)]
    assert factors == pytest.approx([10 ** (3 / 12)] * 12, rel=1e-11)


@pytest.mark.parametrize(
    "text",
    ["0", "-1", "nan", "inf", "x", "1:2", "1:2:geo3", "2:1:log3", "1:2:lin1", "0:1:log3", ","],
)
def test_rates_that_are_none(text):
    with pytest.raises(InputError) as told:
        rates(text)
    assert "\n" not in str(told.value)


def test_options_are_numbers_switches_or_words():
    given = ["adam.beta2=0.99", "clip = 1", "centered=true", "clip2=none", "kind=fast"]
    assert option_values(given) == {
        "adam.beta2": 0.99,
        "clip": 1,
        "centered": True,
        "clip2": None,
        "kind": "fast",
    }


def test_an_option_belongs_to_one_optimiser_or_to_all_that_have_it():
    found = whose_options(["gd", "adam", "rmsprop"], {"epsilon": 1, "adam.epsilon": 1e-6})
    assert found == {"gd": {}, "adam": {"epsilon": 1e-6}, "rmsprop": {"epsilon": 1.0}}
    assert type(found["rmsprop"]["epsilon"]) is float
    with pytest.raises(InputError, match="unknown option of gd: 'beta1'"):
        whose_options(["gd", "adam"], {"gd.beta1": 0.9})


def test_a_plan_has_every_combination_once_in_order():
    options = RaceOptions(
        backends=("numpy", "tape"), optimizers=("adam", "gd"), rates="0.1,1", seeds=(0, 2)
    )
    plan = plan_race(["booth", "saddle", "booth"], options)
    assert len(plan.descents) == 2 * 2 * 2 * 2 * 2
    first = [
        (one.spec.optimizer, one.spec.backend, one.spec.rate, one.spec.seed)
        for one in plan.descents[:5]
    ]
    assert first == [
        ("adam", "numpy", 0.1, 0),
        ("adam", "numpy", 0.1, 2),
        ("adam", "numpy", 1.0, 0),
        ("adam", "numpy", 1.0, 2),
        ("adam", "tape", 0.1, 0),
    ]
    assert {one.spec.size for one in plan.descents} == {"tiny"}
    assert all(one.spec.measure_time for one in plan.descents)
    assert plan.backends == ["numpy", "tape"]


def test_idiomatic_losses_race_beside_the_portable_one_where_they_are_stated():
    options = RaceOptions(backends=("torch", "tape"), optimizers=("gd",), idiomatic=True)
    plan = plan_race(["xor-tanh", "booth"], options)
    assert [planned.label for planned in plan.descents] == [
        "xor-tanh tiny, torch, gd 0.01, seed 0",
        "xor-tanh tiny, torch (idiomatic), gd 0.01, seed 0",
        "xor-tanh tiny, tape, gd 0.01, seed 0",
        "booth tiny, torch, gd 0.01, seed 0",
        "booth tiny, tape, gd 0.01, seed 0",
    ]


def test_searches_race_by_default_where_they_can():
    def names(**changes):
        plan = plan_race(["xor-tanh"], RaceOptions(**changes))
        return list(dict.fromkeys(planned.spec.optimizer for planned in plan.descents))

    updates = ["gd", "momentum", "nesterov", "rmsprop", "adam"]
    assert names() == [*updates, "lbfgs"]
    assert names(batch=2) == names(schedule="cosine") == updates
    with pytest.raises(InputError, match="lbfgs is a search"):
        names(optimizers=("lbfgs",), batch=2)


def test_an_optimiser_without_a_rate_runs_once_over_a_grid():
    plan = plan_race(["booth"], RaceOptions(optimizers=("gd", "lbfgs"), rates="0.1,0.2"))
    assert [(one.spec.optimizer, one.spec.rate) for one in plan.descents] == [
        ("gd", 0.1),
        ("gd", 0.2),
        ("lbfgs", None),
    ]


def test_without_a_rate_each_optimiser_has_its_own():
    plan = plan_race(["booth"], RaceOptions(optimizers=("gd", "adam")))
    assert [(one.spec.optimizer, one.spec.rate) for one in plan.descents] == [
        ("gd", 0.01),
        ("adam", 0.001),
    ]


def test_the_tape_stands_in_where_nothing_is_written_by_hand(tmp_path):
    from tests.harness.files import GOOD

    mine = GOOD.replace(", gradient=gradient", "")
    (tmp_path / "mine.py").write_text(mine)
    plan = plan_race([str(tmp_path / "mine.py"), "booth"], RaceOptions(optimizers=("gd",)))
    assert [(one.spec.problem, one.spec.backend) for one in plan.descents] == [
        ("mine", "tape"),
        ("booth", "numpy"),
    ]
    assert plan.files == [str(tmp_path / "mine.py")]


def test_a_backend_that_cannot_is_a_word_beside_one_that_can(tmp_path):
    from tests.harness.files import GOOD

    (tmp_path / "mine.py").write_text(GOOD.replace(", gradient=gradient", ""))
    targets, asked = [str(tmp_path / "mine.py")], ("gd",)
    plan = plan_race(targets, RaceOptions(optimizers=asked, backends=("numpy", "tape")))
    assert [one.obstacle and one.obstacle.status for one in plan.descents] == ["unsupported", None]
    with pytest.raises(InputError, match="gd needs gradient"):
        plan_race(targets, RaceOptions(optimizers=asked, backends=("numpy",)))


def test_who_can_run_nowhere_is_a_row_and_the_others_race():
    """Levenberg-Marquardt wants residuals, which xor-tanh and the saddle have not, and booth has."""
    named = ("levenberg-marquardt", "adam")
    options = RaceOptions(optimizers=named, seeds=(0, 1))
    plan = plan_race(["xor-tanh", "saddle", "booth"], options)
    told = {
        (one.spec.problem, one.spec.optimizer, one.spec.seed): one.obstacle
        and (one.obstacle.status, one.obstacle.reason.partition(":")[0])
        for one in plan.descents
    }
    lacking = ("unsupported", "levenberg-marquardt needs jacobian")
    assert told == {
        (problem, name, seed): lacking if name != "adam" and problem != "booth" else None
        for problem in ("xor-tanh", "saddle", "booth")
        for name in named
        for seed in (0, 1)
    }
    with pytest.raises(InputError, match=r"^levenberg-marquardt needs jacobian: [^\n]*$"):
        plan_race(["xor-tanh", "saddle"], RaceOptions(optimizers=named[:1], seeds=(0, 1)))


def test_a_missing_library_is_an_unavailable_row(monkeypatch):
    from gradparity.harness.training.descents import checks

    line = "scipy is not installed; type: pip install 'gradparity[scipy]'"
    monkeypatch.setattr(checks, "missing", lambda module: line if module == "scipy" else None)
    plan = plan_race(["booth"], RaceOptions(optimizers=("nelder-mead", "gd")))
    reason = plan.descents[0].obstacle
    assert (reason.status, reason.reason) == ("unavailable", f"nelder-mead: {line}")
    assert plan.descents[1].obstacle is None
    with pytest.raises(InputError, match="pip install"):
        plan_race(["booth"], RaceOptions(optimizers=("bfgs", "powell")))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": ()}, "no seed is named"),
        ({"seeds": (2**63,)}, "seed is 9223372036854775808; it should be at most"),
        ({"seeds": (-1,)}, "seed is -1"),
        ({"jobs": 0}, "jobs is 0"),
        ({"timeout_s": math.nan}, "timeout is nan"),
        ({"memory_gib": -1.0}, "memory is -1.0"),
        ({"dtypes": ("float16",)}, "unknown dtype"),
        ({"steps": 0}, "0 steps"),
        ({"plateau": 0}, "plateau of 0"),
        ({"target_share": 1.5}, "share 1.5"),
        ({"gradient_norm": -1.0}, "gradient norm -1"),
        ({"schedule": "cosin"}, "unknown schedule 'cosin'"),
    ],
)
def test_options_that_are_not_allowed(changes, said):
    with pytest.raises(InputError, match=said) as told:
        plan_race(["booth"], RaceOptions(**changes))
    assert "\n" not in str(told.value)
