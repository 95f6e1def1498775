"""The landscapes' second derivatives by hand: known curvatures, blocks, and their seams."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends.numpy_backprop import landscapes_blocks_second, landscapes_dense
from gradparity.backends.numpy_backprop.contract import blocks as blocks_module
from gradparity.backends.numpy_backprop.landscapes import DERIVATIONS, FEW
from gradparity.backends.numpy_backprop.landscapes_second import FURTHER
from gradparity.problems.landscapes import PROBLEMS
from tests.backends.numpy_backprop.numpy_answers import answered, at, derivative

IN_BLOCKS = {
    "rosenbrock": (landscapes_blocks_second.rosenbrock, landscapes_dense.rosenbrock_hessian),
    "rastrigin": (landscapes_blocks_second.rastrigin, landscapes_dense.rastrigin_hessian),
    "ackley": (landscapes_blocks_second.ackley, landscapes_dense.ackley_hessian),
    "styblinski-tang": (
        landscapes_blocks_second.styblinski_tang,
        landscapes_dense.styblinski_tang_hessian,
    ),
}
BLOCK = 64
POINTS = [np.inf, -np.inf, 1e200, np.nan]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 64 numbers in float64."""
    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", BLOCK * 8)


@pytest.mark.parametrize(
    ("name", "point", "condition"),
    [("rosenbrock", [1.0, 1.0], 2508.0), ("beale", [3.0, 0.5], 162.47), ("booth", [1.0, 3.0], 9.0)],
)
def test_the_condition_number_at_the_minimum_is_the_known_one(name, point, condition):
    hessian = derivative(name, "hessian", at(name, x=point))
    assert np.linalg.cond(hessian) == pytest.approx(condition, rel=1e-4)


def test_himmelblau_has_four_minima_a_maximum_and_four_saddles():
    """Newton's method on the hand-written derivatives, from a grid; values from the literature."""
    found = {}
    for start in np.stack(np.meshgrid(*[np.linspace(-5.0, 5.0, 15)] * 2), axis=-1).reshape(-1, 2):
        x = start
        for _ in range(60):
            instance = at("himmelblau", x=x)
            gradient = answered("himmelblau", "gradient", instance).derivative["x"]
            hessian = derivative("himmelblau", "hessian", instance)
            step = np.linalg.solve(hessian, gradient)
            x = x - step
            if np.abs(step).max() < 1e-12:
                break
        if np.abs(gradient).max() < 1e-9 and np.abs(x).max() < 6.0:
            signs = tuple(np.sign(np.linalg.eigvalsh(hessian)))
            found[tuple(np.round(x, 5) + 0.0)] = (
                signs,
                float(answered("himmelblau", "value", at("himmelblau", x=x)).value),
            )
    values = {
        kind: sorted(v for k, v in found.values() if k == kind)
        for kind in {k for k, _ in found.values()}
    }
    assert values[1.0, 1.0] == pytest.approx([0.0] * 4, abs=1e-18)
    assert values[-1.0, -1.0] == pytest.approx([181.6165], abs=1e-4)
    assert values[-1.0, 1.0] == pytest.approx([13.312, 67.719, 104.015, 178.337], abs=1e-3)
    assert len(found) == 9


def test_simple_landscapes_have_their_known_curvature():
    saddle = derivative("saddle", "hessian", at("saddle", x=[0.3, 0.7]))
    assert np.array_equal(saddle, np.diag([2.0, -2.0]))
    # d²/dx² of ½ (x⁴ - 16 x² + 5 x) is 6 x² - 16, of x² + 10 (1 - cos 2πx) at 0 is 2 + 40 π².
    tang = derivative("styblinski-tang", "hessian", at("styblinski-tang", x=[2.0, 1.0]))
    assert np.array_equal(tang, np.diag([8.0, -10.0]))
    rastrigin = derivative("rastrigin", "hessian", at("rastrigin", x=[0.0, 0.5]))
    assert rastrigin == pytest.approx(np.diag([2 + 40 * np.pi**2, 2 - 40 * np.pi**2]), rel=1e-14)


def test_rosenbrock_is_tridiagonal_and_positive_definite_at_its_minimum():
    problem = PROBLEMS["rosenbrock"]
    drawn = problem.instance("small", 0)
    hessian = derivative("rosenbrock", "hessian", replace(drawn, params={"x": np.ones(100)}))
    rows, columns = np.nonzero(hessian)
    assert np.abs(rows - columns).max() == 1
    # At 1 the stencil is (-400, 1002, -400), 802 and 200 at the ends.
    assert hessian.diagonal().tolist() == [802.0, *[1002.0] * 98, 200.0]
    assert set(hessian.diagonal(1)) == {-400.0}
    assert np.linalg.eigvalsh(hessian).min() > 0.0


@pytest.mark.parametrize("n", [2, 3, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, 2 * BLOCK, 200])
@pytest.mark.parametrize("name", IN_BLOCKS)
@pytest.mark.usefixtures("small_blocks")
def test_blocks_agree_with_the_dense_hessian_at_every_seam(name, n):
    rng = np.random.default_rng(n)
    params, direction = {"x": rng.uniform(0.5, 2.0, n)}, {"x": rng.normal(size=n)}
    make_hvp, make_hessian = IN_BLOCKS[name]
    hessian = make_hessian(params, {})(params, {})
    product = make_hvp(params, {})(params, {}, direction)["x"]
    terms = np.abs(hessian) @ np.abs(direction["x"])
    assert np.all(np.abs(hessian @ direction["x"] - product) <= 1e-14 * terms.max())


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_few_and_many_variables_are_computed_apart_and_agree(name):
    few = {"x": np.random.default_rng(1).uniform(0.5, 2.0, FEW)}
    direction = {"x": np.random.default_rng(2).normal(size=FEW)}
    make_hvp, make_hessian = IN_BLOCKS[name]
    on_floats, in_blocks = FURTHER[name]["hvp"](few, {}), make_hvp(few, {})
    assert on_floats.__code__ is not in_blocks.__code__
    many = {"x": np.ones(FEW + 1)}
    assert FURTHER[name]["hvp"](many, {}).__code__ is in_blocks.__code__
    expected = on_floats(few, {}, direction)["x"]
    assert in_blocks(few, {}, direction)["x"] == pytest.approx(expected, rel=1e-12, abs=1e-11)
    columns = FURTHER[name]["hessian"](few, {})(few, {})
    assert make_hessian(few, {})(few, {}) == pytest.approx(columns, rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_long_hvps_are_the_differences_of_the_hand_written_gradient(name):
    """Blocks of full size; the central difference of a gradient that has its own tests."""
    n, step = 100_003, 1e-6
    rng = np.random.default_rng(7)
    x, v = rng.uniform(0.5, 2.0, n), rng.normal(size=n)
    gradient = DERIVATIONS[name]({"x": x}, {}).gradient
    ends = [gradient({"x": x + s * v}, {})[1]["x"].copy() for s in (step, -step)]
    product = FURTHER[name]["hvp"]({"x": x}, {})({"x": x}, {}, {"x": v})["x"]
    expected = (ends[0] - ends[1]) / (2.0 * step)
    assert np.abs(product - expected).max() <= 1e-7 * np.abs(product).max()


@pytest.mark.parametrize("number", POINTS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_nothing_raises_far_out(name, number):
    """Beyond the largest numbers an answer may be NaN or infinite, as NumPy has it."""
    instance = at(name, x=[number, 1.0])
    with np.errstate(all="ignore"):
        for operator in (*FURTHER[name], "jvp", "hessian"):
            found = answered(name, operator, instance).derivative
            assert all(array.dtype == np.float64 for array in found.values())
