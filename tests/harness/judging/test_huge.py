"""Of huge gradients runs of rounding are taken in parts, in float64: the same sizes come out."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.harness.judging import rounding, truth
from gradparity.harness.judging.rounding import FIRST, first_look, perturbed
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Instance, Problem


def loss(xp, params, data):
    scores = xp.matmul(params["q"] / 30**0.5, xp.matrix_transpose(params["k"]))
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    weights = weights / xp.sum(weights, axis=-1, keepdims=True)
    return xp.sum(xp.matmul(weights, params["k"]) * data["u"])


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    params = {name: rng.normal(size=(8, 20, 30)) for name in ("q", "k")}
    instance = Instance(params, {"u": rng.normal(size=(8, 20, 30))})
    return Problem("attention", loss, lambda rng: instance, {}, "of its own keys"), instance


def test_runs_in_float64_are_those_of_extended_precision(given):
    args = (*given, "gradient", (0, 9), (4, 0))
    wide, double = (perturbed(*args, each=True, double=x) for x in (False, True))
    for name, moves in wide.each.items():
        assert np.any(moves)
        np.testing.assert_allclose(double.each[name], moves, rtol=1e-9, atol=1e-9)
        assert np.max(np.abs(double.exact[name] - wide.exact[name])) < 1e-12


def test_a_first_look_in_parts_has_the_same_truth_and_as_large_moves(given, monkeypatch):
    whole = first_look(*given, "gradient", (0, 0), None)
    monkeypatch.setattr(rounding, "HUGE", 100)
    parts = first_look(*given, "gradient", (0, 0), None)
    assert parts.runs == whole.runs == FIRST
    for name in ("q", "k"):
        assert np.array_equal(parts.exact[name], whole.exact[name])
        sizes = [np.sqrt(float(np.mean(x.independent[name]))) for x in (parts, whole)]
        assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


def test_runs_of_a_large_problem_are_as_many_and_as_large_and_all_differ(given, monkeypatch):
    found = Truth(*given)
    whole = found.runs(8)
    monkeypatch.setattr(truth, "LARGE", 100)
    parts = found.runs(8)
    for name in ("q", "k"):
        assert parts[name].shape == whole[name].shape
        sizes = [np.sqrt(np.mean(np.square(x[name]))) for x in (parts, whole)]
        assert sizes[0] == pytest.approx(sizes[1], rel=0.1)
        assert len(np.unique(parts[name][:, 0, 0, 0])) == 8
