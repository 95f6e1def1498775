"""The view of backprop against closed forms, a difference of the loss, and the backends."""

from dataclasses import replace

import numpy as np
import pytest

import gradparity as gp
from gradparity.harness.play.views import VIEWS
from gradparity.harness.views.network import MISTAKES, SmallNetwork, chain, drawn
from gradparity.problems.namespace import NUMPY
from gradparity.results.pages.encoding import encoded

VIEW = VIEWS["flow"]


def frame(**given):
    return VIEW.frame(given)


@pytest.mark.parametrize(
    ("depth", "weight", "arrives"),
    [(10, 1.0, 0.25**10), (50, 1.0, 7.8886e-31), (50, 4.0, 1.0), (10, 2.0, 0.5**10)],
)
def test_the_scalar_chain(depth, weight, arrives):
    """(w/4)^depth of the gradient reaches the input."""
    told = frame(start="chain", depth=depth, scale=weight)
    assert told.numbers["to the input"] == pytest.approx(arrives, rel=1e-4)


def test_the_sentence_of_the_course():
    assert frame(start="chain", depth=50).sentence == (
        "Each layer keeps 25 %: 8e-31 of it reaches the input."
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus", "linear", "own"])
@pytest.mark.parametrize("wiring", ["plain", "residual"])
def test_by_hand_is_what_the_backend_answers(activation, wiring):
    numbers = frame(activation=activation, wiring=wiring, branch=0.5, depth=3, seed=4).numbers
    assert numbers["gradient"].keys() == numbers["by backend"].keys()
    for name, array in numbers["gradient"].items():
        assert np.allclose(array, numbers["by backend"][name], rtol=1e-12, atol=1e-16), name


@pytest.mark.parametrize("edge", ["1,2,3", "2,1,1", "3,3,2"])
def test_a_weight_is_its_difference(edge):
    told = frame(depth=3, edge=edge, seed=2)
    layer, source, target = (int(part) for part in edge.split(","))
    slope = told.numbers["gradient"][f"W{layer}"][source - 1, target - 1]
    assert told.numbers["difference"] == pytest.approx(slope, rel=1e-6, abs=1e-11)
    product = told.tables[0].columns["product"]
    assert sum(product[:4]) == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("mistake", [name for name in MISTAKES if name != "none"])
def test_a_planted_mistake_fails_and_is_named(mistake):
    right, told = frame(mistake=mistake, activation="tanh").challenge
    assert not right
    assert told.startswith("FAIL: The gradient is wrong at ")


def test_what_is_right_passes():
    right, told = frame(activation="tanh").challenge
    assert right
    assert told.startswith("PASS: The gradient is right")


def test_while_a_slider_moves_nobody_judges_and_the_rest_is_the_same(monkeypatch):
    monkeypatch.setattr(gp, "check", None)
    moving = frame(activation="tanh", scale=1.37, moving=True)
    assert moving.challenge == (False, "Judged when you let go.")
    monkeypatch.undo()
    settled = frame(activation="tanh", scale=1.37)
    assert encoded(replace(settled, challenge=None)) == encoded(replace(moving, challenge=None))
    assert settled.challenge[1].startswith("PASS")
    assert frame(activation="tanh", scale=1.37, moving=True).challenge == settled.challenge


def test_phases_go_forward_and_back():
    told = frame(depth=5)
    assert told.steps == 11
    assert len(told.captions) == 12
    assert told.captions[0].startswith("The input")
    assert told.captions[6].startswith("The loss")
    assert told.captions[11].startswith("Backward, layer 1")


def test_a_dead_layer_is_said():
    network = SmallNetwork(2, lambda xp, z: 0.0 * z, lambda z: np.zeros_like(z))
    params, data = chain(2, 1.0)
    passes = network.passes(params, data, NUMPY)
    assert not passes.deltas[0].any()
    told = frame(activation="own", formula="0*x", depth=3)
    assert told.sentence == "Nothing flows back beyond layer 3: its δ is exactly 0."


def test_starts_have_the_spread_that_is_stated():
    params = drawn(2, 400, "he", 1.0, 0)
    assert np.std(params["W2"]) == pytest.approx(np.sqrt(2 / 400), rel=0.01)
    params = drawn(2, 400, "xavier", 2.0, 0)
    assert np.std(params["W2"]) == pytest.approx(2 * np.sqrt(2 / 800), rel=0.01)


@pytest.mark.parametrize("preset", VIEW.presets, ids=lambda preset: preset.title)
def test_every_preset_has_a_frame(preset):
    assert VIEW.frame(preset.values).sentence
