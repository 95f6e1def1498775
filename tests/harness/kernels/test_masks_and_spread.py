"""Rows that a mask leaves empty, sums in another order at each call, and devices that are full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradparity.harness.findings.finding import EPS
from gradparity.harness.kernels.card_verdict import judged_card, point_of
from gradparity.harness.kernels.deck import CARDS
from gradparity.harness.kernels.kernel import Kernel
from gradparity.harness.kernels.kernelcheck import kernelcheck
from gradparity.harness.kernels.report import KernelError
from gradparity.problems import InputError

QKV = [("n", 8), ("m", 8), ("m", 8), ("n", "m")]


def attention(q: Any, k: Any, v: Any, mask: Any) -> Any:
    return F.scaled_dot_product_attention(*(x[None] for x in (q, k, v, mask)))[0]


def by_choice(q: Any, k: Any, v: Any, mask: Any) -> Any:
    """The mask is a matter of yes and no to it."""
    return attention(q, k, v, mask > -torch.inf)


def written_out(q: Any, k: Any, v: Any, mask: Any) -> Any:
    """NaN for an empty row, and so for every key and value."""
    return F.softmax(q @ k.mT / 8**0.5 + mask, -1) @ v


def kept(q: Any, k: Any, v: Any, mask: Any) -> Any:
    """An empty row is the mean of all values: -∞ is made a large number."""
    return written_out(q, k, v, mask.clamp(min=-1e4))


class Own(torch.autograd.Function):
    """Written out, an empty row NaN, whose gradients stay in the row."""

    @staticmethod
    def forward(ctx: Any, *xs: Any) -> Any:
        ctx.save_for_backward(*xs)
        return written_out(*xs)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        *others, mask = (x.detach().requires_grad_(True) for x in ctx.saved_tensors)
        empty = torch.isinf(mask.detach()).all(-1, keepdim=True)
        with torch.enable_grad():
            used = written_out(*others, mask.masked_fill(empty, 0.0))
        found = torch.autograd.grad(used, [*others, mask], g.masked_fill(empty, 0.0))
        return found[0].masked_fill(empty, torch.nan), *found[1:]


def masked(f: Callable[..., Any]) -> Any:
    options = {"sizes": {"n": 12, "m": 12}, "deck": ["ordinary"], "library": "torch"}
    return kernelcheck(f, shapes=QKV, masks=(3,), **options)


@pytest.mark.parametrize("f", [attention, by_choice, Own.apply])
def test_an_empty_row_may_be_zero_or_nan_for_itself(f: Callable[..., Any]) -> None:
    assert masked(f).right


@pytest.mark.parametrize(
    ("f", "told"),
    [(written_out, "nothing to the others, but it is NaN in 96 numbers"), (kept, "is 0 or NaN")],
)
def test_an_empty_row_that_leaks_or_is_made_up_is_caught(f: Callable[..., Any], told: str) -> None:
    with pytest.raises(KernelError, match=told) as caught:
        masked(f)
    assert not caught.value.report.wrong  # the cards have no empty row


def test_masks_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="masks holds 4"):
        kernelcheck(attention, shapes=QKV, masks=(4,), library="torch")


def in_any_order(factor: float) -> Any:
    """The gradient of a weight, summed in 16 parts in an order of chance, rounded at each."""

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
            for part in terms.chunk(16):
                total = (total + part.sum(0)).bfloat16().float()
            return (factor * g.float() * w.float()).bfloat16(), total.bfloat16()

    return Scaled.apply


SUMS = {"shapes": [("n", 64), (64,)], "sizes": {"n": 64}, "deck": ["ordinary"], "library": "torch"}


def test_the_spread_of_ten_calls_is_added_to_what_rounding_may_do() -> None:
    torch.manual_seed(0)
    kernel = Kernel.of(in_any_order(1.0), "torch", "bfloat16", "cpu")
    card, shapes = CARDS[0], [(64, 64), (64,)]
    alone = judged_card(kernel, None, card, shapes, 0, together=False)
    report = kernelcheck(in_any_order(1.0), **SUMS)
    widened = report.cards[0]
    assert report.right
    assert report.spread > 0
    assert alone.scales is not None
    assert widened.scales is not None
    assert np.array_equal(widened.scales[0], alone.scales[0])  # it answers alike there
    moves = [x.scales[1] - np.abs(true_sums(kernel)) for x in (alone, widened)]
    calls = np.stack([called(kernel) for _ in range(400)])
    own = np.std(calls, axis=0) / EPS["bfloat16"]
    added = np.sqrt(np.maximum(np.square(moves[1]) - np.square(moves[0]), 0))
    assert np.sqrt(np.mean(added**2)) == pytest.approx(np.sqrt(np.mean(own**2)), rel=0.2)


def true_sums(kernel: Kernel) -> Any:
    point = point_of(kernel, CARDS[0], [(64, 64), (64,)], 0)
    return (point.inputs[0] * point.cotangents[0]).sum(0)


def called(kernel: Kernel) -> Any:
    point = point_of(kernel, CARDS[0], [(64, 64), (64,)], 0)
    return kernel.answered(point.inputs, point.cotangents)[1][1]


def test_a_mistake_behind_such_a_spread_is_still_caught() -> None:
    torch.manual_seed(0)
    with pytest.raises(KernelError, match=r"All of input 0 is 1\.02 times"):
        kernelcheck(in_any_order(1.02), **SUMS)


def full_torch(x: Any) -> Any:
    raise torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GiB\n"
        "of which 1 GiB is free. See documentation for Memory Management"
    )


def full_jax(x: Any) -> Any:
    raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 2147483648 bytes.\n" + "at")


@pytest.mark.parametrize(
    ("f", "library", "asked"),
    [(full_torch, "torch", "asked for 2.00 GiB"), (full_jax, "jax", "asked for 2147483648 bytes")],
)
def test_a_device_that_is_full_is_one_short_line(f: Any, library: str, asked: str) -> None:
    with pytest.raises(InputError, match=f"the device is out of memory, {asked}") as caught:
        kernelcheck(f, shapes=[("n", 4)], library=library)
    assert len(str(caught.value)) < 140
    assert "\n" not in str(caught.value)
