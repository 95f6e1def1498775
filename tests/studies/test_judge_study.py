"""The study of the judge beside the field's checkers: its tools, its counts, its page."""

from collections import Counter
from dataclasses import replace
from operator import attrgetter

import numpy as np
import pytest

from gradparity.harness.findings.words import why
from gradparity.harness.judging.explanation import diagnosed
from gradparity.problems import InputError, Instance, Problem
from tests.studies import bug_families
from tests.studies.field_checkers import CHECKERS, NUMPY, flat_loss, remembered
from tests.studies.in_pieces import Unfinished
from tests.studies.judge_study import EVERY, Bench, Counted, drawn, kinds_in, right_answers, study
from tests.studies.judge_study_page import page, percent
from tests.studies.mistaken_backprop import MISTAKES
from tests.studies.network_bugs import BUGS, flip_smallest, gradient, network_bugs, problem
from tests.studies.planted_bugs import instances, planted_in, recomputed
from tests.studies.tampering import TAMPERINGS, WITH_THETA
from tests.studies.written_sets import AwkwardSet, WrittenSet

# f = Σ c x³ / 3 + y², so that ∂f/∂x = c x² and ∂f/∂y = 2 y.
CUBIC = Problem(
    "cubic",
    lambda xp, p, d: xp.sum(d["c"] * p["x"] ** 3) / 3 + xp.sum(xp.square(p["y"])),
    lambda rng: Instance(
        {"x": np.array([[1.0, 2.0], [0.5, -1.5]]), "y": np.array(0.75)},
        {"c": np.array([[1.0, 0.5], [2.0, 1.0]])},
    ),
    {"only": {}},
    "these tests",
)
EVERYDAY = ("network-tanh", "softmax", "ridge", "rosenbrock", "mlp-digits", "regression-linear")
EVERYDAY_INSTANCES = [key for key in instances((1,), ("tiny",)) if key[0] in EVERYDAY]
RIGHT = {"x": np.array([[1.0, 2.0], [0.5, 2.25]]), "y": np.array(1.5)}


def narrow(g):
    return {name: np.asarray(x, np.float32) for name, x in g.items()}


@pytest.fixture(scope="module")
def cubic():
    return Bench(CUBIC, CUBIC.instance("only", 0), "cubic")


def test_the_right_gradient_passes_everywhere(cubic):
    found = cubic.outcome(RIGHT, narrow(RIGHT))
    assert (found.status, found.caught, found.accused) == ("ok", False, frozenset())
    assert found.scipy < 1e-6


@pytest.mark.parametrize(
    "wrong",
    [{**RIGHT, "x": -RIGHT["x"]}, {**RIGHT, "y": np.array(0.0)}, {**RIGHT, "x": RIGHT["x"] * 2}],
)
def test_a_large_bug_is_caught_everywhere(cubic, wrong):
    found = cubic.outcome(wrong, narrow(wrong), "sign", frozenset({"sign"}))
    assert found.caught
    assert found.accused == set(CHECKERS)
    distance = np.sqrt(sum(np.sum((wrong[k] - RIGHT[k]) ** 2) for k in RIGHT))
    assert found.scipy == pytest.approx(distance, rel=1e-6)


def test_a_factor_beyond_differences_is_caught_by_the_judge_alone(cubic):
    wrong = {**RIGHT, "x": RIGHT["x"] * (1 + 1e-9)}
    found = cubic.outcome(wrong, narrow(wrong), "factor 1 + 1e-9", frozenset({"factor"}))
    assert (found.status, found.cause, found.named) == ("formula", "factor", True)
    assert found.accused == frozenset()


def test_float32_in_disguise_is_caught_as_precision(cubic):
    third = {k: x / 3 for k, x in RIGHT.items()}
    one = Problem(
        "third", lambda xp, p, d: CUBIC.loss(xp, p, d) / 3, CUBIC.draw, CUBIC.sizes, "these tests"
    )
    bench = Bench(one, one.instance("only", 0), "third", {})
    leak = {k: x.astype(np.float32).astype(np.float64) for k, x in third.items()}
    found = bench.outcome(leak, narrow(third), "float32", frozenset({"precision"}))
    assert (found.status, found.caught, found.named) == ("dtype-leak", True, True)


def test_values_are_remembered_and_not_confused():
    asked = []

    def value(*arrays):
        asked.append(1)
        return sum(float(np.sum(x)) for x in arrays)

    known = remembered(value)
    assert [known(np.array([1.0, 2.0])), known(np.array([1.0, 2.0]))] == [3.0, 3.0]
    assert known(np.array([1.0, 2.5])) == 3.5
    assert len(asked) == 2


def test_the_flat_loss_is_the_loss():
    instance = CUBIC.instance("only", 0)
    value, at = flat_loss(CUBIC.loss, instance)
    # 1/3 (1 + 0.5·8 + 2/8 - 27/8) + 9/16
    assert value(at) == pytest.approx((1 + 4 + 0.25 - 3.375) / 3 + 0.5625, rel=1e-15)
    assert value(at) == float(CUBIC.loss(NUMPY, instance.params, instance.data))


def test_every_kind_has_one_family():
    kinds = [kind for group in bug_families.FAMILIES.values() for kind in group]
    assert [k for k, n in Counter(kinds).items() if n > 1] == []
    by_name = {*TAMPERINGS, *WITH_THETA, *(m for found in MISTAKES.values() for m in found)}
    assert by_name <= set(kinds)
    for key in EVERYDAY_INSTANCES:
        assert {bug.kind for bug in planted_in(*key)} <= set(kinds)


def test_bugs_that_change_nothing_are_counted_and_left_out():
    counted = Counted()
    g = {"x": np.array([1.0, 2.0])}
    assert not counted(g, {"x": g["x"] * (1 + 4e-16)})
    assert counted(g, {"x": g["x"] * (1 + 1e-14)})
    assert counted.left_out == 1


def test_targets_that_are_the_same_reversed_are_no_bug():
    # XOR's targets are 0, 1, 1, 0: reversed, and shifted by two, they are themselves.
    kinds = {bug.kind for bug in recomputed("xor-tanh", "tiny", 1)}
    assert "targets shifted" in kinds
    assert "targets reversed" not in kinds


def test_the_draw_has_every_kind_and_no_bug_twice():
    found = {key: kinds_in(*key)[0] for key in EVERYDAY_INSTANCES}
    kinds = {kind for kinds in found.values() for kind in kinds}
    chosen = [(key, at) for key, places in drawn(found, 150).items() for at in places]
    assert len(set(chosen)) == len(chosen) == 150
    assert {found[key][at] for key, at in chosen} == kinds
    assert sum(map(len, drawn(found, 10).values())) == 10


def test_a_study_goes_on_where_its_record_ends(tmp_path):
    record, asked = (
        tmp_path / "judge.jsonl",
        {"seeds": (3,), "sizes": ("tiny",), "only": ("ridge",)},
    )
    with pytest.raises(Unfinished, match="1 of 1 pieces are left"):
        study(4, record=record, until=-1, **asked)
    first = study(4, record=record, **asked)
    again = study(4, record=record, until=-1, **asked)  # nothing is left to do
    assert again == first
    assert (len(first.bugs), len(first.right)) == (4, 1)
    assert {one.where for one in first.bugs} == {"ridge, tiny, seed 3"}


def test_the_right_gradients_of_the_study_are_the_truth():
    for name in ("price-logit", "network-tanh"):
        instance = EVERY[name].instance("tiny", 1)
        assert (
            Bench(EVERY[name], instance, name, {}).outcome(*right_answers(name, instance)).status
            == "ok"
        )


def test_percentages_never_round_up():
    assert [percent(2, 2), percent(1999, 2000), percent(1999, 2000, 1), percent(0, 0)] == [
        "100",
        "99",
        "99.9",
        "-",
    ]


def test_the_smallest_component_is_flipped():
    g = {"a": np.array([3.0, -0.5]), "b": np.array([[0.0, 0.25]])}
    assert flip_smallest(g)["b"].tolist() == [[0.0, -0.25]]
    assert flip_smallest(g)["a"] is g["a"]


def test_the_network_has_the_sizes_of_the_page():
    instance = problem().instance("only", 0)
    assert {k: x.shape for k, x in instance.params.items()} == {
        "w1": (20, 32),
        "b1": (32,),
        "w2": (32, 10),
        "b2": (10,),
    }
    assert instance.data["x"].shape == (64, 20)
    halved = gradient(instance, "float64", 0.5)
    assert np.array_equal(halved["w1"], gradient(instance, "float64")["w1"] / 2)


def test_the_named_cause_is_that_of_the_sentence():
    instance = problem().instance("only", 0)
    bench = Bench(problem(), instance, "network", {})
    wide, short = (BUGS[2][1](gradient(instance, dtype)) for dtype in ("float64", "float32"))
    found = bench.outcome(wide, short, "zero", frozenset({"parameter-missing"}))
    assert found.named
    said = why(diagnosed(bench.truth, *bench.judged(wide, short)))
    assert said.startswith("b1 is zero everywhere")


def small(count, **more):
    found = study(count, seeds=(3,), **more)
    assert len(found.bugs) == count
    assert [one for one in found.bugs if not one.caught] == []
    assert [one.where for one in found.right if one.caught] == []
    return found


def test_ten_bugs_in_a_page():
    found = small(10, sizes=("tiny",), only=("rosenbrock", "ridge"))
    sets = [WrittenSet("by hand", 4, 4, 3, 2, 1, ("a: c",))]
    awkward = AwkwardSet(5, ("a kink",), (), ("torch, celu (inaccurate)",))
    text = page(found, network_bugs(bugs=BUGS[:1]), sets, awkward, (3,), 0)
    assert "| by hand | 4 | 4 | 2 of 3 | 1 |" in text
    assert "not named: a: c." in text
    assert "0 accused; right but for digits: torch, celu (inaccurate)." in text
    assert "| **all bugs** | **10** | **100** |" in text
    assert "| w1 times 1.001 | caught |" in text
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert {
        line.count("|")
        for line in lines[: lines.index(next(x for x in lines if x.startswith("| bug")))]
    } == {12, 6}


@pytest.mark.slow
def test_thirty_bugs():
    caused = [one.named for one in small(30).bugs if one.named is not None]
    assert sum(caused) >= 0.8 * len(caused)


@pytest.mark.slow
def test_the_judge_catches_all_six_in_the_network():
    for name, one, said in network_bugs():
        assert one.caught is (one.kind != ""), name
        assert bool(said) is one.caught


@pytest.mark.slow
def test_a_cluster_finds_what_is_found_here(tmp_path):
    asked = {"seeds": (3,), "sizes": ("tiny",), "only": ("ridge", "xor-tanh")}
    here = study(4, record=tmp_path / "here.jsonl", **asked)
    there = study(4, record=tmp_path / "there.jsonl", cluster="local", **asked)
    untimed = [
        [replace(one, seconds=0) for one in found.bugs + found.right] for found in (here, there)
    ]
    key = attrgetter("where", "kind")
    assert sorted(untimed[0], key=key) == sorted(untimed[1], key=key)
    with pytest.raises(InputError, match="no scheduler answers there"):
        study(4, record=tmp_path / "nowhere.jsonl", cluster="tcp://127.0.0.1:9", **asked)
