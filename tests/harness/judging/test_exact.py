"""Exact problems: float64 data as they are, float32 judged at the rounded instance."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.harness.judging.gradient_check import check_problem
from gradparity.problems import Instance, Problem

# NIST StRD, Norris: certified intercept, slope and residual sum of squares.
X = """0.2 337.4 118.2 884.6 10.1 226.5 666.3 996.3 448.6 777.0 558.2 0.4 0.6 775.5 666.9 338.0 447.5
11.6 556.0 228.1 995.8 887.6 120.2 0.3 0.3 556.8 339.1 887.2 999.0 779.0 11.1 118.3 229.2 669.1
448.9 0.5"""
Y = """0.1 338.8 118.1 888.0 9.2 228.1 668.5 998.5 449.1 778.9 559.2 0.3 0.1 778.1 668.8 339.3 448.9
10.8 557.7 228.3 998.0 888.8 119.6 0.3 0.6 557.6 339.3 888.0 998.5 778.9 10.2 117.6 228.9 668.4
449.2 0.2"""
CERTIFIED = -0.262323073774029, 1.00211681802045, 26.6173985294224


def loss(xp, params, data):
    return xp.sum(xp.square(params["a"] + params["b"] * data["x"] - data["y"]))


def by_hand(factor=1.0):
    def gradient(params, data):
        r = params["a"] + params["b"] * data["x"] - data["y"]
        b = 2 * factor * np.asarray(np.sum(r * data["x"]))
        return np.asarray(np.sum(r * r)), {"a": 2 * np.sum(r, keepdims=True)[0], "b": b[()]}

    return gradient


def norris(start, gradient=None):
    a, b = start
    data = {"x": np.array(X.split(), float), "y": np.array(Y.split(), float)}
    drawn = Instance({"a": np.array(a), "b": np.array(b)}, data)
    return Problem("norris", loss, lambda rng: drawn, {"tiny": {}}, "NIST", gradient=gradient)


def value(problem):
    instance = problem.instance("tiny", 0)
    r = instance.params["a"] + instance.params["b"] * instance.data["x"] - instance.data["y"]
    return float(r @ r)


def test_certified_sums_are_within_reach():
    rounded = norris(CERTIFIED[:2])
    assert value(replace(rounded, exact=True)) == pytest.approx(CERTIFIED[2], rel=1e-13)
    assert value(rounded) != pytest.approx(CERTIFIED[2], rel=1e-10)


@pytest.mark.parametrize("start", [(0.1, 1.1), CERTIFIED[:2]])
@pytest.mark.parametrize("backend", ["numpy", "tape", "jax", "torch"])
def test_both_dtypes_are_judged_at_what_they_see(backend, start):
    problem = replace(norris(start, by_hand()), exact=True)
    found = check_problem(problem, backend, "tiny", 0).finding
    assert found.status == "ok"
    assert found.dtypes == ("float64", "float32")


def test_a_wrong_formula_is_wrong_here_too():
    problem = replace(norris((0.1, 1.1), by_hand(1 + 1e-11)), exact=True)
    assert check_problem(problem, "numpy", "tiny", 0).finding.status == "formula"
