"""Losses that round to bfloat16 or float16 on their way: refused in one line, by the operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity.harness.plain.check import check
from gradparity.problems import InputError

POINT = np.random.default_rng(3).normal(size=(4, 3))
ROWS = np.random.default_rng(4).normal(size=(5, 4))


def autocast(x: Any) -> Any:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = torch.tensor(ROWS).float() @ x.float()
    return (y.double() ** 2).sum()


def buffered(x: Any) -> Any:
    held = torch.zeros(4, 3, dtype=torch.float16)
    held.copy_(x)
    return (held.double() ** 2).sum()


TORCH: dict[str, tuple[Callable[[Any], Any], str]] = {
    "product": (lambda x: (x.bfloat16() @ torch.ones(3, 2, dtype=torch.bfloat16)).sum().double(), "bfloat16"),
    "cast": (lambda x: (x.half().double() ** 2).sum(), "float16"),
    "autocast": (autocast, "bfloat16"),
    "buffer": (buffered, "float16"),
}  # fmt: skip


@pytest.mark.parametrize("name", TORCH)
def test_torch_names_the_operation(name: str) -> None:
    loss, dtype = TORCH[name]
    with pytest.raises(InputError, match=f"rounds to {dtype} on its way, in aten"):
        check(loss, torch.tensor(POINT), gradient=lambda x: 2 * x)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_jax_names_the_operation(dtype: str) -> None:
    def loss(x: Any) -> Any:
        return jnp.sum((x.astype(dtype) @ jnp.ones((3, 2), dtype)).astype(x.dtype) ** 2)

    with pytest.raises(InputError, match=f"rounds to {dtype} on its way, in convert_element_type"):
        check(loss, jnp.array(POINT))


def test_numpy_names_the_operation() -> None:
    with pytest.raises(InputError, match="rounds to float16 on its way, in astype"):
        check(
            lambda x: np.sum(x.astype(np.float16).astype(np.float64) ** 2),
            POINT,
            gradient=lambda x: 2 * x,
        )


def test_a_constant_of_low_precision_is_a_constant() -> None:
    weight = torch.tensor(ROWS).bfloat16()
    assert check(lambda x: ((weight.to(x.dtype) @ x) ** 2).sum(), torch.tensor(POINT)).right


UNTRANSLATED: dict[str, Callable[[Any], Any]] = {
    "torch": lambda x: (torch.linalg.inv(x[:3]).bfloat16().double() ** 2).sum(),
    "product": lambda x: (torch.erf(x).bfloat16() @ torch.ones(3, 2).bfloat16()).sum().double(),
    "jax": lambda x: jnp.sum(jnp.linalg.inv(x[:3]).astype("bfloat16").astype(x.dtype) ** 2),
}


@pytest.mark.parametrize("name", UNTRANSLATED)
def test_what_rounds_behind_a_step_without_translation_is_noticed_too(name: str) -> None:
    at = jnp.array(POINT) if name == "jax" else torch.tensor(POINT)
    with pytest.raises(InputError, match="rounds to bfloat16 on its way, in "):
        check(UNTRANSLATED[name], at)


def test_a_staircase_of_numpy_is_refused_where_it_would_be_accused() -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.linalg.inv(x[:3]).astype(np.float16).astype(np.float64) ** 2)

    with pytest.raises(InputError, match="staircase"):
        check(loss, POINT, gradient=lambda x: x)
