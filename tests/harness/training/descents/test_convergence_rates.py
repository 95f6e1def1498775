"""Whole descents against theory: rates on quadratics, where they diverge, and saddles."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.problems.catalogue import PROBLEMS
from tests.harness.training.descents.descend import descend, placed

KAPPAS = {"tiny": 10.0, "small": 100.0, "medium": 1000.0}


def shrinks(found):
    """What ‖x‖ shrinks by per step: the loss is its square."""
    return found.convergence**0.5


@pytest.mark.parametrize(
    ("size", "rate"), [("tiny", 0.81818), ("small", 0.98020), ("medium", 0.99800)]
)
def test_descent_at_the_best_rate(size, rate):
    kappa = KAPPAS[size]
    found = descend(
        problem="quadratic",
        size=size,
        optimizer="gd",
        rate=2 / (1 + kappa),
        budget={"steps": int(8 * kappa)},
    )
    assert shrinks(found) == pytest.approx(rate, abs=1e-5)
    assert shrinks(found) == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-9)
    # Every coordinate alone shrinks by just that, from wherever it starts.
    ratios = np.abs(found.history.path[1:50] / found.history.path[:49])
    assert ratios == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-6)


@pytest.mark.parametrize(
    ("size", "rate"), [("tiny", 0.68432), ("small", 0.90020), ("medium", 0.96844)]
)
def test_nesterovs_sequence(size, rate):
    kappa = KAPPAS[size]
    root = kappa**0.5
    found = descend(
        problem="quadratic",
        size=size,
        optimizer="nesterov-textbook",
        options={"momentum": (root - 1) / (root + 1)},
        rate=1 / kappa,
        budget={"steps": int(80 * root)},
    )
    assert shrinks(found) == pytest.approx(rate, rel=0.02)
    assert shrinks(found) == pytest.approx(1 - 1 / root, rel=0.02)


@pytest.mark.parametrize(
    ("size", "rate"), [("tiny", 0.5202), ("small", 0.8185), ("medium", 0.9388)]
)
def test_the_heavy_ball(size, rate):
    kappa = KAPPAS[size]
    root = kappa**0.5
    found = descend(
        problem="quadratic",
        size=size,
        optimizer="momentum",
        options={"momentum": ((root - 1) / (root + 1)) ** 2},
        rate=4 / (root + 1) ** 2,
        budget={"steps": int(80 * root)},
    )
    assert shrinks(found) == pytest.approx(rate, rel=0.01)


def test_just_below_two_over_the_largest_eigenvalue_descent_converges():
    found = descend(problem="quadratic", optimizer="gd", rate=1.99 / 10, budget={"steps": 2000})
    assert found.status == "budget"
    assert shrinks(found) == pytest.approx(0.99, rel=1e-6)
    assert found.end == "minimum"


@pytest.mark.parametrize(("times", "growth"), [(2.01, 1.01), (2.1, 1.1)])
def test_just_above_it_descent_diverges_at_the_step_that_the_growth_foretells(times, growth):
    found = descend(problem="quadratic", optimizer="gd", rate=times / 10, budget={"steps": 2000})
    x, y = replace(PROBLEMS["quadratic"], exact=True).instance("tiny", 0).params["x"]
    k = np.arange(2001)
    losses = 0.5 * (x * (1 - times / 10) ** k) ** 2 + 5.0 * (y * growth**k) ** 2
    step = int(np.flatnonzero(losses > 1e10 * losses[0])[0])
    assert found.status == "diverged"
    assert found.reason.startswith(f"diverged at step {step}: the loss has grown to ")
    assert found.history.losses[:50] == pytest.approx(losses[:50], rel=1e-10)
    assert (found.steps, found.history.steps[-1]) == (step, step)
    assert found.end == ""


@pytest.mark.parametrize(
    ("height", "steps"), [(1e-2, (26, 13, 11)), (1e-6, (76, 36, 11)), (1e-10, (127, 58, 13))]
)
def test_how_many_steps_a_saddle_takes(tmp_path, height, steps):
    file = placed(tmp_path, "saddle", (1.0, height))
    for optimizer, expected in zip(("gd", "momentum", "adam"), steps, strict=True):
        found = descend(
            problem="saddle", file=file, optimizer=optimizer, rate=0.1, budget={"steps": 200}
        )
        assert np.flatnonzero(np.abs(found.history.path[:, 1]) > 1)[0] == expected


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
def test_from_the_ridge_no_gradient_escapes_and_the_end_is_a_saddle(tmp_path, optimizer):
    file = placed(tmp_path, "saddle", (1.0, 0.0))
    found = descend(
        problem="saddle", file=file, optimizer=optimizer, rate=0.1, budget={"steps": 1500}
    )
    assert not found.history.path[:, 1].any()
    assert (found.end, found.lowest, found.highest) == ("saddle", -2.0, 2.0)
    assert found.convergence is not None  # of the gradient's norm: there is no minimum


def test_noise_escapes(tmp_path):
    file = placed(tmp_path, "saddle", (1.0, 0.0))
    found = descend(
        problem="saddle", file=file, optimizer="langevin", rate=0.1, budget={"steps": 200}
    )
    assert np.abs(found.history.path[-1, 1]) > 1
