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


def apart(x: Any) -> Any:
    """A smooth part that hides the steps of the other; no translation."""
    return (1 / np.linalg.eigvals(np.eye(3) + np.outer(x[0], x[0])).real).sum()


BEHIND: dict[str, tuple[Callable[[Any], Any], str]] = {
    "astype": (lambda x: apart(x) + np.sum((ROWS @ x).astype(np.float16).astype(float) ** 2), "float16"),
    "joined": (lambda x: apart(x) + np.sum(np.concatenate([x, x]).astype("f2").astype(float) ** 2), "float16"),
    "chosen": (lambda x: apart(x) + np.where(x > 0, x, 0.1 * x).astype(np.float16).astype(float).sum(), "float16"),
    "inverse": (lambda x: np.linalg.inv(x[:3]).astype(np.float16).astype(float).sum(), "float16"),
    "computed": (lambda x: apart(x) + float(np.multiply(x, x, dtype=np.float16, casting="same_kind").sum()), "float16"),
    "round": (lambda x: apart(x) + np.sum(np.round(ROWS @ x, 3) ** 2), "np.round"),
    "method": (lambda x: apart(x) + np.sum((x + 1).round(2) * 3.0), "np.round"),
}  # fmt: skip


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("answer", [0.0, 1.0, 7.5])
def test_numpy_names_what_rounds_behind_a_step_without_translation(
    name: str, answer: float
) -> None:
    """Whatever is answered: within the steps of such a loss a wrong gradient could pass."""
    loss, told = BEHIND[name]
    with pytest.raises(InputError, match=f"the loss rounds .*{told}"):
        check(loss, POINT, gradient=lambda x: np.full_like(x, answer))


def test_the_nearest_image_is_no_staircase() -> None:
    """Distances in a periodic box, as in molecular dynamics: the slope of x - rint(x) is 1."""

    def loss(x: Any) -> Any:
        return apart(x) + np.sum((3.0 * x - np.rint(3.0 * x)) ** 2)

    def by_hand(x: Any) -> Any:
        inverse = np.linalg.inv(np.eye(3) + np.outer(x[0], x[0]))
        found = 6.0 * (3.0 * x - np.rint(3.0 * x))
        found[0] += -2 * inverse @ inverse @ x[0]
        return found

    assert check(loss, POINT, gradient=by_hand).right
    with pytest.raises(AssertionError, match="formula"):
        check(loss, POINT, gradient=lambda x: 1.001 * by_hand(x))


def test_rounding_to_an_index_is_no_step_of_the_loss() -> None:
    table = np.array([1.0, 2.0, 3.0, 5.0])

    def loss(x: Any) -> Any:
        at = np.abs(np.rint(x[0])).astype(int)
        return apart(x) + np.sum(table[at] * x[0] ** 2)

    def by_hand(x: Any) -> Any:
        inverse = np.linalg.inv(np.eye(3) + np.outer(x[0], x[0]))
        found = np.zeros_like(x)
        found[0] = -2 * inverse @ inverse @ x[0]
        found[0] += 2 * table[np.abs(np.rint(x[0])).astype(int)] * x[0]
        return found

    assert check(loss, POINT, gradient=by_hand).right


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
        held = np.zeros((3, 3))  # an array of its own hides where the numbers come from
        held[...] = np.linalg.eigvals(x[:3]).real
        return np.sum(held.astype(np.float16).astype(np.float64) ** 2)

    with pytest.raises(InputError, match="staircase"):
        check(loss, POINT, gradient=lambda x: x)
