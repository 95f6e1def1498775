"""The slope view against the closed forms of a parabola: profit (p - c)(a - b p)."""

import math
import re

import numpy as np
import pytest

from gradparity.harness.play.views import VIEWS
from gradparity.problems import InputError

VIEW = VIEWS["slope"]
MARKET = {"a": 1000.0, "b": 8.0, "cost": 35.0}


def frame(**given):
    return VIEW.frame({**MARKET, **given})


def test_the_sentence_of_the_course():
    assert frame(p=60.0).sentence == (
        "At 60.00, 1 more earns about 320.00 (really 312.00: the bend takes 8.00). "
        "Raise it; best is 80.00."
    )


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (100.0, "1 more loses about 320.00 (really 328.00: the bend adds 8.00). Lower it; best is"),
        (
            80.0,
            "it is nearly flat: the slope is 0.00, 1 more loses 8.00, the bend's doing. This is the",
        ),
        (79.75, "the slope is 4.00, 1 more loses 4.00, the bend's doing. Raise it; best is 80.00."),
    ],
)
def test_other_prices(price, text):
    assert text in frame(p=price).sentence


@pytest.mark.parametrize("backend", ["numpy", "tape", "jax", "torch"])
def test_numbers_are_those_of_the_closed_form(backend):
    numbers = frame(p=60.0, h=1.0, backend=backend).numbers
    assert numbers["value"] == 25 * 520
    assert numbers["slope"] == 1000 - 2 * 8 * 60 + 8 * 35
    assert numbers["bend"] == -16
    assert numbers["secant"] == 312


def test_a_sixteenth_lands_on_the_top_in_one_step():
    assert frame(p=60.0, rate=1 / 16).numbers["next"] == 80.0


@pytest.mark.parametrize(("rate", "converges"), [(0.124, True), (0.126, False)])
def test_the_rate_that_still_converges(rate, converges):
    """Each step multiplies the distance to 80 by 1 - 16 rate."""
    path = frame(p=60.0, rate=rate).numbers["path"]
    for k, price in enumerate(path):
        assert price == pytest.approx(80 - 20 * (1 - 16 * rate) ** k, rel=1e-9)
    assert (abs(path[-1] - 80) < abs(path[0] - 80)) == converges


def test_the_v_falls_with_slope_one_and_rises_with_slope_minus_one():
    """|secant - slope| = 8 h right of the minimum, of the order of eps |profit| / h left of it."""
    chart = next(one for one in frame(p=60.0).charts if one.name == "v")
    line = chart.marks[0]
    h, error = np.log10(line.x), np.log10(line.y)
    right = h > -4
    assert np.polyfit(h[right], error[right], 1)[0] == pytest.approx(1.0, abs=1e-3)
    left = h < -8
    assert np.polyfit(h[left], error[left], 1)[0] == pytest.approx(-1.0, abs=0.25)
    assert -8 < h[np.argmin(error)] < -4


def test_a_formula_of_ones_own():
    numbers = VIEW.frame({"function": "own", "formula": "sin(x) + x^2", "x": 0.5}).numbers
    assert numbers["slope"] == pytest.approx(math.cos(0.5) + 1.0, rel=1e-15)
    assert numbers["bend"] == pytest.approx(2 - math.sin(0.5), rel=1e-15)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"p": math.nan}, "p is nan, not in 1 ... 250"),
        ({"p": "60"}, "p is '60', not a number"),
        ({"rate": 0.0}, "rate is 0, not in"),
        ({"function": "cubic"}, "unknown function 'cubic'"),
        ({"price": 3.0}, "unknown control 'price'; known: function"),
        ({"function": "own", "formula": "__import__('os')"}, "is not understood; a formula has"),
        ({"function": "own", "formula": "x.real"}, "'x.real' is not understood"),
        ({"function": "own", "formula": "x^99999"}, "the exponent 99999 is beyond 64"),
        ({"function": "own", "formula": "(" * 60}, "is no formula"),
        ({"function": "own", "formula": "x" * 121}, "formula has 121 characters, at most 120"),
    ],
)
def test_what_no_control_may_be(given, text):
    with pytest.raises(InputError, match=re.escape(text)):
        VIEW.frame(given)
