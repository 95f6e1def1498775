"""The landscapes' gradients by hand: Python floats, blocks, and the seams between blocks."""

import math

import numpy as np
import pytest

from gradparity.backends.numpy_backprop import landscapes, landscapes_blocks
from gradparity.backends.numpy_backprop.contract import blocks as blocks_module
from gradparity.backends.numpy_backprop.contract.blocks import CACHE_LINE, aligned, blocks
from gradparity.backends.numpy_backprop.landscapes import DERIVATIONS, FEW
from gradparity.problems.landscapes import PROBLEMS
from gradparity.problems.namespace import NUMPY

IN_BLOCKS = {
    "rosenbrock": landscapes_blocks.rosenbrock,
    "rastrigin": landscapes_blocks.rastrigin,
    "ackley": landscapes_blocks.ackley,
    "styblinski-tang": landscapes_blocks.styblinski_tang,
}
BLOCK = 64


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 64 numbers in float64."""
    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", BLOCK * 8)


def point(name, n, seed=31337, dtype=np.float64):
    """A point of the landscape's usual cube, away from its minimum, exact in float32."""
    rng = np.random.default_rng(seed)
    reach = 2.0 if name == "rosenbrock" else 5.0
    signed = rng.uniform(0.5, reach, n) * rng.choice([-1.0, 1.0], n)
    return signed.astype(np.float32).astype(dtype)


def exact(name, x):
    """Value and gradient of the loss alone, by the complex step in extended precision."""
    step = 1e-30
    loss = PROBLEMS[name].loss
    values = []
    for i in range(len(x)):
        moved = x.astype(np.clongdouble)
        moved[i] += 1j * step
        values.append(loss(NUMPY, {"x": moved}, {}))
    return float(values[0].real), np.array([float(value.imag / step) for value in values])


def assert_exact(name, derive, x, epsilons=64.0):
    """Relative to the largest component, to `epsilons` units of rounding."""
    params = {"x": x}
    derivation = derive(params, {})
    value, gradient = derivation.gradient(params, {})
    expected, slopes = exact(name, x.astype(np.float64))
    rounding = epsilons * float(np.finfo(x.dtype).eps)
    assert abs(float(value) - expected) <= rounding * (abs(expected) + len(x))
    assert float(derivation.value(params, {})) == pytest.approx(float(value), rel=rounding)
    assert np.abs(gradient["x"] - slopes).max() <= rounding * np.abs(slopes).max()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", PROBLEMS)
def test_few_variables_agree_with_the_complex_step(name, dtype):
    for n in (2, 3, FEW) if name in IN_BLOCKS else (2,):
        for seed in range(5):
            assert_exact(name, DERIVATIONS[name], point(name, n, seed, dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 3, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, 2 * BLOCK, 200])
@pytest.mark.parametrize("name", IN_BLOCKS)
@pytest.mark.usefixtures("small_blocks")
def test_blocks_agree_with_the_complex_step_at_every_seam(name, n, dtype):
    assert_exact(name, IN_BLOCKS[name], point(name, n, dtype=dtype))


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_a_long_vector_agrees_with_a_directional_derivative(name):
    """The complex step along one random direction, in extended precision; blocks of full size."""
    n = 300_007
    x = point(name, n)
    direction = np.random.default_rng(1).standard_normal(n).astype(np.longdouble)
    step = np.longdouble(1e-30)
    moved = PROBLEMS[name].loss(NUMPY, {"x": x + 1j * step * direction}, {})
    value, gradient = DERIVATIONS[name]({"x": x}, {}).gradient({"x": x}, {})
    terms = gradient["x"] * direction
    rounding = np.finfo(np.float64).eps
    # How far the value moves when every variable moves by its own rounding: its terms cancel.
    scale = abs(float(moved.real)) + np.abs(x * gradient["x"]).sum()
    assert abs(float(value) - float(moved.real)) <= 16 * rounding * scale
    assert abs(terms.sum() - moved.imag / step) <= 64 * rounding * np.abs(terms).sum()


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_a_float32_sum_over_a_million_terms_is_as_good_as_its_terms(name):
    x = point(name, 1_000_000, dtype=np.float32)
    value = DERIVATIONS[name]({"x": x}, {}).value({"x": x}, {})
    expected = float(PROBLEMS[name].loss(NUMPY, {"x": x.astype(np.float64)}, {}))
    assert value.dtype == np.float32
    assert abs(float(value) - expected) <= 16 * np.finfo(np.float32).eps * abs(expected)


@pytest.mark.parametrize(
    ("name", "n"),
    [(name, 2) for name in PROBLEMS if "saddle" not in name] + [(name, 100) for name in IN_BLOCKS],
)
def test_the_gradient_vanishes_at_the_minimum(name, n):
    minimum = PROBLEMS[name].minimum({"n": np.asarray(n)})
    value, gradient = DERIVATIONS[name](minimum.params, {}).gradient(minimum.params, {})
    assert float(value) == pytest.approx(minimum.value, rel=1e-14, abs=1e-30)
    # The minimiser itself is rounded, and Styblinski-Tang's curvature there is 35.
    assert np.abs(gradient["x"]).max() <= 256 * np.finfo(np.float64).eps


@pytest.mark.parametrize("derive", [landscapes.DERIVATIONS["ackley"], IN_BLOCKS["ackley"]])
def test_ackley_keeps_its_digits_close_to_the_needle(derive):
    """Near 0 the loss is 4 r to first order, r = √(mean x²), where the sum of its terms is 22.7."""
    x = np.full(4, 1e-9)
    value, gradient = derive({"x": x}, {}).gradient({"x": x}, {})
    assert float(value) == pytest.approx(4e-9, rel=1e-7)
    assert gradient["x"] == pytest.approx(np.ones(4), rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "n"), [(name, 2) for name in PROBLEMS] + [(name, 100) for name in IN_BLOCKS]
)
@pytest.mark.usefixtures("small_blocks")
def test_dtype_shape_repeatability_and_untouched_inputs(name, n, dtype):
    x, other = point(name, n, 1, dtype), point(name, n, 2, dtype)
    kept = x.copy()
    derivation = DERIVATIONS[name]({"x": np.zeros_like(x)}, {})
    value, gradient = derivation.gradient({"x": x}, {})
    first = value.tobytes(), gradient["x"].tobytes()
    derivation.gradient({"x": other}, {})
    derivation.value({"x": other}, {})
    again, gradient = derivation.gradient({"x": x}, {})
    assert (again.tobytes(), gradient["x"].tobytes()) == first
    assert derivation.value({"x": x}, {}).dtype == value.dtype == gradient["x"].dtype == dtype
    assert gradient["x"].shape == x.shape
    assert not np.shares_memory(gradient["x"], x)
    assert x.tobytes() == kept.tobytes()


@pytest.mark.parametrize("name", PROBLEMS)
def test_at_infinity_nothing_raises_and_the_value_is_not_finite(name):
    x = np.array([math.inf, 1.0])
    value, gradient = DERIVATIONS[name]({"x": x}, {}).gradient({"x": x}, {})
    assert not math.isfinite(value)
    assert gradient["x"].shape == (2,)


def test_both_ways_of_computing_are_used():
    """The threshold decides: few variables answer from a plain buffer, many from an aligned one."""
    few, many = np.ones(FEW), np.ones(FEW + 1)
    for name, in_blocks in IN_BLOCKS.items():
        code = in_blocks({"x": many}, {}).gradient.__code__
        assert DERIVATIONS[name]({"x": many}, {}).gradient.__code__ is code
        assert DERIVATIONS[name]({"x": few}, {}).gradient.__code__ is not code


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 25])
def test_blocks_cover_the_range_once_with_shared_aligned_buffers(length, dtype):
    cuts = blocks(length, np.dtype(dtype), 2, size=10)
    covered = [i for cut, *_ in cuts for i in range(length)[cut]]
    assert covered == list(range(length))
    for cut, first, second in cuts:
        assert first.size == second.size == cut.stop - cut.start > 0
        assert first.dtype == second.dtype == dtype
        assert not np.shares_memory(first, second)
        assert np.shares_memory(first, cuts[0][1])
        assert first.ctypes.data % CACHE_LINE == second.ctypes.data % CACHE_LINE == 0


def test_an_aligned_vector_has_its_length_wherever_it_lands():
    for length in range(1, 200, 7):
        vector = aligned(length, np.dtype(np.float32))
        assert vector.shape == (length,)
        assert vector.ctypes.data % CACHE_LINE == 0
