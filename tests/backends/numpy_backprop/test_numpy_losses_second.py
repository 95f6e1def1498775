"""R{delta} of the softmax where a probability is nearly 1: closed forms, and a sum over pairs."""

import math

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.losses import BufferedSoftmaxCrossEntropy
from gradparity.backends.numpy_backprop.losses_second import DirectionalSoftmaxCrossEntropy


def r_delta(z, labels, rz):
    """R{delta}, times the number of cases."""
    loss = BufferedSoftmaxCrossEntropy(*z.shape, z.dtype)
    directional_loss = DirectionalSoftmaxCrossEntropy(loss)
    loss.forward(z, labels)
    return len(labels) * directional_loss.directional_delta(rz)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("top", [0, 1])
@pytest.mark.parametrize("margin", [0.0, 5.0, 30.0, 80.0])
def test_of_two_classes_it_is_the_slope_of_a_sigmoid(margin, top, dtype):
    """P₀ = σ(d), d = z₀ - z₁, so R{P₀} = σ(d) σ(-d) (R{z₀} - R{z₁}) = e/(1 + e)² · ½, e = e^-|d|.

    Whatever the label: it is wrong half of the time here, and P is nearly 1 all the same.
    """
    z = np.zeros((2, 4), dtype)
    z[top] = margin
    rz = np.empty((2, 4), dtype)
    rz[0], rz[1] = 1.75, 1.25
    found = r_delta(z, np.array([0, 1, 0, 1]), rz)
    e = math.exp(-margin)
    expected = 0.5 * e / (1 + e) ** 2
    assert found[0] == pytest.approx(expected, rel=4 * float(np.finfo(dtype).eps))
    assert found[1] == pytest.approx(-expected, rel=4 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_of_ten_classes_it_is_the_sum_over_pairs(dtype):
    """R{P_j} = Σ_k P_j P_k (R{z_j} - R{z_k}), in extended precision: no term is larger than M."""
    rng = np.random.default_rng(5)
    z = (rng.normal(size=(10, 200)) * np.geomspace(0.1, 10, 200)).astype(dtype)
    rz = rng.normal(size=(10, 200)).astype(dtype)
    wide = z.astype(np.longdouble)
    p = np.exp(wide - wide.max(axis=0))
    p /= p.sum(axis=0)
    pairs = p[:, None] * p[None] * (rz[:, None].astype(np.longdouble) - rz[None])
    terms = np.abs(pairs).sum(axis=1)
    # e^z has a relative error of |z - max| eps: argument and result are rounded.
    spread = 8 + (wide.max(axis=0) - wide.min(axis=0))
    error = np.abs(r_delta(z, rng.integers(0, 10, 200), rz) - pairs.sum(axis=1))
    assert np.all(error <= 4 * np.finfo(dtype).eps * spread * terms)
