"""Bugs planted in answers: each gets its own verdict, at the right place, and right ones get none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Answer
from gradparity.backends.catalogue import load
from gradparity.harness.findings.words import sentence
from gradparity.harness.judging.gradient_check import answered, check_problem, checked
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from tests.harness.judging.judged import changed, make, network, network_answer
from tests.studies.states import in_state


def ruled(problem, instance, wide, narrow, operator="gradient"):
    return judge_pair(Truth(problem, instance, operator), wide, narrow)


def pair(answer):
    """An answer computed exactly, as it comes in float64 and in float32."""
    return tuple(
        Answer(
            np.asarray(answer.value).astype(dtype),
            {name: np.asarray(g).astype(dtype) for name, g in answer.derivative.items()},
        )
        for dtype in ("float64", "float32")
    )


def at(x, **data):
    """An instance with one parameter x."""
    data = {name: np.asarray(a) for name, a in data.items()}
    return Instance({"x": np.asarray(x, np.float64)}, data).rounded()


@pytest.fixture(scope="module")
def case():
    problem, instance = network(40)
    answers = [network_answer(instance, dtype) for dtype in ("float64", "float32")]
    return problem, instance, answers, Truth(problem, instance)


def test_a_right_gradient_is_ok(case):
    _, _, answers, truth = case
    found = judge_pair(truth, *answers)
    assert found.status == "ok"
    assert found.right
    assert max(found.u64, found.u32) < truth.bound / 4


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
def test_a_factor_of_1e_12_on_one_parameter_is_a_wrong_formula(case, name):
    _, _, (wide, narrow), truth = case
    wrong = changed(wide, name, wide.derivative[name] * (1 + 1e-12))
    same = changed(
        narrow, name, (narrow.derivative[name] * np.float64(1 + 1e-12)).astype(np.float32)
    )
    found = judge_pair(truth, wrong, same)
    assert found.status == "formula"
    assert found.worst.parameter == name
    # Relative to |g| alone the error is 1e-12 / eps = 4504.
    assert truth.bound < found.u64 < 4510


@pytest.mark.parametrize("factor", [1.0, 1e-3, 1e-6])
def test_the_sign_of_the_smallest_component_of_a_scaled_loss(factor):
    problem, instance = network(40)
    smaller, instance = in_state(problem, instance, str(factor))
    tape = load("tape")
    wide, narrow = (
        answered(smaller, tape, "gradient", instance, dtype) for dtype in ("float64", "float32")
    )
    w1 = wide.derivative["w1"]
    index = np.unravel_index(np.argmin(np.abs(w1)), w1.shape)
    flipped = []
    for answer in (wide, narrow):
        array = answer.derivative["w1"].copy()
        array[index] *= -1
        flipped.append(changed(answer, "w1", array))
    truth = Truth(smaller, instance)
    assert judge_pair(truth, wide, narrow).status == "ok"
    found = judge_pair(truth, *flipped)
    assert found.status == "formula"
    assert found.worst.parameter == "w1"
    assert found.worst.index == tuple(int(i) for i in index)
    assert float(found.worst.got) == pytest.approx(-float(found.worst.true), rel=1e-6)


def test_float32_inside_float64_is_a_leak(case):
    _, _, (_, narrow), truth = case
    leaked = Answer(
        np.float64(narrow.value),
        {name: g.astype(np.float64) for name, g in narrow.derivative.items()},
    )
    found = judge_pair(truth, leaked, narrow)
    assert found.status == "dtype-leak"
    assert found.u32 < truth.bound < found.u64


def test_what_is_exact_in_float32_is_no_leak():
    problem = make(lambda xp, p, d: xp.sum(p["x"] * d["a"]), None)
    instance = at([1.0, 2.0], a=[3.0, 4.0])
    exact = Answer(11.0, {"x": np.array([3.0, 4.0])})
    assert ruled(problem, instance, *pair(exact)).status == "ok"


def test_half_precision_inside_float32_is_low_precision(case):
    _, _, (wide, narrow), truth = case
    half = {name: g.astype(np.float16).astype(np.float32) for name, g in narrow.derivative.items()}
    found = judge_pair(truth, wide, narrow._replace(derivative=half))
    assert found.status == "low-precision"
    assert found.u64 < truth.bound < found.u32


def test_a_variance_by_the_difference_of_two_means_is_unstable():
    def loss(xp, p, d):
        return xp.mean(xp.square(p["x"] - xp.mean(p["x"])))

    rng = np.random.default_rng(0)
    problem, instance = make(loss, None), at(1000 + rng.normal(size=40))

    def naive(dtype):
        x = instance.params["x"].astype(dtype)
        n = dtype(len(x))
        value = np.mean(x * x, dtype=dtype) - np.mean(x, dtype=dtype) ** 2
        return Answer(value, {"x": 2 * (x - np.mean(x, dtype=dtype)) / n})

    found = ruled(problem, instance, naive(np.float64), naive(np.float32))
    assert found.status == "unstable"
    assert found.worst.parameter == ""


def test_a_factor_that_cancels_is_unstable():
    # d/dx (1 - cos x) = sin x; by √(1 - cos² x) the small ones lose half of the digits.
    problem = make(lambda xp, p, d: xp.sum(xp.square(xp.sin(p["x"] / 2)) * 2), None)
    instance = at([1e-2, 3e-3])

    def naive(dtype):
        x = instance.params["x"].astype(dtype)
        return Answer(np.sum(2 * np.sin(x / 2) ** 2), {"x": np.sqrt(1 - np.cos(x) ** 2)})

    found = ruled(problem, instance, naive(np.float64), naive(np.float32))
    assert found.status == "unstable"
    assert found.worst.parameter == "x"


def relu(xp, p, d):
    return xp.sum(xp.maximum(p["x"], xp.zeros_like(p["x"])) * d["a"])


@pytest.mark.parametrize(
    ("slope", "status"),
    [(0.0, "convention"), (0.5, "ok"), (1.0, "convention"), (2.0, "formula"), (-0.1, "formula")],
)
def test_the_slope_at_a_kink_is_a_convention_within_its_hull(slope, status):
    # The tape's own convention is ½; 0 and 1 are the gradients on either side.
    problem, instance = make(relu, None), at([0.0, 1.5, -2.0], a=[3.0, 1.0, 1.0])
    answer = Answer(1.5, {"x": np.array([3 * slope, 1.0, 0.0])})
    found = ruled(problem, instance, *pair(answer))
    assert found.status == status
    assert found.right == (status != "formula")
    if status == "convention":
        assert (found.worst.parameter, found.worst.index) == ("x", (0,))
        assert "from 0 to 3 is legitimate" in sentence(found)
    if status == "formula":
        assert found.worst.index == (0,)


def test_a_kink_excuses_no_other_component():
    problem, instance = make(relu, None), at([0.0, 1.5, -2.0], a=[3.0, 1.0, 1.0])
    answer = Answer(1.5, {"x": np.array([0.0, 1 + 1e-9, 0.0])})
    assert ruled(problem, instance, *pair(answer)).status == "formula"


def test_a_smooth_place_has_no_kink():
    problem, instance = make(relu, None), at([1e-3, 1.5, -2.0], a=[3.0, 1.0, 1.0])
    assert Truth(problem, instance).lawful.hull("float64") is None
    answer = Answer(1e-3 * 3 + 1.5, {"x": np.array([1.5, 1.0, 0.0])})
    assert ruled(problem, instance, *pair(answer)).status == "formula"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["value", "gradient"])
def test_what_is_not_finite_is_named(case, bad, where):
    _, _, answers, truth = case
    spoilt = []
    for answer in answers:
        if where == "value":
            spoilt.append(answer._replace(value=answer.value.dtype.type(bad)))
        else:
            b1 = answer.derivative["b1"].copy()
            b1[3] = bad
            spoilt.append(changed(answer, "b1", b1))
    found = judge_pair(truth, *spoilt)
    assert found.status == "nonfinite"
    assert (found.worst.parameter, found.worst.index) == (
        ("", ()) if where == "value" else ("b1", (3,))
    )


def test_where_no_finite_slope_is_anything_goes_and_nowhere_else():
    problem, instance = make(lambda xp, p, d: xp.sum(xp.sqrt(p["x"])), None), at([0.0, 4.0])
    assert ruled(problem, instance, *pair(Answer(2.0, {"x": np.array([np.inf, 0.25])}))).right
    for one in (-np.inf, np.nan, 1e30, 0.0):
        answer = Answer(2.0, {"x": np.array([one, 0.25])})
        assert ruled(problem, instance, *pair(answer)).status == "convention"
        answer = Answer(2.0, {"x": np.array([one, 0.26])})
        assert ruled(problem, instance, *pair(answer)).status == "formula"


def test_the_tip_of_a_norm_is_judged_as_in_the_atlas():
    problem, instance = make(lambda xp, p, d: xp.sqrt(xp.sum(p["x"] ** 2)), None), at([0.0, 0.0])
    for given, right in (([0.6, -0.8], True), ([np.nan] * 2, True), ([0.9, 0.9], False)):
        answer = Answer(0.0, {"x": np.array(given)})
        assert ruled(problem, instance, *pair(answer)).right == right


def test_float32_may_overflow_where_float64_does_not():
    problem, instance = make(lambda xp, p, d: xp.sum(xp.exp(p["x"])), None), at([100.0])
    value = np.exp(np.float64(100))
    answer = Answer(value, {"x": np.array([value])})
    with np.errstate(over="ignore"):
        assert ruled(problem, instance, *pair(answer)).status == "ok"


def test_one_answer_alone(case):
    _, _, (wide, narrow), truth = case
    assert judge_pair(truth, wide, None).status == "ok"
    assert judge_pair(truth, None, narrow).status == "ok"
    wrong = changed(wide, "b1", wide.derivative["b1"] * (1 + 1e-12))
    assert judge_pair(truth, wrong, None).status == "formula"
    doubled = changed(narrow, "b1", narrow.derivative["b1"] * np.float32(2))
    assert judge_pair(truth, None, doubled).status == "formula"
    slightly = changed(narrow, "b1", narrow.derivative["b1"] * np.float32(1 + 1e-4))
    assert judge_pair(truth, None, slightly).status == "low-precision"
    with pytest.raises(ValueError, match="no answer"):
        judge_pair(truth, None, None)


def test_a_wrong_shape_is_a_wrong_formula(case):
    _, _, answers, truth = case
    found = judge_pair(truth, *(changed(a, "b1", a.derivative["b1"][:-1]) for a in answers))
    assert found.status == "formula"
    assert sentence(found) == "the b1 has shape (39,), should be (40,): formula"


OPERATORS = ["value", "gradient", "jvp", "hvp", "hessian"]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", ["xor-tanh", "regression-logistic"])
def test_every_operator_is_judged(operator, name):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 0)
    truth = Truth(problem, instance, operator)
    wide, narrow = (
        answered(problem, load("tape"), operator, instance, d) for d in ("float64", "float32")
    )
    assert judge_pair(truth, wide, narrow).status == "ok"
    wrong = []
    rng = np.random.default_rng(1)
    for answer in (wide, narrow):
        if operator == "value":
            wrong.append(answer._replace(value=answer.value * answer.value.dtype.type(1.01)))
            continue
        part = next(iter(answer.derivative))
        array = np.array(answer.derivative[part])
        rng = np.random.default_rng(1)
        index = tuple(int(rng.integers(n)) for n in array.shape)
        array[index] += array.dtype.type(0.5)
        wrong.append(changed(answer, part, array))
    found = judge_pair(truth, *wrong)
    assert found.status == "formula"
    if operator != "value":
        assert (found.worst.parameter, found.worst.index) == (part, index)
        assert float(found.worst.got - found.worst.true) == pytest.approx(0.5, rel=1e-6)


def test_a_jacobian_is_judged_with_its_shape():
    problem = PROBLEMS["regression-linear"]
    instance = problem.instance("tiny", 0)
    answers = [
        answered(problem, load("tape"), "jacobian", instance, d) for d in ("float64", "float32")
    ]
    assert ruled(problem, instance, *answers, "jacobian").status == "ok"
    cut = [changed(a, "jacobian", a.derivative["jacobian"][1:]) for a in answers]
    assert ruled(problem, instance, *cut, "jacobian").status == "formula"
    doubled = [changed(a, "jacobian", 2 * a.derivative["jacobian"]) for a in answers]
    assert ruled(problem, instance, *doubled, "jacobian").status == "formula"


def test_a_check_says_what_is_wrong_in_one_line():
    problem = PROBLEMS["mlp-digits"]
    found = check_problem(problem, "tape", "tiny", 0)
    assert found.finding.right
    assert found.line().startswith("tape is right on mlp-digits: u = ")
    assert [part.name for part in found.parts] == ["", "w1", "b1", "w2", "b2"]
    assert all(part.cosine == pytest.approx(1) for part in found.parts)
    assert "dual numbers" in found.finding.oracle

    instance = problem.instance("tiny", 0)
    truth = Truth(problem, instance)
    answers = []
    for dtype in ("float64", "float32"):
        answer = answered(problem, load("tape"), "gradient", instance, dtype)
        w1 = answer.derivative["w1"].copy()
        w1[20, 7] *= w1.dtype.type(1.25)
        answers.append(changed(answer, "w1", w1))
    wrong = checked(truth, "tape", *answers)
    assert not wrong.finding.right
    assert wrong.line().startswith("tape is wrong on mlp-digits/w1[20,7]: ")
    assert wrong.line().endswith(" in float64, bound 64): formula")
    worst = max(wrong.parts, key=lambda part: part.u)
    assert worst.worst == "w1[20,7]"
    assert worst.norm == pytest.approx(np.linalg.norm(answers[0].derivative["w1"]))


def test_a_long_sum_has_a_wider_bound():
    problem = make(lambda xp, p, d: xp.sum(d["a"] * p["x"]), None)
    instance = at(0.5, a=np.ones(40_000))
    assert Truth(problem, replace(instance)).bound == pytest.approx(100, rel=1e-3)
