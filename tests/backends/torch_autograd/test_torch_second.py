"""Torch's second derivatives of softplus, against closed forms: in the tails and at the tie."""

import math

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import Instance, Problem
from gradparity.problems.functions import sigmoid, softplus

pytest.importorskip("torch")

POINTS = [-300.0, -100.0, -88.5, -30.0, -1.0, 0.0, 1.0, 20.5, 30.0, 88.5, 100.0, 300.0]


def of(function):
    """Σ function(x_i): its Hessian is diagonal."""

    def loss(xp, params, data):
        return xp.sum(function(xp, params["x"]))

    return Problem("of", loss, lambda rng: Instance({}, {}), {"tiny": {}}, "")


def second(backend, operator, problem, x, dtype):
    """Its second derivatives at the points x."""
    ones = {"x": np.ones(len(x))}
    instance = Instance({"x": np.array(x)}, {}, ones).rounded()
    prepared = load(backend).prepare(problem, operator, instance.zeros(), Setting(dtype))
    found = prepared(instance).derivative
    return found["x"] if operator == "hvp" else np.diag(found["hessian"])


@pytest.mark.parametrize("backend", ["torch", "torch-func"])
@pytest.mark.parametrize("operator", ["hvp", "hessian"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softplus(backend, operator, dtype):
    """softplus″ = e/(1 + e)², e = exp(-|x|)."""
    found = second(backend, operator, of(softplus), POINTS, dtype)
    e = [math.exp(-abs(x)) for x in POINTS]
    expected = np.array([e / (1 + e) ** 2 for e in e])
    precision = np.finfo(dtype)
    assert found.dtype == dtype
    assert np.all(
        np.abs(found - expected) <= 8 * precision.eps * expected + precision.smallest_normal
    )


@pytest.mark.parametrize("backend", ["torch", "torch-func"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid(backend, dtype):
    """σ″ = σ (1 - σ) (1 - 2σ) = σ(x) σ(-x) tanh(-x/2), which changes its sign at 0."""
    found = second(backend, "hvp", of(sigmoid), POINTS, dtype)
    bend = [math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2 for x in POINTS]
    expected = np.array([b * math.tanh(-x / 2) for b, x in zip(bend, POINTS, strict=True)])
    precision = np.finfo(dtype)
    # σ = exp(-softplus(-x)): the exponent is rounded, and near 1 the derivative of its derivative
    # is a difference of two terms of size softplus″.
    slack = precision.eps * np.maximum(8, np.abs(POINTS)) * np.array(bend)
    assert np.all(np.abs(found - expected) <= 2 * slack + precision.smallest_normal)


@pytest.mark.parametrize("backend", ["torch", "torch-func"])
@pytest.mark.parametrize("far", [0.0, 100.0, -math.inf])
def test_logaddexp_of_two(backend, far):
    """Its Hessian is σ(d) σ(-d) of [[1, -1], [-1, 1]], d = x - y; 0 where y is -∞, as in a mask."""

    def loss(xp, params, data):
        return xp.sum(xp.logaddexp(params["x"], params["x"] * data["zero"] + data["y"]))

    problem = Problem("two", loss, lambda rng: Instance({}, {}), {"tiny": {}}, "")
    instance = Instance(
        {"x": np.array([0.0])}, {"zero": np.array([0.0]), "y": np.array([far])}, {"x": np.ones(1)}
    )
    prepared = load(backend).prepare(problem, "hvp", instance.zeros(), Setting("float32"))
    e = math.exp(-abs(far))
    assert prepared(instance).derivative["x"] == pytest.approx(
        e / (1 + e) ** 2, rel=1e-6, abs=1e-38
    )
