"""What is made on the way to a translation: no array more than the steps themselves ask for."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from gradparity.harness.plain.steps import comparing, contracting
from gradparity.harness.plain.steps.comparing import compared
from gradparity.harness.plain.steps.recorded_loss import RecordedLoss
from gradparity.harness.plain.steps.step import Datum, Slot, Step
from gradparity.harness.plain.steps.translation import Untranslatable

ROWS, COLUMNS = 30, 50_000
PRODUCT = 8 * ROWS * COLUMNS  # bytes
ROOT = Path(__file__).parents[3]


def product_summed(axis, then=lambda xp, a: xp.sum(a)):
    return RecordedLoss(
        ("w",),
        (
            Step(lambda xp, a, b: a * b, (Datum("x"), Slot(0)), 1, (0,)),
            Step(lambda xp, a: xp.sum(a, axis=axis), (Slot(1),), 2, (1,)),
            Step(then, (Slot(2),), 3, (2,)),
        ),
        3,
    )


def accepted(loss, params, data, value):
    try:
        compared(loss, params, data, value, "NumPy", "float64", 0.0)
    except Untranslatable:
        return False
    return True


def test_the_scale_of_rounding_is_measured_with_one_array_of_a_products_size():
    """Each perturbed replay made four more."""
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(ROWS, COLUMNS)), rng.normal(size=COLUMNS)
    value = float(np.sum(x @ w)) * (1 + 2**-50)
    tracemalloc.start()
    try:
        compared(product_summed(1), {"w": w}, {"x": x}, value, "NumPy", "float64", 0.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    blocks = 4 * 8 * (contracting.LEAST + comparing._BLOCK)
    assert peak < PRODUCT + blocks


@pytest.mark.parametrize("shape", [(40, 1), (200,), ()])
def test_a_sum_that_cancels_has_the_scale_of_its_terms(shape, monkeypatch):
    """Rows that sum to 0, times one number for each row: only the terms tell that."""
    monkeypatch.setattr(contracting, "LEAST", 1)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 200))
    x -= x.mean(1, keepdims=True)
    s = np.asarray(rng.normal(size=shape))
    loss = product_summed(1)
    value = sum(float(sum(row)) for row in x * s)  # in another order
    scale = np.sqrt(np.sum((x * s) ** 2))
    assert accepted(loss, {"w": s}, {"x": x}, value)
    assert not accepted(loss, {"w": s}, {"x": x}, value + 1e-11 * scale)


@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
def test_the_pieces_of_a_contraction_are_the_whole(axis, monkeypatch):
    """In slices of three rows or columns; a hundredth more of each term is that of the sum."""
    monkeypatch.setattr(contracting, "LEAST", 60)
    rng = np.random.default_rng(3)
    for rows, columns in ((7, 20), (20, 7)):
        x, w = rng.normal(size=(rows, columns)), rng.normal(size=columns)
        shapes = {Datum("x"): x.shape, Slot(0): w.shape, Slot(1): x.shape, Slot(2): ()}
        first = product_summed(axis).contracted(shapes).steps[0]
        seen = []

        def after(array, seen=seen):
            seen.append(array.size)
            return array * 1.01

        found = first.rule.replayed(np, (x, w), after)
        assert np.allclose(found, 1.01**2 * np.sum(x * w, axis=axis), rtol=1e-13, atol=1e-13)
        assert len(seen) > 2
        assert max(seen) <= 60


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("name", ["squares", "summed"])
@pytest.mark.parametrize("wrong", ["", "wrong"])
def test_a_matrix_of_ten_million_entries_takes_600_mib_and_ten_seconds(name, library, wrong):
    """The library itself takes 275 to 300 of them."""
    pytest.importorskip(library)
    command = [sys.executable, "-m", "tests.benchmarks.check_cost", name, library, wrong]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    verdict, seconds, *_, mib, _ = said.split()
    assert verdict == ("formula" if wrong else "ok")
    assert float(mib) < 600
    assert float(seconds) < 10
