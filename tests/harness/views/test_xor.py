"""The view of XOR against `train`, closed forms and published shares."""

import math

import numpy as np
import pytest

import gradparity as gp
from gradparity.harness.play.views import VIEWS
from gradparity.harness.views.xor import PLATEAUS, interval

VIEW = VIEWS["xor"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """`train` stores what it finds where it stands."""
    monkeypatch.chdir(tmp_path)


def frame(**given):
    return VIEW.frame(given)


@pytest.mark.parametrize("batch", ["4", "2", "1"])
def test_the_loss_is_bitwise_that_of_train(batch):
    told = frame(seed=3, rate=0.2, steps=60, optimizer="momentum", batch=batch)
    given = {} if batch == "4" else {"batch": int(batch)}
    race = gp.train(
        "xor-tanh",
        optimizers=["momentum"],
        backends=["tape"],
        rates=[0.2],
        steps=60,
        seeds=[3],
        **given,
    )
    assert race.descents[0].final_loss == told.numbers["loss"][-1]


def test_the_share_that_solves_it_is_that_of_the_race():
    told = frame(seeds=True, steps=300, rate=0.5)
    race = gp.train(
        "xor-tanh", optimizers=["gd"], backends=["tape"], rates=[0.5], steps=300, seeds=range(50)
    )
    assert told.numbers["solved"] == [one.accuracy == 1.0 for one in race.descents]
    assert f"{sum(told.numbers['solved'])} of 50 starts solve it" in told.sentence


@pytest.mark.parametrize("seed", range(4))
def test_the_boundary_at_the_four_points_is_the_accuracy(seed):
    """The probability's sign at the cells nearest the cases, which are on no boundary."""
    told = frame(seed=seed, hidden=4, steps=2000)
    heat = next(one for one in told.charts if one.name == "boundary").marks[0]
    near = [int(np.argmin(np.abs(np.asarray(heat.x) - value))) for value in (0.0, 1.0)]
    answers = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    right = sum((heat.z[near[y]][near[x]] > 0) == bool(one) for x, y, one in answers)
    assert right == told.numbers["right"][-1]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_from_zero_only_the_last_bias_ever_moves(activation):
    told = frame(start="zero", batch="1", activation=activation, steps=500)
    params = told.numbers["params"]
    assert not any(params[name].any() for name in ("w1", "b1", "w2"))
    assert "The gradient of w1, b1, w2 is exactly 0" in [c.title for c in told.charts]


def test_a_rate_change_does_not_reset():
    whole = frame(rates="[[100, 0.3]]", steps=50, rate=0.9)
    first = frame(steps=100, rate=0.3)
    k = whole.numbers["at"].index(
        next(a for a in whole.numbers["at"] if a in first.numbers["at"] and a)
    )
    place = first.numbers["at"].index(whole.numbers["at"][k])
    assert whole.numbers["loss"][k] == first.numbers["loss"][place]
    assert whole.numbers["at"][-1] == 150


def test_where_it_gets_stuck():
    """m cases that share an answer: the least loss is m/4 of the entropy of their share of ones."""
    values = [at for at, _ in PLATEAUS]
    entropy = lambda p: -p * math.log(p) - (1 - p) * math.log(1 - p)  # noqa: E731
    assert values == pytest.approx([entropy(0.5), 0.5 * entropy(0.5), 0.75 * entropy(1 / 3)])
    assert frame(start="zero").sentence.startswith("Stuck at 0.693 = ln 2")


def test_wilsons_interval():
    """97 of 200: the figures of SciPy's binomtest(97, 200).proportion_ci(method="wilson")."""
    stats = pytest.importorskip("scipy.stats")
    for solved, of in ((97, 200), (0, 50), (50, 50), (21, 50)):
        known = stats.binomtest(solved, of).proportion_ci(method="wilson")
        assert interval(solved, of) == pytest.approx((known.low, known.high), abs=1e-12)


@pytest.mark.parametrize("preset", VIEW.presets, ids=lambda preset: preset.title)
def test_every_preset_has_a_frame(preset):
    assert VIEW.frame({**preset.values, "seeds": False}).sentence
