"""M, how strongly rounding moves a number, against closed forms and real float32 rounding."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.engine.accumulation import accumulated
from gradparity.backends.numpy_tape.engine.perturbed import Perturbed
from gradparity.backends.numpy_tape.engine.rounding_sources import EXACT, SOURCES
from gradparity.backends.numpy_tape.engine.runs import Runs
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.table import PRIMITIVES
from tests.harness.judging.judged import network, network_answer

RUNS = 4000
# The standard deviation of a root mean square over 4000 runs is about 1 %.
CLOSE = 0.05


def boxed(arrays, runs):
    return {
        name: Perturbed(x, runs) if np.asarray(x).dtype.kind == "f" else np.asarray(x)
        for name, x in arrays.items()
    }


def moved(box):
    return np.sqrt(np.mean(np.square(box.moves), axis=0))


def gradient(loss, x, independent=RUNS, shared=0):
    runs = Runs(0, independent, shared)
    params = boxed({"x": np.asarray(x, np.float64)}, runs)
    value, found = derivatives.value_and_gradient(lambda xp, p, d: loss(xp, p["x"]), params, {})
    return value, found["x"]


X = np.array([3.0, -1.5, 0.25, 2.0])


def test_a_sum_moves_by_the_root_of_its_squared_terms_and_its_gradient_not_at_all():
    value, found = gradient(lambda xp, x: xp.sum(x), X)
    assert moved(value) == pytest.approx(np.sqrt(np.sum(X**2)), rel=CLOSE)
    assert found.moves is None or not found.moves.any()
    assert found.exact.tolist() == [1, 1, 1, 1]


def test_a_sum_that_cancels_moves_as_its_terms():
    x = np.array([1e6, 1.0, -1e6])
    value, _ = gradient(lambda xp, x: xp.sum(x), x)
    assert float(value.exact) == 1
    assert moved(value) == pytest.approx(np.sqrt(2e12 + 1), rel=CLOSE)


def test_a_square_and_its_gradient():
    # The square rounds once; 2x · 1 is two products, each rounded once.
    value, found = gradient(lambda xp, x: x * x, np.array(3.0))
    assert moved(value) == pytest.approx(9, rel=CLOSE)
    value, found = gradient(lambda xp, x: x**2, np.array(3.0))
    assert moved(value) == pytest.approx(9, rel=CLOSE)
    assert moved(found) == pytest.approx(np.sqrt(2) * 6, rel=CLOSE)


def test_what_was_rounded_before_a_subtraction_stays():
    # (x + a) - a: the sum rounds by x + a, the difference by x.
    value, _ = gradient(lambda xp, x: (x + 1024.0) - 1024.0, np.array(0.5))
    assert float(value.exact) == 0.5
    assert moved(value) == pytest.approx(1024.5, rel=CLOSE)


def test_rounding_goes_through_a_function_with_its_derivative():
    # exp(x²): x² rounds by x², which exp makes x² exp(x²), and rounds itself by exp(x²).
    value, _ = gradient(lambda xp, x: xp.exp(x * x), np.array(2.0))
    assert moved(value) == pytest.approx(np.exp(4) * np.sqrt(17), rel=CLOSE)


def test_a_product_of_matrices_rounds_its_terms():
    a, x = np.array([[1.0, -1.0, 2.0], [4.0, 0.5, 0.0]]), np.array([3.0, 3.0, 1.0])
    runs = Runs(0, RUNS, 0)
    found = p.matmul(Perturbed(a, runs), Perturbed(x, runs))
    assert moved(found) == pytest.approx(np.sqrt((a * x) ** 2 @ np.ones(3)), rel=CLOSE)
    same = p.einsum(Perturbed(a, runs), Perturbed(x, runs), subscripts="ij,j->i")
    assert moved(same) == pytest.approx(np.sqrt((a * x) ** 2 @ np.ones(3)), rel=CLOSE)


def test_a_scatter_rounds_what_it_adds_up():
    runs = Runs(0, RUNS, 0)
    g, i = np.array([1.0, 2.0, -3.0, 4.0]), np.array([0, 2, 2, 1])
    found = p.take_add(Perturbed(g, runs), i, axis=0, shape=(3,))
    assert found.exact.tolist() == [1, 4, -1]
    assert moved(found) == pytest.approx([1, 4, np.sqrt(13)], rel=CLOSE)


def test_a_number_that_is_no_float32_has_been_rounded():
    x = np.float64(np.float32(-0.1))
    value, _ = gradient(lambda xp, x: x + 0.1, x)
    assert moved(value) == pytest.approx(0.1, rel=CLOSE)
    value, _ = gradient(lambda xp, x: x + 0.5, np.float64(-0.5))
    assert not value.moves.any()


def test_errors_shared_by_an_array_add_up_in_its_sum():
    # n equal products: independent errors grow as √n, a common one as n; the sum's own is √n.
    n = 400
    ones = np.ones(n)
    independent, _ = gradient(lambda xp, x: xp.sum(x * 3.0), ones, RUNS, 0)
    shared, _ = gradient(lambda xp, x: xp.sum(x * 3.0), ones, 0, RUNS)
    assert moved(independent) == pytest.approx(3 * np.sqrt(2 * n), rel=CLOSE)
    assert moved(shared) == pytest.approx(3 * np.sqrt(n**2 + n), rel=CLOSE)


def test_a_branch_is_that_of_the_exact_run():
    value, found = gradient(lambda xp, x: xp.where(x * 3.0 >= 9.0, x, 0 * x), np.array(3.0))
    assert float(value.exact) == 3
    assert float(found.exact) == 1
    assert not value.moves.any()


def test_random_numbers_have_mean_square_one_and_are_never_small():
    xi = Runs(1, 500, 500).each((20,))
    assert np.mean(xi**2) == pytest.approx(1, rel=0.05)
    assert np.abs(xi).min() > 0.45
    assert np.abs(np.mean(xi[:500])) < 0.05
    assert (xi[500:] == xi[500:, :1]).all()
    assert len(np.unique(xi[0])) == 20


def test_every_primitive_rounds_its_result_its_terms_or_nothing():
    assert not EXACT & set(SOURCES)
    assert set(PRIMITIVES) >= EXACT | set(SOURCES)


def test_float32_errors_of_a_network_are_as_large_as_predicted():
    problem, instance = network(40)
    runs = Runs(0, 32, 0)
    _, found = derivatives.value_and_gradient(
        problem.loss, boxed(instance.params, runs), boxed(instance.data, runs)
    )
    right, single = (network_answer(instance, dtype).derivative for dtype in ("float64", "float32"))
    ratios = np.concatenate(
        [
            np.ravel((single[name] - right[name]) / (np.finfo(np.float32).eps * moved(box)))
            for name, box in found.items()
        ]
    )
    # Rounding to nearest errs by eps/√12 times a result at most, Python's own runs by eps.
    assert 0.05 < np.sqrt(np.mean(ratios**2)) < 1


@pytest.mark.parametrize(
    ("name", "shapes", "static", "longer"),
    [
        ("add", [(3,), (3,)], {}, 1),
        ("multiply", [(3,), (3,)], {}, 0),
        ("sum", [(6, 5)], {"axis": (0,), "keepdims": False}, 6),
        ("sum", [(6, 5)], {"axis": (0, 1), "keepdims": True}, 30),
        ("cumulative_sum", [(6, 5)], {"axis": 1}, 5),
        ("matmul", [(2, 7), (7, 3)], {}, 7),
        ("einsum", [(2, 7, 4), (7, 4, 3)], {"subscripts": "ijk,jkl->il"}, 28),
        ("reshape", [(6, 5)], {"shape": (30,)}, 0),
    ],
)
def test_how_much_longer_a_primitive_makes_an_accumulation(name, shapes, static, longer):
    operands = [np.ones(shape) for shape in shapes]
    result = np.asarray(PRIMITIVES[name].numpy(*operands, **static))
    assert accumulated(name, 10, operands, result, static) == 10 + longer


def test_a_scatter_is_as_long_as_an_entry_is_hit_often():
    g, i = np.ones(6), np.array([0, 1, 1, 4, 1, 0])
    static = {"axis": 0, "shape": (5,)}
    result = p.take_add(g, i, **static)
    assert accumulated("take_add", 0, [g, i], result, static) == 3


def test_an_unrolled_loop_counts_as_the_sum_that_it_is():
    runs = Runs(0, 1, 0)

    def loss(xp, x):
        total = x[0]
        for k in range(1, 50):
            total = total + x[k]
        return total

    derivatives.value(lambda xp, p, d: loss(xp, p["x"]), boxed({"x": np.arange(50.0)}, runs), {})
    assert runs.longest == 49
