"""The descent view against closed forms, published figures and `train`'s own steps."""

import math
import re

import numpy as np
import pytest

from gradparity.harness.play.views import VIEWS
from gradparity.problems import InputError

VIEW = VIEWS["descent"]


def frame(**given):
    return VIEW.frame({"second": "none", "beside": "nothing", **given})


def test_the_sentence_of_the_course():
    assert frame(rate=0.19).sentence == (
        "Rate .19, λmax 10: below .2 it converges; steep direction ×−.90 a step, flat ×.81."
    )


@pytest.mark.parametrize(("share", "shrinks"), [(1.99, True), (2.01, False)])
def test_twice_the_inverse_of_the_curvature_divides(share, shrinks):
    points = frame(rate=share / 10, steps=400).numbers["points"]["gd"]
    assert (abs(points[-1][1]) < abs(points[0][1])) == shrinks


@pytest.mark.parametrize("rate", [0.05, 0.13, 0.19])
def test_the_stated_factor_is_the_measured_one(rate):
    shown = frame(rate=rate, steps=40)
    points = shown.numbers["points"]["gd"]
    stated = next(c for c in shown.charts if c.name == "factors").marks[-1].heights
    for direction, column in zip(stated, (1, 0), strict=True):
        measured = points[21][column] / points[20][column]
        assert measured == pytest.approx(direction, rel=1e-6)


def test_momentum_shrinks_by_the_root_of_mu_where_it_rings():
    """z² - (1 + μ - ηλ) z + μ has complex roots: the error's envelope falls by √μ a step."""
    points = frame(first="momentum", rate=0.05, momentum=0.9, steps=400).numbers["points"][
        "momentum"
    ]
    size = np.linalg.norm(points, axis=1)
    envelope = [max(size[k : k + 40]) for k in range(100, 300, 40)]
    rate = (envelope[-1] / envelope[0]) ** (1 / 160)
    assert rate == pytest.approx(math.sqrt(0.9), rel=2e-3)


@pytest.mark.parametrize(
    ("y0", "optimizer", "steps"),
    [
        (1e-2, "gd", 26),
        (1e-2, "momentum", 13),
        (1e-2, "adam", 11),
        (1e-6, "gd", 76),
        (1e-6, "momentum", 36),
        (1e-6, "adam", 11),
        (1e-10, "gd", 127),
        (1e-10, "momentum", 58),
        (1e-10, "adam", 13),
    ],
)
def test_steps_until_the_saddle_is_left(y0, optimizer, steps):
    """|y| > 1 on x² - y² at rate .1: figures of an independent run."""
    told = frame(surface="saddle", first=optimizer, rate=0.1, x0=1.0, y0=y0, steps=200)
    assert f"Steps until |y| > 1: {optimizer} {steps}." in told.sentence or (
        told.numbers["diverged"][optimizer] is not None
        and abs(told.numbers["points"][optimizer][steps][1]) > 1
        and abs(told.numbers["points"][optimizer][steps - 1][1]) <= 1
    )


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
def test_from_exactly_zero_never(optimizer):
    told = frame(surface="bounded-saddle", first=optimizer, rate=0.1, x0=1.0, y0=0.0)
    assert "never: the gradient along y is exactly 0" in told.sentence
    assert not told.numbers["points"][optimizer][:, 1].any()


def test_noise_leaves_the_saddle():
    told = frame(surface="bounded-saddle", rate=0.1, x0=1.0, y0=0.0, noise=0.1)
    assert abs(told.numbers["points"]["gd"][-1][1]) > 1


@pytest.mark.parametrize("backend", ["tape", "jax", "torch"])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
def test_paths_are_bitwise_those_of_train(backend, optimizer):
    from gradparity.backends import Setting, Training
    from gradparity.backends.catalogue import load
    from gradparity.backends.training_step import training_step
    from gradparity.problems import Instance
    from gradparity.problems.catalogue import PROBLEMS

    told = frame(first=optimizer, backend=backend, rate=0.03, steps=25, x0=4.0, y0=-1.5)
    start = Instance({"x": np.array([4.0, -1.5])}, {"curvature": np.array([1.0, 10.0])})
    step = training_step(
        load(backend), PROBLEMS["quadratic"], Training(optimizer), start.zeros(), Setting()
    )
    state, batch = step.start(start.params), step.batch(start.data)
    for point in told.numbers["points"][optimizer][1:]:
        state, _ = step.run(state, batch, 0.03)
        assert step.params(state)["x"].tobytes() == point.tobytes()


def test_a_rate_that_changes_without_a_reset_keeps_the_path():
    first = frame(rate=0.05, steps=10).numbers["points"]["gd"]
    both = frame(rate=0.15, steps=10, rates="[[10, 0.05]]").numbers["points"]["gd"]
    assert np.array_equal(both[:11], first)
    assert both[11][1] == pytest.approx(both[10][1] * (1 - 0.15 * 10), rel=1e-12)


def test_the_ravine_is_one_of_units():
    """The Hessian's condition: 9.7e4 in (p, x), 9.5 in (p, √x)."""
    for name, condition in (("price-ad", 9.7e4), ("price-root", 9.5)):
        start = {"p0": 86.428571, "s0": 2644.898}
        values = frame(surface=name, rate=1e-5, steps=1, **start).numbers["eigenvalues"]
        assert values[1] / values[0] == pytest.approx(condition, rel=5e-3)


def test_adam_states_what_its_memory_holds():
    told = frame(first="adam", rate=0.1, steps=3, x0=5.0, y0=1.0)
    assert "m̂ (5, 10), √v̂ (5, 10)" in told.captions[0]  # at first both are the gradient's size


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rates": "[[1]]"}, "rates must be"),
        ({"rates": "nonsense"}, "rates must be"),
        ({"surface": "own", "formula": "x + z"}, "'z' is not understood"),
        ({"steps": 2.5}, "steps is 2.5, not a whole number"),
        ({"rate": math.inf}, "rate is inf, not in"),
    ],
)
def test_what_no_control_may_be(given, text):
    with pytest.raises(InputError, match=re.escape(text)):
        frame(**given)


@pytest.mark.parametrize("preset", VIEW.presets, ids=lambda preset: preset.title)
def test_every_preset_has_a_frame(preset):
    told = VIEW.frame(preset.values)
    assert told.sentence
    assert len(told.captions) >= 2
