"""What training in low precision does beside a kernel: handled, or refused in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import gradparity as gp
from gradparity.harness.kernels.kernelcheck import kernelcheck
from gradparity.harness.kernels.report import KernelError, KernelReport
from gradparity.problems import InputError


def by_hand(backward: Any) -> Any:
    """tanh, with backward(cotangent, x) in float32."""

    class Tanh(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.tanh(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return backward(g.float(), x.float())

    return Tanh.apply


def slope(g: Any, x: Any) -> Any:
    return g * (1 - torch.tanh(x) ** 2)


def ordinary(f: Any, shapes: list[Any]) -> KernelReport:
    return kernelcheck(f, shapes=shapes, library="torch", deck=["ordinary"])


def test_autocast_inside_a_kernel_is_judged_in_its_dtype() -> None:
    def inside(x: Any, w: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return F.gelu(x @ w)

    assert ordinary(inside, [("n", 24), (24, 20)]).right


def test_autocast_around_float32_parameters_is_refused_in_one_line() -> None:
    x = torch.linspace(-1, 1, 48).reshape(6, 8)

    def loss(w: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return (x @ w).float().square().mean()

    with pytest.raises(InputError, match="rounds to bfloat16") as caught:
        gp.check(loss, torch.ones(8, 3))
    assert "\n" not in str(caught.value)


def test_a_scale_of_the_loss_that_is_left_is_named() -> None:
    left = by_hand(lambda g, x: (65536 * slope(g, x)).bfloat16())
    with pytest.raises(KernelError, match=r"6\.554e\+04 times .* \(2\^16: a scale of the loss"):
        ordinary(left, [("n", 64)])


def stochastic(g: Any, x: Any) -> Any:
    """Rounded up as often as a number is near the one above: unbiased."""
    bits = slope(g, x).view(torch.int32)
    bits = bits + torch.randint(0, 65536, bits.shape, dtype=torch.int32)
    return (bits & -65536).view(torch.float32).bfloat16()


def test_stochastic_rounding_passes_and_is_said_to_be_not_deterministic() -> None:
    report = ordinary(by_hand(stochastic), [("n", 64)])
    assert report.right
    assert 0 < report.spread < 1
    assert "not deterministic: calls are" in str(report)


def test_sums_in_another_order_each_time_are_measured_and_pass() -> None:
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            terms = (g.float() * x.float())[torch.randperm(len(x))]
            total = torch.zeros(x.shape[1])
            for part in terms.chunk(4):
                total = (total + part.sum(0)).bfloat16().float()
            return g * w, total.bfloat16()

    report = ordinary(Scaled.apply, [("n", 64), (64,)])
    assert report.right
    assert 0 < report.spread < 8


def test_a_gradient_in_float32_of_a_parameter_in_bfloat16_is_judged_and_told() -> None:
    def loss(w: Any) -> Any:
        return torch.tanh(w).square().sum()

    def master(w: Any) -> Any:
        own = w.detach().float().requires_grad_(True)
        loss(own).backward()
        return own.grad

    found = gp.check(loss, torch.linspace(-2, 2, 300).bfloat16(), gradient=master)
    assert "float32" in str(found)
    assert found.right


def test_a_scaled_product_of_float8_is_refused_in_one_line() -> None:
    if not hasattr(torch, "_scaled_mm"):
        pytest.skip("torch has no scaled product here")

    def product(x: Any, w: Any) -> Any:
        one = torch.tensor(1.0)
        low = [y.to(torch.float8_e4m3fn) for y in (x, w)]
        return torch._scaled_mm(*low, one, one, out_dtype=torch.bfloat16)

    with pytest.raises(InputError, match="float8 is not judged") as caught:
        ordinary(product, [("n", 16), (16, 16)])
    assert "\n" not in str(caught.value)


def test_an_answer_in_another_dtype_is_judged_in_that_of_its_gradient() -> None:
    assert ordinary(lambda x: torch.tanh(x).float(), [("n", 64)]).right


def test_too_few_numbers_to_see_a_bias_are_told_and_how_many_it_takes() -> None:
    told = str(ordinary(torch.tanh, [(3,)]))
    assert "3 numbers are too few to see a bias in, 100 would do" in told
    assert "too few" not in str(ordinary(torch.tanh, [("n", 64)]))


def masked(f: Any) -> KernelReport:
    return kernelcheck(f, shapes=[("n", 24)], library="torch", deck=["masked scores"])


def test_masked_scores_have_no_gradient_and_the_others_their_own() -> None:
    assert masked(lambda x: F.softmax(x, -1)).right
    assert masked(lambda x: F.softmax(x.float(), -1).to(x.dtype)).right


def test_a_softmax_whose_backward_forgets_the_mask_shows_there() -> None:
    class Forgets(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return F.softmax(x, -1)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            p = F.softmax(x.float().clamp(min=-2.0), -1)
            own = p * (g.float() - (p * g.float()).sum(-1, keepdim=True))
            return own.to(g.dtype)

    with pytest.raises(KernelError):
        masked(Forgets.apply)


def test_every_bit_pattern_of_a_function_of_one_number() -> None:
    """65,536 patterns, less NaN, infinities and what is beyond a quarter of the range."""
    from gradparity.harness.kernels.deck import patterns

    for dtype, top in (("bfloat16", 2.0**126), ("float16", 65504 / 4)):
        found = patterns(dtype)
        assert len(np.unique(found)) == len(found) - 1  # 0 and -0
        assert np.max(np.abs(found)) <= top
        assert 2.0**-24 in found or dtype == "bfloat16"
