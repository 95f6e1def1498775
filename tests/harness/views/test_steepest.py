"""The view of the steepest direction against Cauchy-Schwarz and the sphere's own distribution."""

import math

import numpy as np
import pytest

from gradparity.harness.play.views import VIEWS
from gradparity.harness.views.steepest import random_cosines

VIEW = VIEWS["steepest"]


def frame(**given):
    return VIEW.frame(given)


@pytest.mark.parametrize("angle", [0.0, 17.0, 90.0, 200.0, 359.0])
def test_the_slope_along_a_direction_is_its_difference(angle):
    numbers = frame(angle=angle, x=1.5, y=-0.5).numbers
    assert numbers["u·g"] == pytest.approx(numbers["difference along u"], rel=1e-6, abs=1e-6)
    assert abs(numbers["u·g"]) <= numbers["its norm"] * (1 + 1e-15)


def test_the_gradient_in_closed_form():
    """(x² + y - 11)² + (x + y² - 7)² at (-1, ½)."""
    x, y = -1.0, 0.5
    a, b = x * x + y - 11, x + y * y - 7
    numbers = frame(x=x, y=y).numbers
    assert numbers["gradient, x"] == pytest.approx(4 * x * a + 2 * b, rel=1e-14)
    assert numbers["gradient, y"] == pytest.approx(2 * a + 4 * y * b, rel=1e-14)


def test_steepest_is_the_gradients_own_direction():
    gradient = frame().numbers["gradient"]
    angle = math.degrees(math.atan2(gradient[1], gradient[0])) % 360.0
    numbers = frame(angle=angle).numbers
    assert numbers["u·g"] == pytest.approx(numbers["its norm"], rel=1e-12)


@pytest.mark.parametrize("n", [2, 3, 10, 1000])
def test_random_directions_have_a_spread_of_one_over_root_n(n):
    cosines = random_cosines(n)
    assert np.all(np.abs(cosines) <= 1)
    assert np.mean(cosines) == pytest.approx(0.0, abs=4 / math.sqrt(n * 10_000))
    assert np.std(cosines) == pytest.approx(1 / math.sqrt(n), rel=0.04)


def test_in_a_thousand_dimensions_none_is_near():
    assert random_cosines(1000).max() < 1 / 6


def test_the_distribution_in_three_dimensions_is_even():
    """Archimedes: on the sphere each height is as likely as any other."""
    counts, _ = np.histogram(random_cosines(3), 10, (-1, 1))
    assert counts.min() > 870
    assert counts.max() < 1130


def test_level_in_every_direction():
    told = frame(surface="quadratic", x=0.0, y=0.0)
    assert told.sentence == "The gradient is 0: level in every direction."
