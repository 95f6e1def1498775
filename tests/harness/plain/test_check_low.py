"""`check` of parameters in bfloat16 and float16: torch and JAX, right and wrong, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gradparity.harness.plain.check import check
from gradparity.harness.plain.gradcheck import gradcheck
from gradparity.harness.plain.outcome import GradientError, GradientWarning
from gradparity.problems import InputError
from gradparity.problems.special.short_floats import rounded

LOW = ["bfloat16", "float16"]
LABELS = torch.arange(16) % 8


def drawn(*shape: int, seed: int = 0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


ROWS = drawn(16, 32, seed=1)
RIGHT: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "softmax": (lambda p: (F.softmax(3 * p["x"], -1) * ROWS).sum(), {"x": drawn(16, 32)}),
    "layer norm": (
        lambda p: (F.layer_norm(p["x"], (32,), p["w"]) * ROWS).sum(),
        {"x": drawn(16, 32), "w": drawn(32, seed=2)},
    ),
    "gelu": (lambda p: F.gelu(p["x"] @ p["w"]).square().mean(), {"x": drawn(16, 32), "w": drawn(32, 8) / 6}),
    "attention": (
        lambda p: F.scaled_dot_product_attention(p["q"], p["k"], p["v"], is_causal=True).square().sum(),
        {"q": drawn(2, 2, 16, 8), "k": drawn(2, 2, 16, 8, seed=3), "v": drawn(2, 2, 16, 8, seed=4)},
    ),
    "cross-entropy": (lambda p: F.cross_entropy(5 * p["x"], LABELS), {"x": drawn(16, 8)}),
    "convolution": (
        lambda p: F.relu(F.conv2d(p["x"], p["w"])).square().mean(),
        {"x": drawn(2, 3, 8, 8), "w": drawn(4, 3, 3, 3)},
    ),
    "embedding": (lambda p: F.embedding(LABELS, p["w"]).square().sum(), {"w": drawn(9, 4)}),
    "float32 inside": (lambda p: F.rms_norm(p["x"].float(), (32,)).square().mean(), {"x": drawn(16, 32)}),
}  # fmt: skip


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_of_torch_are_right(name: str, dtype: str) -> None:
    loss, params = RIGHT[name]
    found = check(loss, {key: x.to(getattr(torch, dtype)) for key, x in params.items()})
    assert found.status == "ok"
    assert found.low is not None
    assert found.low[0] == dtype
    assert found.dtypes == ("float32", dtype)
    assert found.low[1] < 2


@pytest.mark.parametrize("dtype", LOW)
def test_right_gradients_of_jax_are_right(dtype: str) -> None:
    def loss(p: Any) -> Any:
        scores = jax.nn.softmax(p["q"] @ p["k"].T * 0.35, axis=-1)
        return jnp.sum((scores @ p["v"]) ** 2)

    params = {x: jnp.asarray(drawn(16, 8, seed=i).numpy(), dtype) for i, x in enumerate("qkv")}
    found = check(loss, params)
    assert found.status == "ok"
    assert found.figure[dtype] < 2


def planted(f: Callable[..., Any], mistake: Callable[..., Any], low_only: bool = True) -> Any:
    """f with a backward of its own: what autograd makes of f, and then the mistake."""

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            if low_only and xs[0].dtype not in (torch.bfloat16, torch.float16):
                raise RuntimeError("bfloat16 and float16 only")
            ctx.save_for_backward(*xs)
            return f(*xs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            with torch.enable_grad():
                xs = [x.detach().requires_grad_(True) for x in ctx.saved_tensors]
                found = torch.autograd.grad(f(*xs), xs, g)
            return mistake(*found)

    return Planted.apply


def attention(mistake: Callable[..., Any]) -> tuple[Callable[[Any], Any], dict[str, Any]]:
    own = planted(F.scaled_dot_product_attention, mistake)
    weights = drawn(1, 4, 72, 16, seed=9)
    params = {x: drawn(1, 4, 72, 16, seed=i).bfloat16() for i, x in enumerate("qkv")}
    return lambda p: (own(p["q"], p["k"], p["v"]).float() * weights).sum(), params


def changed(x: Any, where: Any, factor: float) -> Any:
    x = x.clone()
    x[where] *= factor
    return x


every = slice(None)
MISTAKES: dict[str, tuple[Callable[..., Any], str, str]] = {
    "factor": (lambda q, k, v: (1.01 * q, 1.01 * k, 1.01 * v), "factor", "All of q is 1.01"),
    "head": (lambda q, k, v: (q, changed(k, (every, 3), 1.1), v), "factor", "k, index 3 of axis 1, is 1.1 times"),
    "rows": (lambda q, k, v: (q, k, changed(v, (every, every, slice(15, None, 16)), 0)), "unit-missing", "the last of each block of 16 along axis 2"),
    "block": (lambda q, k, v: (q, changed(k, (every, every, slice(64, None)), 0.538), v), "factor", "all from 64 on along axis 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_bias_below_the_rounding_of_one_number_is_a_formula(name: str) -> None:
    mistake, cause, told = MISTAKES[name]
    loss, params = attention(mistake)
    with pytest.raises(GradientError) as caught:
        check(loss, params)
    found = caught.value.finding
    assert found.status == "formula"
    assert found.diagnosis is not None
    assert found.diagnosis.cause.key == cause
    assert told in str(caught.value)
    assert "there again on fresh inputs" in str(caught.value)


def test_the_same_kernel_without_a_mistake_is_right() -> None:
    found = check(*attention(lambda *g: g))
    assert found.status == "ok"
    assert found.alone == "it does not run in float32"


def test_where_float32_runs_too_a_small_factor_is_seen_there() -> None:
    own = planted(lambda x: F.softmax(x, -1), lambda g: 1.01 * g, low_only=False)
    with pytest.raises(GradientError, match=r"1\.01") as caught:
        check(lambda x: (own(x) * ROWS).sum(), drawn(16, 32).bfloat16())
    assert caught.value.finding.dtype == "float32"


def test_truncation_is_found_and_is_no_formula() -> None:
    """A factor 1 - 0.36 eps on the average: float32 numbers cut to their first 16 bits."""

    class Cut(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            if x.dtype != torch.bfloat16:
                raise RuntimeError("bfloat16 only")
            ctx.save_for_backward(x)
            return torch.tanh(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            found = g.float() * (1 - torch.tanh(x.float()) ** 2)
            return (found.view(torch.int32) & -65536).view(torch.float32).bfloat16()

    weights = drawn(64, 96, seed=2).bfloat16().float()  # which the cast back leaves as they are
    with pytest.warns(GradientWarning, match="rounded toward zero"):
        found = check(lambda x: (Cut.apply(x).float() * weights).sum(), drawn(64, 96).bfloat16())
    assert found.status == "low-precision"


def test_what_leaves_the_range_of_float16_is_named() -> None:
    with pytest.raises(GradientError, match="nonfinite"):
        check(lambda x: (3000 * x).square().mean().sqrt(), drawn(16, 32).half())
    found = check(lambda x: (300 * x).square().sum(), drawn(16, 32).half())
    assert "are beyond the range of float16" in found.ranged
    found = check(lambda x: (1e-3 * x).square().mean(), drawn(16, 32).half())
    assert found.right


def test_a_gradient_of_another_dtype_and_parameters_of_several_are_judged() -> None:
    x = drawn(16, 32).bfloat16()
    found = check(lambda x: x.square().sum(), x, gradient=lambda x: 2 * x.float())
    assert "the gradient of params is float32" in str(found)
    params = {"x": x, "w": drawn(32)}
    assert check(lambda p: F.rms_norm(p["x"].float(), (32,), p["w"]).square().mean(), params).right


def test_gradcheck_takes_them() -> None:
    assert gradcheck(F.gelu, (drawn(4, 8).bfloat16().requires_grad_(),))


REFUSED: dict[str, tuple[Callable[[Any], Any], Any, str]] = {
    "NumPy": (lambda x: x.sum(), np.ones(3, np.float16), "of torch and JAX alone"),
    "random": (lambda x: F.dropout(x, 0.5).sum(), drawn(4, 8).bfloat16(), "not deterministic"),
    "no translation": (lambda x: torch.linalg.eigvals(x.float()).real.sum(), drawn(3, 3).bfloat16(), "in bfloat16 it cannot be judged: torch operation"),
    "item": (lambda x: (x * x.sum().item()).sum(), drawn(3, 3).half(), "no derivative passes through item"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_judged_is_refused_in_one_line(name: str) -> None:
    loss, params, told = REFUSED[name]
    with pytest.raises(InputError, match=told) as caught:
        check(loss, params, gradient=(lambda x: x) if name == "NumPy" else None)
    assert "\n" not in str(caught.value)


def test_numbers_are_rounded_to_nearest() -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=5000) * 2.0 ** rng.integers(-20, 20, 5000)).astype(np.float32)
    x = np.concatenate([x, np.array([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8], np.float32)])
    for dtype, own in (("bfloat16", ml_dtypes.bfloat16), ("float16", np.float16)):
        with np.errstate(over="ignore"):
            assert np.array_equal(rounded(x, dtype), x.astype(own).astype(np.float64))
