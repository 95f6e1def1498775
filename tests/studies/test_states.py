"""The states of the study of right gradients, and that the study would notice a wrong one."""

import math

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.judging.gradient_check import answered, checked
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from tests.studies.right_gradients_report import markdown
from tests.studies.right_gradients_study import Case, study
from tests.studies.states import FACTOR, TimesFactor, in_state

SLIGHTLY_WRONG = """
from dataclasses import replace

from gradparity.backends import Answer
from gradparity.backends import LibraryBackend
from gradparity.backends.catalogue import load

numpy = load("numpy")


def prepare(problem, operator, instance, setting):
    own = numpy.prepare(problem, operator, instance, setting)

    def decode(native):
        answer = own.decode(native)
        return Answer(answer.value, {**answer.derivative, "x": answer.derivative["x"] * (1 + 1e-9)})

    return replace(own, decode=decode)


BACKEND = LibraryBackend("slightly-wrong", "numpy", prepare)
"""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("operator", ["value", "gradient", "hvp"])
def test_a_scaled_derivation_by_hand_is_the_factor_times_the_closed_form(operator, dtype):
    """Booth, (x + 2y - 7)² + (2x + y - 5)², whose Hessian is [[10, 8], [8, 10]]."""
    problem = PROBLEMS["booth"]
    made, instance = in_state(problem, problem.instance("tiny", 3), "1e-6")
    (x, y), (v, w) = instance.params["x"].tolist(), instance.direction["x"].tolist()
    factor = float(np.float32(1e-6))
    assert float(instance.data[FACTOR]) == factor
    a, b = x + 2 * y - 7, 2 * x + y - 5
    expected = {
        "value": None,
        "gradient": [2 * a + 4 * b, 4 * a + 2 * b],
        "hvp": [10 * v + 8 * w, 8 * v + 10 * w],
    }[operator]
    backend = TimesFactor(load("numpy"), problem)
    answer = backend.prepare(made, operator, instance.zeros(), Setting(dtype))(instance)
    rel = 32 * float(np.finfo(dtype).eps)
    if operator != "hvp":
        assert answer.value == pytest.approx(factor * (a**2 + b**2), rel=rel)
        assert answer.value.dtype == dtype
    if expected is not None:
        assert answer.derivative["x"] == pytest.approx(factor * np.array(expected), rel=rel)
        assert answer.derivative["x"].dtype == dtype


@pytest.mark.parametrize("backend", ["numpy", "tape", "torch", "torch (idiomatic)"])
def test_what_is_prepared_at_one_seed_is_right_at_another(backend):
    """Bitwise what is prepared at the other seed: no value, and no factor, is baked in."""
    name, _, idiomatic = backend.partition(" ")
    original = PROBLEMS["softmax-digits"]
    for state in ("fresh", "1e6"):
        problem, first = in_state(original, original.instance("tiny", 0), state)
        another = "1e-3" if state == "1e6" else state
        _, other = in_state(original, original.instance("tiny", 1), another)
        if idiomatic:
            problem = problem.idiomatic_for(name)
        made = load(name)
        if name == "numpy" and state == "1e6":
            made = TimesFactor(made, original)
        reused = made.prepare(problem, "gradient", first.zeros(), Setting("float32"))
        reused(first)
        found, expected = reused(other), answered(problem, made, "gradient", other, "float32")
        assert found.value == expected.value
        for key, array in expected.derivative.items():
            np.testing.assert_array_equal(found.derivative[key], array)


def test_the_study_accuses_a_gradient_that_is_wrong_in_the_ninth_digit(tmp_path):
    mine = tmp_path / "slightly_wrong.py"
    mine.write_text(SLIGHTLY_WRONG)
    cases = list(study(3, ["tiny"], ["gradient"], ["numpy", str(mine)], ["booth"], ["fresh"]))
    assert [case.accused for case in cases] == [False, True] * 3
    assert {case.status for case in cases if case.accused} <= {"formula", "unstable"}


def test_a_factor_that_a_backend_forgets_is_noticed():
    """numpy's own derivation of a scaled problem, without the factor."""
    problem, instance = in_state(PROBLEMS["booth"], PROBLEMS["booth"].instance("tiny", 0), "1e6")
    answers = [
        answered(problem, load("numpy"), "gradient", instance, dtype)
        for dtype in ("float64", "float32")
    ]
    assert checked(Truth(problem, instance), "numpy", *answers).finding.status == "formula"


def test_the_report_counts_the_accused_by_backend_and_state():
    def case(backend, state, status, parts, seed):
        where = f"tiny {state} {seed} {backend} on booth"
        return Case(backend, "booth", "gradient", state, status, parts, where)

    cases = [
        case("numpy", "fresh", "ok", (0.25, 0.5), 7),
        case("numpy", "trained", "unstable", (3.0, 2.0), 1),
        case("numpy", "trained", "unstable", (5.0, 2.5), 2),
        case("tape", "fresh", "ok", (0.125, 0.0625), 0),
        case("tape", "trained", "convention", (0.0, 900.0), 0),
    ]
    names, states = ["numpy", "tape"], ["fresh", "trained"]
    page = markdown(cases, (8, 8), ["tiny"], ["gradient"], names, ["booth"], states).splitlines()
    assert "| numpy | 0 / 1 | 2 / 2 | 5.000 | 2.500 | booth tiny, trained, seed 2 |" in page
    assert "| tape | 0 / 1 | 0 / 1 | 0.125 | 0.062 | booth tiny, fresh, seed 0 |" in page
    assert "- 2 ×, the worst: tiny trained 2 numpy on booth" in page
    assert any("2 accused, 1 at a kink" in line for line in page)


def test_the_report_explains_what_is_known_of_second_derivatives():
    def page(operator, backend):
        where = f"tiny trained 0 {backend} on softmax-digits"
        case = Case(backend, "softmax-digits", operator, "trained", "unstable", (9.0, 9.0), where)
        return markdown(
            [case], (1, 1), ["tiny"], [operator], ["torch"], ["softmax-digits"], ["trained"]
        )

    assert "### Why" in page("hvp", "torch (idiomatic)")
    assert "### Why" not in page("hvp", "torch")
    assert "### Why" not in page("gradient", "torch (idiomatic)")


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_the_explanation_is_true(library):
    """Two logits d = 30 apart: the second derivative is e/(1 + e)², e = exp(-30)."""
    pytest.importorskip(library)
    params = {"w": np.array([[1.0, 0.0]]), "b": np.zeros(2)}
    along = {"w": np.zeros((1, 2)), "b": np.array([1.0, 0.0])}
    instance = Instance(params, {"x": np.array([[30.0]]), "y": np.array([0])}, along)
    portable = PROBLEMS["softmax-digits"]
    e = math.exp(-30)
    errors = []
    for problem in (portable, portable.idiomatic_for(library)):
        prepared = load(library).prepare(problem, "hvp", instance, Setting("float64"))
        found = float(prepared(instance).derivative["b"][0])
        errors.append(abs(found * (1 + e) ** 2 / e - 1))
    assert errors[0] < 1e-15
    # A library that mends this should have its explanation taken out of the report.
    assert 1e-4 < errors[1] < 1e-2
