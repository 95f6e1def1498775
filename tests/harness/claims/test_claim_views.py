"""A claim's view answers at every end of its one control, and what it draws moves with it."""

import numpy as np
import pytest
from scipy.differentiate import derivative
from scipy.special import expit

from gradparity.harness.claims.catalogue import CLAIMS
from gradparity.harness.claims.live import NAMED
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Polyline

VIEWED = [number for number, claim in CLAIMS.items() if claim.view is not None]


@pytest.mark.parametrize("number", VIEWED)
def test_a_view_has_one_control_and_a_frame_at_its_ends(number):
    view = CLAIMS[number].view
    assert view.name == f"claim-{number}"
    (control,) = (one for one in view.controls if not getattr(one, "hidden", False))
    if isinstance(control, Number):
        values = [control.low, control.default, control.high]
    else:
        values = [value for value, _ in control.options]
    frames = [view.frame({control.name: value}) for value in values]
    assert len({frame.sentence for frame in frames}) > 1
    for frame in frames:
        assert NAMED.get(str(number), {}).keys() <= frame.numbers.keys()
        lines = [m for chart in frame.charts for m in chart.marks if isinstance(m, Polyline)]
        assert all(len(line.x) == len(line.y) for line in lines)
        assert all(np.isfinite(np.asarray(line.y, float)).any() for line in lines)


def test_every_claim_that_can_be_measured_has_a_view():
    assert [n for n, claim in CLAIMS.items() if claim.view is None] == [40]


def seen(number, **given):
    return CLAIMS[number].view.frame(given).numbers


def test_what_is_drawn_over_a_moved_quantity_is_what_mathematics_says():
    assert seen(4, unit=1.0)["condition number κ"] == pytest.approx(9.673e4, rel=1e-3)
    assert seen(7, depth=50)["sigmoid, Xavier"] == pytest.approx(4e-32, rel=9.0)
    slopes = seen(10, z=0.5)
    assert slopes["softplus"] == pytest.approx(expit(0.5), rel=1e-14)
    assert slopes["swish"] == pytest.approx(derivative(lambda z: z * expit(z), 0.5).df, rel=1e-8)
    assert seen(12, width=64)["counted"] == pytest.approx(3 - 64 / (64 + 64 + 10), rel=0.01)
    left = seen(18, curvature=3)
    assert left["at 0.01"] == pytest.approx(0.97**100, rel=1e-9)
    assert left["at 1"] == pytest.approx(2.0**100, rel=1e-9)
    assert seen(24, distance=1e-10)["gd"] == np.ceil(np.log(1e10) / np.log(1.2))
    rescaled = seen(37, factor=8.0)
    assert rescaled["λmax of D H D"] == pytest.approx(1.0, rel=2e-3)
    assert rescaled["held-out gap"] == pytest.approx(1.0, rel=1e-9)
    shrunk = seen(47, decay=1.0)
    assert shrunk["adamw"] == pytest.approx(1 - (1 - 1e-3) ** 100, rel=1e-12)
    assert shrunk["adam"] == pytest.approx(seen(47, decay=0.01)["adam"], rel=1e-3)


@pytest.mark.parametrize("share", [0.8, 0.9, 1.1])
def test_the_slope_of_the_profit_is_that_of_its_differences(share):
    data = PROBLEMS["price-linear"].instance("tiny", 0).data
    a, b, cost = (float(data[name]) for name in ("a", "b", "cost"))
    price = share * 0.5 * (a / b + cost)
    found = derivative(lambda p: np.log((p - cost) * (a - b * p)), price).df * price
    assert seen(2, share=share)["price-linear"] == pytest.approx(found, rel=1e-6)
    assert seen(2, share=1.0)["price-linear"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("tolerance", [1e-6, 1e-3, 1.0])
def test_what_is_left_is_at_most_what_the_gradient_says(tolerance):
    found = seen(39, tolerance=tolerance)
    assert found["‖g‖²/(2μ), quadratic"] <= tolerance**2 / 2
    assert found["f - f*, quadratic"] <= found["‖g‖²/(2μ), quadratic"] * (1 + 1e-9)
