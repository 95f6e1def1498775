"""What is drawn of a loss against the loss itself, closed forms, and `train`'s own steps."""

import re

import numpy as np
import pytest

import gradparity as gp
from gradparity.harness.landscapes.curve_view import curve_view
from gradparity.harness.landscapes.directions import beside_gradient, random_pair
from gradparity.harness.landscapes.plain_loss import problem_of_plain
from gradparity.harness.landscapes.plane import Plane, sliced
from gradparity.harness.landscapes.seen_loss import SeenLoss
from gradparity.harness.landscapes.surface_view import slice_view, surface_view
from gradparity.harness.landscapes.targets import view_of
from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import NUMPY as XP

FEW = {"steps": 10, "second": "none"}


def cup(scale=1.0):
    def loss(xp, params, data):
        return scale * xp.sum(data["k"] * params["w"] ** 2)

    start = {"w": np.array([1.0, -2.0, 3.0])}
    return Problem(
        "cup", loss, lambda rng: Instance(start, {"k": np.array([1.0, 2.0, 4.0])}), {"tiny": {}}, ""
    )


def test_a_plane_is_the_loss_at_its_places():
    problem = PROBLEMS["mlp-digits"]
    instance = problem.instance("tiny", 0)
    layout = Layout.of(instance.params)
    centre = layout.flatten(instance.params)
    plane = Plane(layout, centre, random_pair(layout, centre, 3))
    data = {**instance.data, **plane.data()}
    for u, v in ((0.0, 0.0), (0.3, -0.7)):
        there = sliced(problem).loss(XP, {"x": np.array([u, v])}, data)
        whole = problem.loss(XP, layout.views(plane.place(u, v)), instance.data)
        assert float(there) == pytest.approx(float(whole), rel=1e-13)
        assert np.allclose(plane.projected(plane.place(u, v)[None]), [[u, v]], atol=1e-12)


def test_the_gradient_in_the_plane_is_the_projection_of_the_whole_one():
    subject = SeenLoss(cup())
    told = slice_view(subject).frame({**FEW, "trained": 0, "directions": "pair", "first_place": 0, "second_place": 2, "x0": 0.5, "y0": -0.25})  # fmt: skip
    points = told.numbers["points"]["gd"]
    # w = (1 + u, -2, 3 + v): df/du = 2 (1 + u), df/dv = 8 (3 + v)
    rate = 0.1
    assert points[1] == pytest.approx([0.5 - rate * 2 * 1.5, -0.25 - rate * 8 * 2.75], rel=1e-12)
    chart = told.charts[0]
    assert (chart.x.label, chart.y.label) == ("change of w[0]", "change of w[2]")


def test_out_of_the_plane_a_descent_is_that_of_train():
    given = {**FEW, "trained": 0, "whole": True, "x0": 0.0, "y0": 0.0, "rate": 0.05}
    told = slice_view(SeenLoss(cup())).frame(given)
    label = next(name for name in told.numbers["losses"] if name.startswith("gd, in all 3"))
    w, k = np.array([1.0, -2.0, 3.0]), np.array([1.0, 2.0, 4.0])
    losses = [np.sum(k * (w * (1 - 0.1 * k) ** step) ** 2) for step in range(11)]
    assert told.numbers["losses"][label] == pytest.approx(losses, rel=1e-12)
    assert re.search(r"It ends at .* in the plane, at .* out of it\.$", told.sentence)


def test_minus_the_gradient_goes_down_and_its_companion_is_level():
    rng = np.random.default_rng(0)
    gradient, centre = rng.normal(size=9), rng.normal(size=9)
    first, second = beside_gradient(gradient, centre, 4)
    assert first @ gradient == pytest.approx(-np.linalg.norm(gradient) * np.linalg.norm(centre))
    assert abs(second @ gradient) < 1e-12
    assert np.linalg.norm(second) == pytest.approx(np.linalg.norm(centre))


@pytest.mark.parametrize("directions", ["random", "gradient", "pair"])
def test_every_kind_of_plane_has_a_frame(directions):
    view = view_of("xor-tanh")
    told = view.frame({**FEW, "directions": directions, "draw": 2, "trained": 20})
    assert told.sentence.startswith(
        "2 of 9 directions, through where 20 steps of adam at 0.01 end."
    )
    assert told.steps == 10


def test_a_surface_has_the_steps_of_the_same_loss_in_the_catalogue():
    def rosenbrock(x=-1.2, y=1.0):
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    given = {**FEW, "rate": 0.001, "x0": -1.2, "y0": 1.0, "beside": "nothing"}
    own = surface_view(SeenLoss(problem_of_plain(rosenbrock))).frame(given)
    ours = surface_view(SeenLoss(PROBLEMS["rosenbrock"])).frame(given)
    assert own.numbers["points"]["gd"] == pytest.approx(ours.numbers["points"]["gd"], rel=1e-12)
    assert ours.charts[0].marks[1].label == "minimum"


def test_a_curve_has_the_factor_of_its_bend():
    told = curve_view(SeenLoss(PROBLEMS["price-linear"])).frame({**FEW, "rate": 0.02, "x0": 100.0})
    points = told.numbers["points"]["gd"][:, 0]
    assert points[1:] - 80 == pytest.approx((points[:-1] - 80) * (1 - 0.02 * 16), rel=1e-9)
    assert "a rate below .125 converges, and .02 multiplies the distance by .68" in told.sentence


@pytest.mark.parametrize(
    ("loss", "told"),
    [(lambda xp, p, d: p["w"], "the loss has shape (2,)"), (lambda xp, p, d: 1 / 0, "the loss raises ZeroDivisionError"),
     (lambda xp, p, d: xp.sum(np.sin(p["w"])), "write xp.sin"), (lambda xp, p, d: xp.sum(p["v"]), "KeyError")],
)  # fmt: skip
def test_a_loss_that_cannot_be_shown_says_why(loss, told):
    problem = Problem(
        "odd", loss, lambda rng: Instance({"w": np.array([1.0, 2.0])}, {}), {"tiny": {}}, ""
    )
    view = surface_view(SeenLoss(problem, "odd.py"))  # the page opens
    with pytest.raises(InputError, match=re.escape(told)) as raised:
        view.frame(FEW)
    assert "odd" in str(raised.value)


def test_a_draw_that_raises_is_one_line():
    problem = Problem("odd", cup().loss, lambda rng: {}["no"], {"tiny": {}}, "")
    with pytest.raises(gp.InputError, match=r"^odd\.py: odd: draw raises KeyError"):
        SeenLoss(problem, "odd.py")


def test_while_a_slider_moves_what_is_costly_waits():
    view = surface_view(SeenLoss(PROBLEMS["booth"]))
    names = [chart.name for chart in view.frame({**FEW, "moving": True, "x0": 1.0}).charts]
    assert "rates" not in names
    assert "rates" in [chart.name for chart in view.frame({**FEW, "x0": 1.0}).charts]
    again = view.frame({**FEW, "moving": True, "x0": 1.0, "rate": 0.01})
    assert "rates" in [chart.name for chart in again.charts]  # kept: it is the same at every rate
