"""A fused attention keeps its result, and has D = Σ ō o of its backward from there, rounded."""

from __future__ import annotations

import numpy as np
import pytest
from torch.nn import functional as F

from gradparity.harness.findings.finding import EPS
from gradparity.harness.kernels.card_verdict import KernelPoint, judged_card, point_of
from gradparity.harness.kernels.deck import CARDS
from gradparity.harness.kernels.kernel import Kernel
from gradparity.harness.plain.judging import truth_of
from gradparity.problems import Array
from gradparity.problems.special.short_floats import rounded

ALIKE = next(card for card in CARDS if card.name == "nearly equal")


def _kernel(dtype: str) -> Kernel:
    return Kernel.of(F.scaled_dot_product_attention, "torch", dtype, "cpu")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_torchs_own_is_right_where_values_are_nearly_equal(dtype: str) -> None:
    shape = (2, 3, 40, 16)
    for seed in range(3):
        found = judged_card(_kernel(dtype), None, ALIKE, [shape] * 3, seed, together=False).finding
        assert found.status == "ok"
        assert found.figure[dtype] < 4


def _of_jax() -> Kernel:
    jax = pytest.importorskip("jax")

    def written_out(q: Array, k: Array, v: Array) -> Array:
        return jax.nn.softmax(q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5, -1) @ v

    return Kernel.of(written_out, "jax", "bfloat16", "cpu")


KERNELS = {"torch": lambda: _kernel("bfloat16"), "jax": _of_jax}


def _queries(point: KernelPoint, o: Array) -> Array:
    """The gradient of the queries by the formula of fused attention, all else in float64."""
    q, k, v = point.inputs
    (do,) = point.cotangents
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    p = np.exp(scores - scores.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    d = (do * o).sum(-1, keepdims=True)
    return p * (do @ v.swapaxes(-1, -2) - d) @ k / np.sqrt(q.shape[-1])


@pytest.mark.parametrize("library", [*KERNELS])
def test_the_rounding_of_the_result_alone_is_within_what_is_allowed_and_near_it(
    library: str,
) -> None:
    """By hand, and by nothing else that is rounded: the scale is right to a small factor."""
    kernel = KERNELS[library]()
    point = point_of(kernel, ALIKE, [(2, 3, 40, 64)] * 3, 0)
    translation, params = kernel.translated(point.inputs, point.cotangents, point.dtypes)
    truth = truth_of(translation, params, 0)
    exact = truth.exact["input 0"].astype(np.float64)
    o = truth.exact["output"].astype(np.float64)
    np.testing.assert_allclose(_queries(point, o), exact, rtol=1e-9, atol=1e-14)
    off = _queries(point, rounded(o, "bfloat16")) - exact
    u = np.abs(off) / (EPS["bfloat16"] * (truth.moves["input 0"] + np.abs(exact)))
    assert 0.1 < np.sqrt(np.mean(np.square(u))) < 1
    assert np.max(u) < 4
