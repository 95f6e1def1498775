"""Points without a slope: gradient, kind by the Hessian's eigenvalues, value, and the picture."""

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.landscapes.seen_loss import SeenLoss
from gradparity.harness.landscapes.surface_view import surface_view
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS

KNOWN = [name for name, problem in PROBLEMS.items() if problem.critical]


def answered(name, operator, point, data):
    at = Instance(point.params, data, point.params)
    prepared = load("tape").prepare(PROBLEMS[name], operator, at.zeros(), Setting())
    return prepared(at)


def kind(eigenvalues):
    signs = set(np.sign(eigenvalues))
    return {frozenset({1.0}): "minimum", frozenset({-1.0}): "maximum"}.get(
        frozenset(signs), "saddle"
    )


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_point_is_critical_and_of_its_kind(name):
    data = PROBLEMS[name].instance("tiny", 0).data
    for point in PROBLEMS[name].critical(data):
        answer = answered(name, "gradient", point, data)
        assert float(answer.value) == pytest.approx(point.value, rel=1e-13, abs=1e-13)
        assert np.abs(answer.derivative["x"]).max() < 1e-11
        curvatures = np.linalg.eigvalsh(
            answered(name, "hessian", point, data).derivative["hessian"]
        )
        assert kind(curvatures) == point.kind or name == "monkey-saddle"


@pytest.mark.parametrize(
    ("name", "minima", "maxima", "saddles"),
    [
        ("himmelblau", 4, 1, 4),
        ("six-hump-camel", 6, 2, 7),
        ("styblinski-tang", 4, 1, 4),
        ("branin", 3, 0, 2),
        ("mccormick", 2, 0, 1),
        ("beale", 1, 0, 2),
    ],
)
def test_their_numbers_are_those_of_the_literature(name, minima, maxima, saddles):
    """On a plane with hills all around, minima and maxima are one more than saddles (Morse)."""
    points = PROBLEMS[name].critical(PROBLEMS[name].instance("tiny", 0).data)
    count = [point.kind for point in points].count
    assert (count("minimum"), count("maximum"), count("saddle")) == (minima, maxima, saddles)
    if name in ("himmelblau", "six-hump-camel", "styblinski-tang"):
        assert minima + maxima == saddles + 1


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("six-hump-camel", (0.0898420, -0.7126564), -1.0316285),
        ("mccormick", (-0.547198, -1.547198), -1.9132230),
        ("branin", (-np.pi, 12.275), 5 / (4 * np.pi)),
        ("matyas", (0.0, 0.0), 0.0),
    ],
)
def test_the_lowest_is_the_certified_one_and_no_point_of_the_box_is_lower(name, x, value):
    problem = PROBLEMS[name]
    minimum = problem.minimum({})
    assert minimum.value == pytest.approx(value, abs=5e-7)
    assert minimum.params["x"] == pytest.approx(np.array(x), abs=5e-6)
    losses = [
        float(problem.loss(np, problem.draw(np.random.default_rng(seed)).params, {}))
        for seed in range(200)
    ]
    assert min(losses) > minimum.value


def test_a_quadratic_of_condition_25():
    point = PROBLEMS["matyas"].critical({})[0]
    hessian = answered("matyas", "hessian", point, {}).derivative["hessian"]
    assert np.linalg.cond(hessian) == pytest.approx(25.0, rel=1e-12)


def test_a_picture_marks_them():
    view = surface_view(SeenLoss(PROBLEMS["himmelblau"]))
    marks = view.frame({"steps": 3, "second": "none"}).charts[0].marks
    drawn = {
        mark.label: len(mark.x) for mark in marks if getattr(mark, "marker", "") and mark.label
    }
    assert drawn["maximum"] == 1
    assert drawn["saddle"] == 4
