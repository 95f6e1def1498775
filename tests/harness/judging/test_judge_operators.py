"""jvp, hvp, Hessian and Jacobian: right answers pass, planted bugs are found and placed.

The loss is an exponential regression, ½ Σ r², r = e - y, e = exp(X v + Z a + b), all of whose
derivatives are closed forms. With F = [X Z 1] and θ = (v, a, b):

    J = diag(e) F,  ∇f = Jᵀr,  H = Fᵀ diag(e²) F + Fᵀ diag(r e) F,

the Gauss-Newton term and the curvature of the residuals.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradparity.backends import OPERATORS, Answer
from gradparity.harness.findings.words import sentence
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.truth import Truth
from gradparity.problems import InputError, Instance, Problem
from tests.harness.judging.judged import DTYPES, changed, judged, place

EPS = np.finfo("float64").eps


def residuals(xp, p, d):
    return xp.exp(d["x"] @ p["v"] + d["z"] @ p["a"] + p["b"]) - d["y"]


def draw(rng, features, cases):
    scale = 1 / math.sqrt(features)
    params = {
        "v": rng.normal(scale=scale, size=features),
        "a": rng.normal(scale=scale, size=features),
        "b": rng.normal(),
    }
    x, z = rng.normal(size=(2, cases, features))
    return Instance(params, {"x": x, "z": z, "y": rng.uniform(0, 2, cases)})


PROBLEM = Problem(
    "test",
    lambda xp, p, d: 0.5 * xp.sum(residuals(xp, p, d) ** 2),
    draw,
    {
        "small": {"features": 3, "cases": 9},  # 7 parameters: every row, every component
        "large": {"features": 60, "cases": 90},  # 121: combinations of rows
        "huge": {"features": 1100, "cases": 40},  # 2,201: directions, too
    },
    "this test",
    residuals=residuals,
)


def split(flat):
    """Numbers for v, a and b, one after the other, by name."""
    features = (len(flat) - 1) // 2
    return {"v": flat[:features], "a": flat[features:-1], "b": flat[-1]}


class Closed:
    """The closed forms, in `dtype`; only the terms that are named."""

    def __init__(self, size, dtype="float64", terms=("newton", "curvature")):
        self.instance = PROBLEM.instance(size, 0)
        p = {name: x.astype(dtype) for name, x in self.instance.params.items()}
        d = {name: x.astype(dtype) for name, x in self.instance.data.items()}
        self.directions = {n: x.astype(dtype) for n, x in self.instance.direction.items()}
        e = np.exp(d["x"] @ p["v"] + d["z"] @ p["a"] + p["b"])
        r = e - d["y"]
        features = np.concatenate([d["x"], d["z"], np.ones((len(e), 1), dtype)], axis=1)
        self.value = r @ r / np.array(2, dtype)
        self.jacobian = e[:, None] * features
        self.gradient = split(self.jacobian.T @ r)
        weights = {"newton": e * e, "curvature": r * e}
        self.hessian = features.T @ (sum(weights[t] for t in terms)[:, None] * features)

    def answer(self, operator, names=("v", "a", "b")):
        slope = sum(np.sum(self.directions[n] * self.gradient[n]) for n in names)
        flat = np.concatenate([np.ravel(x) for x in self.directions.values()])
        return {
            "jvp": lambda: Answer(self.value, {"jvp": slope}),
            "hvp": lambda: Answer(None, split(self.hessian @ flat)),
            "hessian": lambda: Answer(None, {"hessian": self.hessian}),
            "jacobian": lambda: Answer(None, {"jacobian": self.jacobian}),
        }[operator]()


def verdict(size, operator, answer, dtype="float64", seed=0):
    instance = PROBLEM.instance(size, 0)
    return judged(PROBLEM, instance, dtype, seed, operator, it=answer)["it"]


def altered(operator, matrix):
    return Answer(None, {operator: matrix})


def assert_placed(found, operator, wrong, right):
    """The entry that is named is wrong, and both its numbers are as they are."""
    assert found.status == "formula"
    name, index = place(found)
    assert name == operator
    assert found.worst.got == wrong[index] != right[index]
    # 1e-12 of the largest, where two terms cancel.
    assert found.worst.true == pytest.approx(right[index], abs=1e-12 * np.abs(right).max())
    return index


RIGHT = [
    *((size, operator) for size in ("small", "large") for operator in OPERATORS[2:]),
    *(("huge", operator) for operator in ("jvp", "hvp", "jacobian")),
]


@pytest.mark.parametrize(("size", "operator"), RIGHT)
@pytest.mark.parametrize("dtype", DTYPES)
def test_right_answers_pass_far_inside_the_bound(operator, size, dtype):
    found = verdict(size, operator, Closed(size, dtype).answer(operator), dtype)
    assert found.status == "ok"
    assert (found.u64 if dtype == "float64" else found.u32) < 32


@pytest.mark.parametrize("operator", ["hessian", "jacobian"])
def test_the_truth_of_a_large_matrix_is_combinations_of_its_rows(operator):
    closed = Closed("large")
    whole = getattr(closed, operator)
    found = Truth(PROBLEM, closed.instance, operator)
    combined = found.weights @ whole
    assert found.exact[operator] == pytest.approx(combined, abs=1e-12 * np.abs(combined).max())
    assert found.rows == len(whole)
    assert np.count_nonzero(found.weights[0]) == found.rows
    assert np.count_nonzero(found.weights[-1]) == 1
    small = Truth(PROBLEM, Closed("small").instance, operator)
    assert small.weights is None
    assert small.exact[operator] == pytest.approx(getattr(Closed("small"), operator), rel=1e-12)


# jvp.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("forgotten", ["v", "a", "b"])
def test_a_jvp_that_forgets_a_parameter_is_told_which(forgotten, dtype):
    closed = Closed("small", dtype)
    wrong = closed.answer("jvp", [name for name in ("v", "a", "b") if name != forgotten])
    found = verdict("small", "jvp", wrong, dtype)
    assert found.status == "formula"
    assert place(found) == ("jvp", ())


def test_a_jvp_off_by_a_millionth_and_its_value():
    right = Closed("large").answer("jvp")
    found = verdict("large", "jvp", changed(right, "jvp", right.derivative["jvp"] * (1 + 1e-6)))
    assert found.status == "formula"
    assert 1e-8 < found.u64 * 2.0**-52 < 1.001e-6  # relative to the slope and its sensitivity
    assert verdict("large", "jvp", right._replace(value=right.value * 1.01)).status == "formula"
    broken = verdict("large", "jvp", changed(right, "jvp", np.array(math.nan)))
    assert broken.status == "nonfinite"
    assert place(broken) == ("jvp", ())
    assert math.isnan(broken.worst.got)
    assert math.isfinite(broken.worst.true)


# hvp.


@pytest.mark.parametrize("size", ["small", "large", "huge"])
@pytest.mark.parametrize("terms", [["newton"], ["curvature"]], ids=lambda t: f"{t[0]} alone")
def test_an_hvp_that_forgets_a_term_is_found(size, terms):
    found = verdict(size, "hvp", Closed(size, terms=terms).answer("hvp"))
    assert found.status == "formula"
    assert found.worst.parameter in ("v", "a", "b")


@pytest.mark.parametrize("size", ["small", "huge"])
def test_one_component_of_an_hvp_with_the_wrong_sign(size):
    right = Closed(size).answer("hvp")
    a = right.derivative["a"].copy()
    index = int(np.argsort(np.abs(a))[len(a) // 2])
    a[index] *= -1
    found = verdict(size, "hvp", changed(right, "a", a))
    assert found.status == "formula"
    assert place(found) == ("a", (index,))


@pytest.mark.parametrize("name", ["v", "a", "b"])
def test_an_hvp_off_by_a_millionth_on_one_parameter(name):
    right = Closed("large").answer("hvp")
    found = verdict("large", "hvp", changed(right, name, right.derivative[name] * (1 + 1e-6)))
    assert found.status == "formula"
    assert found.worst.parameter == name


# Hessian and Jacobian.


def _transposed_block(h):
    d = (len(h) - 1) // 2
    h[:d, d : 2 * d] = h[:d, d : 2 * d].T
    h[d : 2 * d, :d] = h[d : 2 * d, :d].T


def _lower_left_off(h):
    h[2, 1] *= 1 + 1e-6


def _sorted_names(h):
    """Rows and columns in the order a, b, v instead of v, a, b."""
    d = (len(h) - 1) // 2
    order = [*range(d, 2 * d + 1), *range(d)]
    h[:] = h[np.ix_(order, order)]


def _sign(m):
    m[-1, 3] *= -1


def _factor(m):
    m *= 1 + 1e-6


def _rows_exchanged(m):
    m[[2, 5]] = m[[5, 2]]


def _columns_exchanged(m):
    m[:, [0, 4]] = m[:, [4, 0]]


def _zero_row(m):
    m[4] = 0


HESSIAN_BUGS = [_transposed_block, _lower_left_off, _sorted_names, _sign, _factor, _zero_row]
JACOBIAN_BUGS = [_rows_exchanged, _columns_exchanged, _sign, _factor, _zero_row]


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("operator", "bug"),
    [*(("hessian", b) for b in HESSIAN_BUGS), *(("jacobian", b) for b in JACOBIAN_BUGS)],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_a_bug_in_a_matrix_is_found_and_placed(operator, bug, size, alone):
    right = getattr(Closed(size), operator)
    wrong = right.copy()
    bug(wrong)
    answers = {"wrong": altered(operator, wrong)}
    answers |= {} if alone else {"right": altered(operator, right)}
    found = judged(PROBLEM, PROBLEM.instance(size, 0), operator=operator, **answers)
    assert_placed(found["wrong"], operator, wrong, right)
    if not alone:
        assert found["right"].status == "ok"


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("terms", [["newton"], ["curvature"]], ids=lambda t: f"{t[0]} alone")
def test_a_hessian_that_forgets_a_term_is_found(size, terms):
    wrong, right = Closed(size, terms=terms).hessian, Closed(size).hessian
    assert_placed(verdict(size, "hessian", altered("hessian", wrong)), "hessian", wrong, right)


@pytest.mark.parametrize("seed", range(5))
def test_one_small_entry_of_a_large_hessian_is_found_wherever_it_is(seed):
    right = Closed("large").hessian
    rng = np.random.default_rng(seed)
    index = tuple(int(i) for i in rng.integers(0, len(right), 2))
    wrong = right.copy()
    wrong[index] += 1e-6 * np.abs(right).max()
    found = verdict("large", "hessian", altered("hessian", wrong), seed=seed)
    assert assert_placed(found, "hessian", wrong, right) == index


def test_one_entry_of_a_jacobian_of_many_columns_is_found():
    right = Closed("huge").jacobian
    wrong = right.copy()
    wrong[37, 1234] *= -1
    found = verdict("huge", "jacobian", altered("jacobian", wrong))
    assert assert_placed(found, "jacobian", wrong, right) == (37, 1234)


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("broken", [math.nan, -math.inf])
def test_an_entry_that_is_not_finite_is_named(size, broken):
    wrong = Closed(size).hessian
    wrong[3, 5] = broken
    found = verdict(size, "hessian", altered("hessian", wrong))
    assert found.status == "nonfinite"
    assert place(found) == ("hessian", (3, 5))
    assert str(found.worst.got) == str(broken)
    assert math.isfinite(found.worst.true)


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_jacobian_with_another_number_of_rows_is_a_wrong_one(size):
    right = Closed(size).jacobian
    short = altered("jacobian", right[:-1])
    found = judged(
        PROBLEM,
        PROBLEM.instance(size, 0),
        operator="jacobian",
        short=short,
        right=altered("jacobian", right),
    )
    assert found["right"].status == "ok"
    assert found["short"].status == "formula"
    shapes = f"has shape {short.derivative['jacobian'].shape}, should be {right.shape}"
    assert sentence(found["short"]) == f"the jacobian {shapes}: formula"


def test_where_reverse_mode_makes_nan_of_an_infinity_there_is_no_verdict():
    # The Hessian of Σ √x at (0, 4) is diag(-∞, -1/32); products with its infinity are 0 · ∞.
    problem = Problem(
        "test",
        lambda xp, p, d: xp.sum(xp.sqrt(p["x"])),
        lambda rng: Instance({"x": np.array([0.0, 4.0])}, {}),
        {"only": {}},
        "this test",
    )
    instance = problem.instance("only", 0)
    right = np.array([[-math.inf, 0.0], [0.0, -1 / 32]])
    with pytest.raises(Disagreement, match="two oracles disagree on test"):
        judged(problem, instance, operator="hessian", right=altered("hessian", right))


def test_hvp_at_a_kink_of_the_gradient_is_no_excuse():
    # relu(x)² has second derivative 0, 2 on either side of 0, and 0 at 0 by convention; moving x
    # off 0 makes it jump by 2, which is not rounding.
    problem = Problem(
        "test",
        lambda xp, p, d: xp.sum(xp.where(p["x"] > 0, p["x"] ** 2, 0.0 * p["x"])),
        lambda rng: Instance({"x": np.array([0.0, 1.0])}, {}),
        {"only": {}},
        "this test",
    )
    instance = problem.instance("only", 0)
    v = instance.direction["x"]
    right, wrong = np.array([0.0, 2.0]) * v, np.array([0.0, 2.0 + 1e-6]) * v
    found = judged(
        problem, instance, operator="hvp",
        right=Answer(None, {"x": right}), wrong=Answer(None, {"x": wrong}),
    )  # fmt: skip
    assert found["right"].status == "ok"
    assert place(found["wrong"]) == ("x", (1,))


def test_no_residuals_no_jacobian():
    problem = Problem("bare", PROBLEM.loss, draw, PROBLEM.sizes, "this test")
    with pytest.raises(InputError, match="bare states no residuals"):
        Truth(problem, problem.instance("small", 0), "jacobian")


def test_the_same_seed_gives_the_same_judgement():
    answer = Closed("large", "float32").answer("hessian")
    instance = PROBLEM.instance("large", 0)
    first, second = (
        judged(PROBLEM, instance, "float32", 3, "hessian", mine=answer) for _ in range(2)
    )
    assert first == second
