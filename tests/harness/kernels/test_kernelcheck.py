"""`kernelcheck`: right kernels are right at every card, planted mistakes are found and named."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradparity.harness.kernels.arithmetic import Arithmetic, estimated
from gradparity.harness.kernels.deck import CARDS, deck, patterns
from gradparity.harness.kernels.kernelcheck import kernelcheck
from gradparity.harness.kernels.report import KernelError, KernelReport
from gradparity.problems import InputError
from tests import ROOT

RMS = runpy.run_path(str(ROOT / "examples" / "fused_rms_norm.py"))


def softmax(x: Any) -> Any:
    return F.softmax(x, -1)


def gelu(x: Any) -> Any:
    return F.gelu(x)


def layer_norm(x: Any, w: Any) -> Any:
    return F.layer_norm(x, x.shape[-1:], w)


def naive_norm(x: Any) -> Any:
    mean = x.mean(-1, keepdim=True)
    return (x - mean) * torch.rsqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)


def attention(q: Any, k: Any, v: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def losses(x: Any) -> Any:
    return F.cross_entropy(x, torch.arange(len(x)) % x.shape[1], reduction="none")


RIGHT: dict[str, dict[str, Any]] = {
    "softmax": {"f": softmax, "shapes": [("n", 33)], "invariance": ("batch", "order")},
    "layer norm": {"f": layer_norm, "shapes": [("n", "d"), ("d",)], "invariance": ("batch",)},
    "naive norm": {"f": naive_norm, "shapes": [("n", "d")]},
    "attention": {"f": attention, "shapes": [("b", "h", "n", 8)] * 3, "sizes": {"b": 2, "h": 2}},
    "cross-entropy": {"f": losses, "shapes": [("n", 12)]},
}
HARD = ["ordinary", "transposed", "an outlier row", "p = 0.999", "very negative", "n = 17"]


def checked(f: Callable[..., Any], **options: Any) -> KernelReport:
    return kernelcheck(f, library="torch", **options)


@pytest.mark.parametrize("name", RIGHT)
def test_right_kernels_are_right(name: str) -> None:
    dtype = "float16" if name in ("softmax", "attention") else "bfloat16"
    report = checked(**RIGHT[name], dtype=dtype, deck=HARD)
    assert report.right
    assert len(report.cards) == len(HARD)
    assert not report.refused
    assert report.status == "ok"
    assert "is right in" in str(report)


def test_a_kernel_of_jax_is_right() -> None:
    cards = ["ordinary", "very negative", "p = 0.999"]
    report = kernelcheck(
        lambda x: jax.nn.softmax(x, -1), shapes=[("n", 33)], library="jax", deck=cards
    )
    assert report.right
    with pytest.raises(KernelError, match=r"1\.04"):
        kernelcheck(scaled, shapes=[("n", 33)], library="jax", deck=["ordinary"])


@jax.custom_vjp
def scaled(x: Any) -> Any:
    return jnp.tanh(x)


scaled.defvjp(
    lambda x: (jnp.tanh(x), x),
    lambda x, g: (jnp.asarray(1.05, x.dtype) * g * (1 - jnp.tanh(x) ** 2),),
)


def test_a_function_of_one_number_is_judged_at_all_of_them() -> None:
    report = checked(gelu, shapes="numbers")
    assert report.right
    assert report.cards[0].shapes == ((len(patterns("bfloat16")),),)
    assert len(patterns("bfloat16")) > 64_000
    assert np.all(np.abs(patterns("float16")) <= 65504 / 4)


def planted(f: Callable[..., Any], mistake: Callable[..., Any]) -> Any:
    """f with what autograd makes of it, and then the mistake: (cotangent, gradients) -> those."""

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            ctx.save_for_backward(*xs)
            return f(*xs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            with torch.enable_grad():
                xs = [x.detach().requires_grad_(True) for x in ctx.saved_tensors]
                found = torch.autograd.grad(f(*xs), xs, g)
            return mistake(g, *found)

    return Planted.apply


def of_the_first(g: Any, x: Any) -> Any:
    """Everything times one number of the cotangent: right where all are alike."""
    return torch.nan_to_num(x / g) * g.reshape(-1)[0]


def second_example(g: Any, x: Any) -> Any:
    return torch.cat([x[:1], 5 * x[1:]])


def never_zero(g: Any, x: Any) -> Any:
    return x + 1e-2


CALLS = {"n": 0}


def stale_once(g: Any, x: Any) -> Any:
    CALLS["n"] += 1
    return x if CALLS["n"] % 7 else torch.cat([x[:1], x[:-1]])


MISTAKES: dict[str, tuple[Callable[..., Any], Callable[..., Any], str]] = {
    "one cotangent": (torch.tanh, of_the_first, "is wrong in bfloat16 at 2 of 2 cards"),
    "second example": (softmax, second_example, "input 0, all but the first of axis 0, is"),
    "not linear": (softmax, never_zero, "of a zero cotangent is zero, but it is 0.01"),
    "factor": (softmax, lambda g, x: 1.02 * x, "All of input 0 is 1.02 times"),
    "race": (torch.tanh, stale_once, "calls answer alike"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_found_and_named(name: str) -> None:
    f, mistake, told = MISTAKES[name]
    with pytest.raises(KernelError) as caught:
        checked(planted(f, mistake), shapes=[("n", 33)], deck=["ordinary", "n = 1"])
    assert told in str(caught.value)
    assert caught.value.report.status == "formula"


def test_the_smallest_sizes_that_fail_stand_in_the_script() -> None:
    with pytest.raises(KernelError) as caught:
        checked(planted(softmax, second_example), shapes=[("n", "d")], deck=["ordinary"])
    report = caught.value.report
    assert dict(report.smallest)["n"] == 2
    assert 'sizes={"n": 2,' in report.script
    assert "gp.kernelcheck(" in report.script


def rounded_first(x: Any) -> Any:
    """Cross-entropy by hand in the low dtype: the softmax is rounded before 1 is subtracted."""
    return _ByHand.apply(x)


class _ByHand(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return losses(x)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        p = F.softmax(x, -1)
        p[torch.arange(len(x)), torch.arange(len(x)) % x.shape[1]] -= 1
        return p * g[:, None]


def confident(x: Any) -> Any:
    """Logits that know the labels."""
    return 7 * F.one_hot(torch.arange(len(x)) % x.shape[1], x.shape[1]).to(x.dtype) + x


def eager(x: Any) -> Any:
    """The slower version by the same author: in float32 inside."""
    return losses(confident(x.float()))


def test_a_loss_of_accuracy_is_a_number_beside_the_reference() -> None:
    cards = {"shapes": [("n", 9)], "deck": ["ordinary"]}
    report = checked(eager, reference=eager, **cards)
    assert report.cards[0].worse is not None
    assert report.cards[0].worse[0] < 2
    with pytest.raises(KernelError, match="times the error of the reference") as caught:
        checked(lambda x: rounded_first(confident(x)), reference=eager, **cards)
    assert caught.value.report.status == "inaccurate"
    found = checked(lambda x: rounded_first(confident(x)), reference=eager, accuracy=0.5, **cards)
    assert found.right


def test_without_a_truth_the_laws_are_left() -> None:
    def untranslated(x: Any) -> Any:
        return torch.linalg.eigvals(x.float()).real.to(x.dtype)

    report = checked(untranslated, shapes=[(5, 5)], deck=["ordinary"])
    assert "no truth" in report.untold
    assert not report.cards


@pytest.mark.parametrize("b", [0.0, 0.29])
def test_the_arithmetic_inside_is_estimated(b: float) -> None:
    rng = np.random.default_rng(0)
    true, moves = rng.normal(size=4000), 3 + rng.normal(size=4000) ** 2
    errors = 0.25 * np.abs(true) * rng.normal(size=4000) + b * moves * rng.normal(size=4000)
    found = estimated(true, moves, errors, 0)
    assert isinstance(found, Arithmetic)
    assert found.low <= b + 1e-3
    assert found.high >= b
    assert str(found).startswith("as if rounded" if b else "as if computed in float32")


def test_the_example_says_who_notices() -> None:
    assert checked(RMS["right"], shapes=RMS["SHAPES"], deck=HARD).right
    assert RMS["accepted"](RMS["right"], None)
    assert RMS["accepted"](RMS["slack"], 2e-2)
    assert not RMS["accepted"](RMS["forgetful"], 2e-2)
    for name, told in (
        ("forgetful", "wrong factor, such as 1/n"),
        ("slack", "All of input 0 is 1.01 times"),
    ):
        with pytest.raises(KernelError, match=told):
            checked(RMS[name], shapes=RMS["SHAPES"], deck=["ordinary"])


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "dtype": ({"dtype": "float8"}, "unknown dtype of a kernel 'float8'"),
    "shapes": ({"shapes": "n"}, "should be a list of shapes, or 'numbers'"),
    "a shape": ({"shapes": [(0,)]}, "a shape holds 0"),
    "sizes": ({"sizes": {"m": 3}}, "which no shape has"),
    "card": ({"deck": ["ordinry"]}, "did you mean 'ordinary'"),
    "invariance": ({"invariance": ("heads",)}, "unknown invariance"),
    "library": ({"library": "numpy"}, "of NumPy are not judged"),
    "device": ({"device": "cuda"}, "is not here"),
    "f": ({"f": 3}, "should be a function"),
    "raises": ({"f": lambda x: x @ x.T @ x.T}, "the kernel raises RuntimeError"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_one_line(name: str) -> None:
    options, told = REFUSED[name]
    with pytest.raises(InputError, match=told) as caught:
        kernelcheck(**{"f": softmax, "shapes": [("n", 33)], "library": "torch", **options})
    assert "\n" not in str(caught.value)


def test_the_full_deck_has_all_that_the_quick_one_has() -> None:
    quick, full = deck("quick", {"n": 40}), deck("full", {"n": 40})
    assert {x.name for x in quick} < {x.name for x in full}
    assert {x.name for x in CARDS} - {x.name for x in full} == {"masked scores"}  # named alone
    assert len(full) == len(CARDS) - 1 + 8


def test_neighbours_that_are_alike_accuse_nobody():
    """All rows of dv are nearly one: a common rounding looked like -330 % of a neighbour's."""

    def attention(q, k, v):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v)

    options = {"shapes": [("b", "h", "t", 64)] * 3, "dtype": "float16", "deck": ["scale 2^-8"]}
    assert kernelcheck(attention, library="torch", **options).right
