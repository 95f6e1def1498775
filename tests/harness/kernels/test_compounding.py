"""Noise and bias in a chain: held against a chain of factors that is multiplied out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.kernels.compounding import LAYERS, Compounded, compounded
from gradparity.harness.kernels.kernelcheck import kernelcheck
from gradparity.problems import InputError

COUNT = 20_000


def drawn(bias: float) -> tuple[SignedErrors, np.ndarray]:
    """Errors of one call, in eps, uniform over half an eps on either side, about a bias."""
    rng = np.random.default_rng(3)
    true = rng.choice((-1.0, 1.0), COUNT)
    off = rng.uniform(-0.5, 0.5, (LAYERS, COUNT)) + bias
    runs = rng.uniform(-1, 1, (16, COUNT)) * np.sqrt(3) * true
    zero = np.zeros(COUNT)
    return SignedErrors("x", true, zero, off[0] * true, runs, true), off


@pytest.mark.parametrize("bias", [0.0, 0.25])
def test_a_chain_of_factors_has_what_is_foretold(bias: float) -> None:
    errors, off = drawn(bias)
    found = compounded([errors], "float16")
    assert found is not None
    chain = np.prod(1 + off * EPS["float16"], axis=0) - 1
    assert np.mean(chain) == pytest.approx(LAYERS * found.bias, abs=LAYERS * found.doubt)
    if not bias:
        assert np.std(chain) == pytest.approx(found.after(LAYERS)[0], rel=0.05)
    assert abs(found.bias - bias * EPS["float16"]) < found.doubt


def test_it_is_said_in_percent() -> None:
    assert str(Compounded(0.01, 0.0, 0.001)) == (
        "after 32 layers: 5.7 % of noise (it grows as √n), at most 3.2 % of bias (as n)"
    )
    assert compounded([], "float16") is None


def test_a_right_kernel_is_told_it() -> None:
    report = kernelcheck(F.gelu, shapes=[("n", 9)], library="torch", deck=["ordinary"])
    assert "after 32 layers" in str(report)


def test_float8_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="unknown dtype of a kernel") as caught:
        kernelcheck(F.gelu, shapes=[("n", 9)], library="torch", dtype="float8_e4m3fn")
    assert "\n" not in str(caught.value)


def test_a_product_of_float8_is_refused_in_one_line() -> None:
    def product(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return x.to(torch.float8_e4m3fn).to(x.dtype) @ w

    options = {"shapes": [("n", 16), (16, 8)], "library": "torch", "deck": ["ordinary"]}
    with pytest.raises(InputError, match="rounds to float8_e4m3fn on its way") as caught:
        kernelcheck(product, **options)
    assert "\n" not in str(caught.value)
