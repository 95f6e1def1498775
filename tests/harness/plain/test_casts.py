"""Losses that cast between float64 and float32 on their way: judged by the tape, not accused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity.harness.plain.check import check
from gradparity.harness.plain.outcome import GradientError, GradientWarning

POINT = np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32).astype(np.float64)
ROWS = np.random.default_rng(4).normal(size=(6, 4)).astype(np.float32)
TORCH_ROWS = torch.tensor(ROWS)


def mixed(x: Any) -> Any:
    """Half in float32 and half in float64: the penalty keeps its digits."""
    return torch.tanh(TORCH_ROWS.float() @ x.float()).double().sum() + (x.double() ** 4).sum()


def buffered(x: Any) -> Any:
    held = torch.zeros(4, 3, dtype=torch.float32)
    held.copy_(torch.sin(3 * x))
    return (held**2).sum()


def relu_network(x: Any) -> Any:
    hidden = torch.relu(TORCH_ROWS.to(torch.float32) @ x.to(torch.float32) - 0.1)
    return torch.nn.functional.cross_entropy(hidden, torch.tensor([0, 1, 2, 0, 1, 2]))


TORCH: dict[str, Callable[[Any], Any]] = {
    "float": lambda x: (torch.sin(x.float()) ** 2).sum(),
    "there and back": lambda x: torch.exp(0.3 * x.float()).double().sum() * 1.1,
    "to": lambda x: torch.softmax(x.to(torch.float32) @ torch.ones(3, 3), 0)[0].sum(),
    "double": lambda x: (torch.log1p(x.double() ** 2)).sum(),
    "type_as": lambda x: torch.sigmoid((x * 0.7).type_as(TORCH_ROWS)).mean(),
    "of one": lambda x: (x * x.float().norm().to(x.dtype)).pow(2).sum(),
    "mixed": mixed,
    "buffer": buffered,
    "network": relu_network,
    "saturated": lambda x: torch.tanh(9 * x.float()).sum(),
    "cancels": lambda x: ((x.float() + 100.0) - 100.0 - x.float()).abs().sum() + (x**2).sum(),
}
JAX: dict[str, Callable[[Any], Any]] = {
    "astype": lambda x: jnp.sum(jnp.sin(x.astype(jnp.float32)) ** 2),
    "there and back": lambda x: jnp.sum(jnp.exp(0.3 * x.astype("float32")).astype(x.dtype)) * 1.1,
    "network": lambda x: jnp.mean(
        jnp.logaddexp(ROWS.astype(np.float32) @ x.astype("float32"), 0.2)
    ),
    "float64": lambda x: jnp.sum(jnp.log1p(x.astype(float) ** 2)),
    "chosen": lambda x: jnp.sum(jnp.where(x > 0, x.astype(jnp.float32), 0.1 * x) ** 2),
    "floor": lambda x: jnp.sum((x.astype("float32") - jnp.floor(x.astype("float32"))) ** 2),
}
NUMPY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "astype": (
        lambda x: np.sum(np.sin(x.astype(np.float32)) ** 2),
        lambda x: np.sin(2 * x.astype(np.float32)),
    ),
    "there and back": (
        lambda x: np.sum(np.exp(0.3 * x.astype("f4")).astype(x.dtype)) * 1.1,
        lambda x: 0.33 * np.exp(0.3 * x),
    ),
    "network": (
        lambda x: np.mean(np.tanh(ROWS @ x.astype(np.float32))),
        lambda x: ROWS.T @ (1 - np.tanh(ROWS @ x) ** 2) / 18,
    ),
    "float64": (lambda x: np.sum(x.astype(float) ** 3), lambda x: 3 * x**2),
}  # fmt: skip


def by_the_tape(*args: Any, **kwargs: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", GradientWarning)
        found = check(*args, **kwargs)
    assert "the tape in longdouble" in found.oracle
    return found


@pytest.mark.parametrize("name", TORCH)
def test_torch_is_right(name: str) -> None:
    assert by_the_tape(TORCH[name], torch.tensor(POINT)).right


@pytest.mark.parametrize("name", JAX)
def test_jax_is_right(name: str) -> None:
    assert by_the_tape(JAX[name], jnp.array(POINT)).right


@pytest.mark.parametrize("name", NUMPY)
def test_numpy_is_right(name: str) -> None:
    assert by_the_tape(NUMPY[name][0], POINT, gradient=NUMPY[name][1]).right


def off(gradient: Any, factor: float) -> Any:
    wrong = gradient.clone()
    wrong[1, 2] *= factor
    return wrong


@pytest.mark.parametrize(
    ("name", "factor"),
    [("float", -1.0), ("there and back", 1.00004), ("to", 1.001), ("network", 1.001)],
)
def test_a_wrong_gradient_is_caught_by_the_tape(name: str, factor: float) -> None:
    loss = TORCH[name]

    def gradient(x: Any) -> Any:
        x = x.clone().requires_grad_(True)
        return off(torch.autograd.grad(loss(x), x)[0], factor)

    with pytest.raises(GradientError) as caught:
        check(loss, torch.tensor(POINT), gradient=gradient)
    found = caught.value.finding
    assert found.status == "formula"
    assert "the tape in longdouble" in found.oracle
    if factor == -1.0:
        assert "sign" in str(caught.value)


def test_what_stays_in_float64_is_judged_to_its_digits() -> None:
    """A penalty that float32 has no part in: an error of 1e-9 in it is no rounding."""

    def loss(x: Any) -> Any:
        return torch.tanh(x[0].float()).double().sum() + (x[1:] ** 4).sum()

    def gradient(x: Any) -> Any:
        found = 4 * x**3 * (1 + 1e-9)
        found[0] = 1 - torch.tanh(x[0]) ** 2
        return found

    with pytest.raises(GradientError, match="formula"):
        check(loss, torch.tensor(POINT), gradient=gradient)
