"""Right gradients of torch and JAX that were accused: branches, kinks, ranges, embeddings."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import gradparity as gp


def sum_ties(p: Any) -> Any:
    """Whether 0.1 + 0.2 is 0.3, in the dtype: in float32 it is."""
    return p[0] + p[1] - p[2] == 0


def test_an_if_that_rounding_decides_is_judged_by_the_branch_of_each_dtype() -> None:
    found = gp.check(
        lambda p: (p * p).sum() if sum_ties(p) else (p**3).sum(), torch.tensor([0.1, 0.2, 0.3])
    )
    assert found.status == "ok"
    assert "each dtype by the branches that it takes" in found.oracle
    assert found.u32 is not None
    assert found.u32 < 64


def test_a_cond_that_rounding_decides() -> None:
    def loss(p: Any) -> Any:
        branches = (lambda p: (p * p).sum()), (lambda p: (p**3).sum())
        return jax.lax.cond(sum_ties(p), *branches, p)

    assert gp.check(loss, jnp.array([0.1, 0.2, 0.3])).status == "ok"


def test_what_float32_alone_gets_wrong_behind_such_a_branch_stays_wrong() -> None:
    def by_hand(p: Any) -> Any:
        return 2.1 * p if sum_ties(p) else 3 * p**2

    with pytest.raises(gp.GradientError):
        gp.check(
            lambda p: (p * p).sum() if sum_ties(p) else (p**3).sum(),
            torch.tensor([0.1, 0.2, 0.3]),
            gradient=by_hand,
        )


@pytest.mark.parametrize("end", [3.0, -3.0])
def test_a_coarse_function_at_its_own_kink_is_inaccurate_by_its_other_numbers(end: float) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = gp.check(
            lambda p: torch.relu(torch.nn.functional.hardsigmoid(p) - 0.25).sum(),
            torch.tensor([end, 1.0, 2.0]),
        )
    # torch multiplies by a sixth in float32.
    assert found.status == "inaccurate"
    assert found.worst is not None
    assert found.worst.index == (1,)
    assert found.worst.got == float(np.float32(1 / 6))
    assert len(told) == 1


def test_a_wrong_number_beside_a_kink_is_told_and_not_the_kink() -> None:
    with pytest.raises(gp.GradientError) as caught:
        gp.check(
            lambda p: torch.relu(p[0]) + (p[1:] ** 2).sum(),
            torch.tensor([0.0, 1.0, 2.0]),
            gradient=lambda p: torch.stack([0.5 * torch.ones(()), 2 * p[1], 2.5 * p[2]]),
        )
    assert caught.value.finding.worst is not None
    assert caught.value.finding.worst.index == (2,)


@pytest.mark.parametrize("name", ["asinh", "acosh"])
def test_slopes_by_a_square_are_left_to_float64_where_the_square_overflows(name: str) -> None:
    ours = {"asinh": jnp.arcsinh, "acosh": jnp.arccosh}[name]
    for params, function in (
        (torch.tensor([1e20, 3.0]), getattr(torch, name)),
        (jnp.array([1e20, 3.0]), ours),
    ):
        found = gp.check(lambda p, f=function: f(p).sum(), params)
        assert found.status == "ok"
        assert "overflows" in found.alone
    slope = {"asinh": 1 / np.sqrt(10), "acosh": 1 / np.sqrt(8)}[name]
    with pytest.raises(gp.GradientError) as caught:
        gp.check(
            lambda p: getattr(torch, name)(p).sum(),
            torch.tensor([1e20, 3.0]),
            gradient=lambda p: torch.tensor([1e-20, 0.3], dtype=p.dtype),
        )
    assert caught.value.finding.worst is not None
    assert caught.value.finding.worst.true == pytest.approx(slope)


def test_an_embedding_that_divides_by_how_often_a_row_is_read() -> None:
    weight = np.arange(15, dtype="float32").reshape(5, 3) / 7
    rows = torch.tensor([1, 1, 2, 3])

    def loss(p: Any) -> Any:
        function = torch.nn.functional.embedding
        return (function(rows, p, scale_grad_by_freq=True) ** 2).sum()

    found = gp.check(loss, torch.tensor(weight))
    assert found.status == "ok"
    assert [x.operation for x in found.held] == ["scale_grad_by_freq"]
    with pytest.raises(gp.GradientError) as caught:
        gp.check(loss, torch.tensor(weight), gradient=lambda p: 0 * p)
    assert caught.value.finding.worst is not None
    worst = caught.value.finding.worst
    assert worst.true == pytest.approx(2 * float(weight[worst.index]))  # of each read, halved


def test_nan_of_a_side_that_is_not_taken_is_told_with_what_to_write() -> None:
    def written(inside: Any) -> Any:
        return lambda p: torch.where(p > 0, torch.sqrt(inside(p)), torch.zeros_like(p)).sum()

    point = torch.tensor([-1.0, 1.0, 4.0])
    with pytest.raises(gp.GradientError) as caught:
        gp.check(written(lambda p: p), point)
    assert "write sqrt(where(x > 0, x, 1))" in str(caught.value)
    assert "no verdict" not in str(caught.value)
    # What it advises is right.
    ones = torch.ones_like
    assert gp.check(written(lambda p: torch.where(p > 0, p, ones(p))), point).status == "ok"


@pytest.mark.parametrize("shift", [1e3, -1e4, 1e5])
def test_shares_that_are_taken_from_a_large_logarithm(shift: float) -> None:
    """torch's e^(x - z) is off by eps z, z its logsumexp; a factor of more than that is wrong."""
    drawn = shift + np.random.default_rng(0).normal(size=(10, 5))
    x = torch.tensor(drawn.astype(np.float32))

    def loss(x: Any) -> Any:
        return torch.logsumexp(x, 1).sum()

    found = gp.check(loss, x)
    assert (found.status, found.right) == ("ok", True)
    off = 1 + 200 * abs(shift) * 2.0**-52
    with pytest.raises(gp.GradientError, match="formula"):
        gp.check(loss, x, gradient=lambda x: off * torch.softmax(x, 1))


def test_a_gradient_beyond_float32_is_judged_in_float64() -> None:
    """d(1/x)/dx = -1/x², -10⁵⁰ here: float32 has 0/0 for it, which is no fault of the formula."""

    def loss(x: Any) -> Any:
        return (1 / x).sum()

    x = np.full(3, 1e-25, np.float32)
    found = gp.check(loss, x, gradient=lambda x: -(x**2) / x**4)
    assert found.status == "ok"
    assert found.alone == "a step under- or overflows in float32"
    with pytest.raises(gp.GradientError):
        gp.check(loss, x, gradient=lambda x: -1.001 * x**2 / x**4)


def cosines(p: Any, place: int) -> Any:
    """The slopes of sort(cos p)[place]; what rounds to the same number is in the order given."""
    found = np.zeros_like(p)
    i = np.argsort(np.cos(p), kind="stable")[place]
    found[i] = -np.sin(p[i])
    return found


def by_a_branch(p: Any) -> Any:
    return np.sum(p**2) if p[0] - 1e-9 >= p[1] else np.sum(p**3)


def of_the_branch(p: Any) -> Any:
    return 2 * p if p[0] - 1e-9 >= p[1] else 3 * p**2


@pytest.mark.parametrize(
    ("loss", "gradient", "point"),
    [
        (by_a_branch, of_the_branch, [1.0, 1.0, 0.3]),
        (lambda p: np.sum(p[np.cos(p) < 1] ** 2), lambda p: np.where(np.cos(p) < 1, 2 * p, 0), [3e-4, 1e-5, 0.2]),
        (lambda p: np.sort(np.cos(p))[1], lambda p: cosines(p, 1), [3e-8, 1e-8, 2e-8]),
    ],
)  # fmt: skip
def test_a_numpy_loss_is_judged_by_the_branch_of_each_dtype(
    loss: Any, gradient: Any, point: list[float]
) -> None:
    found = gp.check(loss, np.array(point), gradient=gradient)
    assert found.status in ("ok", "convention")
    assert found.u32 is not None
    assert "each dtype by the branches that it takes" in found.oracle
    with pytest.raises(gp.GradientError):
        gp.check(
            loss,
            np.array(point),
            gradient=lambda p: gradient(p) * (1.01 if p.dtype == np.float32 else 1),
        )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_which_of_results_that_round_alike_are_the_largest_is_a_choice(dtype: Any) -> None:
    point = torch.tensor([-3e-8, 1e-8, 2e-8, 4e-9], dtype=dtype)

    def loss(p: Any) -> Any:
        return torch.topk(torch.cos(p), 2)[0].sum()

    assert gp.check(loss, point).right
    with pytest.raises(gp.GradientError):  # of all four, though two are the largest
        gp.check(loss, point, gradient=lambda p: -torch.sin(p) * 2)


def test_rounding_is_measured_where_the_loss_has_its_domain() -> None:
    """x = 1 is the edge of entr(ln Γ): ahead of it there is none, and that is no lack of noise."""
    from scipy.special import digamma, entr, gammaln, j0

    def loss(p: Any) -> Any:
        return np.sum(entr(gammaln(p))) + 0 * j0(p[2])

    def gradient(p: Any) -> Any:
        with np.errstate(divide="ignore"):
            return -(np.log(gammaln(p)) + 1) * digamma(p)

    found = gp.check(loss, np.array([1.0, 2.5, 3.0]), gradient=gradient)
    assert found.status == "convention"
    assert "differences of the loss alone" in found.oracle
    with pytest.raises(gp.GradientError):
        gp.check(loss, np.array([1.0, 2.5, 3.0]), gradient=lambda p: gradient(p) * (1 + 1e-8))
