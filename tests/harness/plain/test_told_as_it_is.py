"""Causes and remarks that said what was not so, or nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

import gradparity as gp

RNG = np.random.default_rng(0)
X, Y, W = (RNG.normal(size=n).astype("float32") for n in ((5, 4), (5, 1), (4, 1)))


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def cause(loss: Any, params: Any, gradient: Any) -> str:
    with pytest.raises(gp.GradientError) as caught:
        gp.check(loss, params, gradient=gradient)
    diagnosis = caught.value.finding.diagnosis
    assert diagnosis is not None
    return diagnosis.cause.sentence


def test_the_mask_of_a_clip_that_is_forgotten_is_named() -> None:
    def fault(p: Any) -> Any:
        return 2 * (np.clip(X @ p["w"], -0.5, 0.5) - Y) / Y.size

    told = cause(
        lambda p: np.mean((np.clip(X @ p["w"], -0.5, 0.5) - Y) ** 2),
        {"w": W},
        lambda p: {"w": X.T @ fault(p)},
    )
    assert "at the clip, its derivative is left out" in told


def test_a_root_of_a_length_is_said_beside_the_other_causes_of_a_factor_of_2() -> None:
    rng = np.random.default_rng(1)
    keys, values, queries = (rng.normal(size=(5, n)) for n in (4, 3, 4))

    def shares(p: Any) -> Any:
        scores = p["q"] @ keys.T / 2.0
        e = np.exp(scores - scores.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def gradient(p: Any) -> Any:
        a = shares(p)
        by_shares = 2 * (a @ values) @ values.T
        return {"q": a * (by_shares - (a * by_shares).sum(-1, keepdims=True)) @ keys}

    told = cause(lambda p: np.sum((shares(p) @ values) ** 2), {"q": queries}, gradient)
    assert "√4 forgotten" in told
    assert "the factor of a square" in told


def test_of_one_number_nothing_is_updated_too_early() -> None:
    def parts(p: Any) -> Any:
        z = X @ p["w"]
        s = sigmoid(p["beta"] * z)
        return z, s, 2 * (z * s - Y) / Y.size

    def gradient(p: Any) -> Any:
        z, s, d = parts(p)
        return {
            "w": X.T @ (d * (s + z * s * (1 - s))),  # β is forgotten
            "beta": (d * z * z * s * (1 - s)).sum(),
        }

    def loss(p: Any) -> Any:
        z, s, _ = parts(p)
        return np.mean((z * s - Y) ** 2)

    params = {"w": W, "beta": np.float32(1.75)}
    told = cause(loss, params, gradient)
    assert "with beta, its derivative is left out" in told


def test_no_function_is_named_where_several_fit() -> None:
    zero = {"w": np.zeros((4, 3), "float32"), "v": np.ones((3, 1), "float32")}

    def loss(p: Any) -> Any:
        return np.mean(((X @ p["w"]) * 1.0 @ p["v"] + 1) ** 2)

    told = cause(loss, zero, lambda p: {"w": 0.3 * np.ones((4, 3)), "v": np.zeros((3, 1))})
    assert not any(name in told for name in ("tanh", "relu", "sigmoid"))


def test_data_and_detach_are_called_by_their_names() -> None:
    params = torch.tensor([1.0, 2.0])
    for loss, name in (
        (lambda p: (p.data * p).sum(), ".data"),
        (lambda p: (p.detach() * p).sum(), "detach"),
    ):
        found = gp.check(loss, params)
        assert [x.operation for x in found.held] == [name]


def test_in_float32_alone_what_passes_is_said_to_depend_on_rounding() -> None:
    class Single(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            if x.dtype != torch.float32:
                raise RuntimeError("expected Float")
            ctx.save_for_backward(x)
            return (x * x).sum()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * ctx.saved_tensors[0] * g * (1 + 1e-5)

    found = gp.check(Single.apply, torch.tensor([1.5, -2.0, 0.25]))
    # 1e-5 is beyond 64 roundings of a number, and within those of a number and its sources.
    assert found.u32 is not None
    assert 1e-5 > 64 * 2.0**-24
    assert found.u32 < 64
    assert "and more where it is a sum of larger ones" in str(found)


def test_forward_mode_is_judged_where_warnings_are_errors() -> None:
    script = (
        "import torch, gradparity as gp\n"
        "x = torch.tensor([0.5, 2.0], requires_grad=True)\n"
        "print(gp.gradcheck(lambda x: torch.sin(x) * x, (x,), check_forward_ad=True))\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "True", run.stderr
