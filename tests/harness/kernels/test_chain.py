"""A kernel called in a chain: held against chains that are multiplied out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gradparity.harness.kernels.chain import CallChain, chained
from gradparity.harness.kernels.kernel import Kernel
from gradparity.harness.kernels.kernelcheck import kernelcheck
from gradparity.problems.special.short_floats import rounded

SIZE = 400


def drawn(seed: int = 4) -> np.ndarray:
    x = np.random.default_rng(seed).uniform(0.5, 1.5, SIZE)
    return np.asarray(rounded(x, "bfloat16"), np.float64)


def chain_of(function, *inputs: np.ndarray, layers: int) -> CallChain | None:
    kernel = Kernel.of(function, "torch", "bfloat16", "cpu")
    return chained(kernel, kernel, inputs or [drawn()], drawn(5), layers)


class Halved(torch.autograd.Function):
    """x/2, whose backward is too large by 1/64."""

    @staticmethod
    def forward(ctx, x):
        return x / 2

    @staticmethod
    def backward(ctx, grad):
        return grad / 2 * (1 + 1 / 64)


def test_a_chain_of_tanh_is_the_product_of_its_slopes() -> None:
    states, x = [], torch.tensor(drawn()).bfloat16()
    for _ in range(8):
        states.append(x)
        x = torch.tanh(x)
    true = drawn(5) * np.prod([1 - np.tanh(s.double().numpy()) ** 2 for s in states], axis=0)
    own = torch.tensor(drawn(5)).bfloat16()
    for s in reversed(states):
        leaf = s.detach().requires_grad_(True)
        (own,) = torch.autograd.grad(torch.tanh(leaf), leaf, own)
    off = own.double().numpy()
    bias = off @ true / (true @ true) - 1
    found = chain_of(torch.tanh, layers=8)
    assert found is not None
    assert (found.layers, found.bias) == (8, pytest.approx(bias, rel=1e-9))
    left = off - (1 + bias) * true
    assert found.noise == pytest.approx(np.linalg.norm(left) / np.linalg.norm(true), rel=1e-9)


@pytest.mark.parametrize("layers", [4, 16])
def test_a_factor_is_compounded_as_bias(layers: int) -> None:
    found = chain_of(Halved.apply, layers=layers)
    assert found is not None
    assert found.bias == pytest.approx((65 / 64) ** layers - 1, abs=layers * 2**-9)
    assert found.bias > 5 * found.doubt


def test_a_right_one_has_noise_and_no_bias_beyond_doubt() -> None:
    found = chain_of(lambda x, w: x * w, drawn(), drawn(6), layers=16)
    assert found is not None
    assert abs(found.bias) < 4 * found.doubt
    # Each of 16 roundings errs by up to half an eps, 2⁻⁸, evenly: by 0.58 of it, or less, rms.
    assert 0.2 * 4 * 2**-8 < found.noise < 0.58 * 4 * 2**-8


def test_what_dies_out_ends_the_chain_and_what_is_no_input_has_none() -> None:
    found = chain_of(lambda x: x * 2.0**-50, layers=32)
    assert found is not None
    assert found.layers == 2  # 2⁻¹⁵⁰ is below the smallest normal number
    assert chain_of(lambda x: x.sum(0), layers=8) is None
    assert chain_of(lambda x: (x, x), layers=8) is None
    assert chain_of(torch.exp, layers=32) is None  # whose slopes overflow in the second layer
    assert chain_of(lambda x: x * 2.0**50, layers=32).layers == 2


def test_a_kernel_that_raises_at_its_own_results_has_no_chain() -> None:
    def positive(x: torch.Tensor) -> torch.Tensor:
        if (x < 0).any():
            raise ValueError("negative")
        return x - 2

    assert chain_of(positive, layers=4) is None


def test_a_report_says_it() -> None:
    report = kernelcheck(torch.tanh, shapes=[("n", 9)], library="torch", deck=["ordinary"])
    assert report.chain.layers == 32
    assert "called in a chain of 32 layers: " in str(report)
