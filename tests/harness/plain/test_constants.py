"""What a loss holds constant: said where it was meant, wrong where it was lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity.harness.findings.finding import HeldConstant
from gradparity.harness.findings.words import sentence
from gradparity.harness.plain.check import check
from gradparity.harness.plain.outcome import GradientError
from gradparity.problems import InputError

POINT = np.array([0.5, -1.25, 2.25])


class Doubled(torch.autograd.Function):
    """2 exp x, whose backward reads what forward kept."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.kept = x.exp()
        return ctx.kept * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2 * ctx.kept


class Saved(torch.autograd.Function):
    """The same, by save_for_backward: its second derivative is right."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.exp() * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 2 * x.exp()


def penalised(function: Any) -> Callable[[Any], Any]:
    def loss(w: Any) -> Any:
        x = torch.tensor([0.3, -0.7, 1.1], dtype=w.dtype, requires_grad=True)
        (slope,) = torch.autograd.grad(function.apply(w * x).sum(), x, create_graph=True)
        return (slope**2).sum()

    return loss


def no_grad(x: Any) -> Any:
    with torch.no_grad():
        scale = x.exp()
    return (scale * x).sum()


LOST: dict[str, tuple[Callable[[Any], Any], str]] = {
    "item": (lambda x: x[0] * x[1].item() + (x**2).sum(), "item"),
    "float": (lambda x: x[0] * math.exp(float(x[1])), "float"),
    "numpy": (lambda x: (x * torch.from_numpy(np.tanh(x.detach().numpy()))).sum(), "numpy"),
    "tolist": (lambda x: (x * torch.tensor(x.tolist(), dtype=x.dtype)).sum(), "tolist"),
    "asarray": (lambda x: x.sum() * np.asarray(x.detach()).sum(), "numpy"),
    "ctx": (penalised(Doubled), "Function"),
}
MEANT: dict[str, tuple[Callable[[Any], Any], HeldConstant]] = {
    "detach": (lambda x: (x * x[1:].detach().sum()).sum(), HeldConstant("detach", (), ("params",))),
    "data": (lambda x: (x * x.data.sin()).sum(), HeldConstant(".data", (3,), ("params",))),
    "no_grad": (no_grad, HeldConstant("no_grad", (3,), ("params",))),
    "straight through": (
        lambda x: ((x + (x.round() - x).detach())[1:] * 3).sum(),
        HeldConstant("detach", (3,), ("params",)),
    ),
}
SILENT: dict[str, Callable[[Any], Any]] = {
    "shift": lambda x: torch.log(torch.exp(x - x.max().detach()).sum()) + x.max().detach(),
    "logged": lambda x: (x**2).sum() + 0 * len(f"{x.sum().item():.3f}"),
    "kept for backward": penalised(Saved),
    "branch at a kink": lambda x: (x**2).sum() + (x[0] - 0.5 if x[0] > 0.5 else 0 * x[0]),
    "rounded": lambda x: (x**2).sum() + (3 * x).floor().sum(),
    "counted": lambda x: (x**2).sum() * int(x.abs().sum()),
}


@pytest.mark.filterwarnings("ignore:Converting a tensor")
@pytest.mark.parametrize("name", LOST)
def test_what_leaves_torch_is_missed_unless_it_is_named(name: str) -> None:
    loss, operation = LOST[name]
    with pytest.raises(GradientError, match=operation) as caught:
        check(loss, torch.tensor(POINT))
    found = caught.value.finding
    assert found.status == "formula"
    assert found.diagnosis is not None
    assert found.diagnosis.cause.key == "term-missing"
    passed = check(loss, torch.tensor(POINT), constants=[operation])
    assert passed.status == "ok"
    assert operation in sentence(passed)


def test_the_whole_gradient_of_what_leaves_torch_is_right() -> None:
    by_hand = lambda x: torch.stack([x[1], x[0], 0 * x[0]]) + 2 * x  # noqa: E731
    assert check(LOST["item"][0], torch.tensor(POINT), gradient=by_hand).status == "ok"


@pytest.mark.parametrize("name", MEANT)
def test_what_is_cut_off_is_said(name: str) -> None:
    loss, held = MEANT[name]
    found = check(loss, torch.tensor(POINT))
    assert found.status == "ok"
    assert held.operation in sentence(found)
    if name != "detach":
        assert found.held == (held,)


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_of_a_constant_that_moves_nothing(name: str) -> None:
    found = check(SILENT[name], torch.tensor(POINT))
    assert found.right
    assert not found.held


def test_stop_gradient_is_said() -> None:
    found = check(lambda x: jnp.sum(x * jax.lax.stop_gradient(jnp.sin(x))), jnp.array(POINT))
    assert found.held == (HeldConstant("stop_gradient", (3,), ("params",)),)
    assert "stop_gradient, of shape (3,), which depends on params" in sentence(found)
    assert not check(lambda x: jax.nn.logsumexp(x), jnp.array(POINT)).held


def test_an_unknown_constant_is_an_error() -> None:
    with pytest.raises(InputError, match="itme"):
        check(SILENT["logged"], torch.tensor(POINT), constants=["itme"])


def test_ties_are_no_constants():
    """Which of four equal entries a median takes beside the point is no slope that is missing."""
    x = torch.tensor([[0, 1.3156, 1.0225, 0.3564], [30.0] * 4, [0, 0.1782, -0.9889, 0.4459]])

    wanted = torch.tensor(np.random.default_rng(11).standard_normal((3, 4)))

    def loss(x):
        products = (x.T @ x)[:3]
        apart = (products - products.median(-1, keepdim=True)[0]).abs()
        return 0.5 * (torch.lgamma(apart + 0.5) - wanted).pow(2).mean()

    assert check(loss, x.double()).status in ("ok", "convention")
