"""Laws that need no truth: each is broken by one planted mistake, and by no right kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradparity.harness.kernels.card_verdict import point_of
from gradparity.harness.kernels.deck import CARDS
from gradparity.harness.kernels.kernel import Kernel
from gradparity.harness.kernels.laws import Broken, KernelCall, broken, spread
from gradparity.harness.kernels.memory_laws import broken_by_memory


def trial(f: Callable[..., Any], shapes: list[tuple[int, ...]], **options: str) -> KernelCall:
    kernel = Kernel.of(f, options.get("library", "torch"), options.get("dtype", "bfloat16"), "cpu")
    return KernelCall(kernel, point_of(kernel, CARDS[0], shapes, 0), [True] * len(shapes))


def laws(of: KernelCall) -> list[Broken]:
    return [*broken(of), *broken_by_memory(of), *spread(of, 12, 0.1)[1]]


def attention(q: Any, k: Any, v: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


RIGHT: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]], str]] = {
    "attention": (attention, [(1, 2, 17, 8)] * 3, "torch"),
    "layer norm": (lambda x: F.layer_norm(x, x.shape[-1:]), [(8, 33)], "torch"),
    "GELU": (F.gelu, [(8, 33)], "torch"),
    "convolution": (F.conv2d, [(2, 3, 7, 7), (4, 3, 3, 3)], "torch"),
    "softmax (JAX)": (lambda x: jax.nn.softmax(x, -1), [(8, 33)], "jax"),
}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", RIGHT)
def test_right_kernels_break_no_law(name: str, dtype: str) -> None:
    f, shapes, library = RIGHT[name]
    assert not laws(trial(f, shapes, library=library, dtype=dtype))


class Both(torch.autograd.Function):
    """tanh, with rules for forward mode and backward that differ by a factor of 2."""

    @staticmethod
    def forward(x: Any) -> Any:
        return torch.tanh(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        return 2 * g * (1 - y * y)

    @staticmethod
    def jvp(ctx: Any, v: Any) -> Any:
        (y,) = ctx.saved_tensors
        return v * (1 - y * y)


def by_hand(backward: Callable[[Any, Any], Any]) -> Any:
    """tanh with a backward of its own: (cotangent, result) -> gradient."""

    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = torch.tanh(x)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return backward(g, *ctx.saved_tensors)

    return ByHand.apply


def as_contiguous(g: Any, y: Any) -> Any:
    """Reads the cotangent in the order of memory, as if it were contiguous."""
    count = g.untyped_storage().nbytes() // g.element_size()
    held = torch.zeros(g.numel(), dtype=g.dtype)
    held[:count] = g.as_strided((min(count, g.numel()),), (1,))
    return held.view(g.shape) * (1 - y * y)


def half_written(g: Any, y: Any) -> Any:
    out = torch.empty_like(y)
    out[1:] = (g * (1 - y * y))[1:]
    return out


CALLS = {"n": 0}


def stale_once(g: Any, y: Any) -> Any:
    """Another's numbers in one call of 40."""
    CALLS["n"] += 1
    found = g * (1 - y * y)
    return found if CALLS["n"] % 40 else found.roll(1, 0)


WRONG: dict[str, tuple[Any, str]] = {
    "forward mode": (Both.apply, "transpose of forward mode"),
    "layout": (by_hand(as_contiguous), "expanded cotangents"),
    "unwritten": (by_hand(half_written), "what fresh memory held"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_breaks_the_law_that_is_named(name: str) -> None:
    f, law = WRONG[name]
    found = laws(trial(f, [(16, 9)]))
    assert any(law in x.law for x in found), found


def test_a_race_in_one_call_of_forty_is_seen() -> None:
    CALLS["n"] = 0
    assert spread(trial(by_hand(stale_once), [(16, 9)]), 50, 60.0)[1]


def test_what_was_set_of_torch_stays_as_it_was() -> None:
    laws(trial(F.gelu, [(4, 5)]))
    assert not torch.are_deterministic_algorithms_enabled()


def test_forward_mode_is_nothing_to_a_kernel_that_has_none() -> None:
    kernel = Kernel.of(by_hand(lambda g, y: g * (1 - y * y)), "torch", "bfloat16", "cpu")
    assert kernel.pushed([np.ones((2, 3))], [np.ones((2, 3))]) is None
    (found,) = Kernel.of(jnp.sin, "jax", "float16", "cpu").pushed([np.zeros(3)], [np.ones(3)])
    assert np.array_equal(found, np.ones(3))
