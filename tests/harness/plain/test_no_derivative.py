"""Where no derivative exists: the judge's verdict is the atlas's, case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradparity.harness.conventions.answers import is_lawful
from gradparity.harness.conventions.cases.case import Case
from gradparity.harness.conventions.cases.catalogue import CASES
from gradparity.harness.plain.check import GradientError, check
from gradparity.problems import Array, InputError


def answered(library: str, case: Case) -> tuple[float, Array]:
    if library == "torch":
        x = torch.tensor(case.point, dtype=torch.float64, requires_grad=True)
        value = plain(library, case)(x)
        (slope,) = torch.autograd.grad(value, x)
        return float(value.item()), slope.numpy()
    with jax.enable_x64(True):
        both = jax.value_and_grad(plain(library, case))(jnp.array(case.point, dtype=jnp.float64))
        return float(both[0]), np.array(both[1])


def plain(library: str, case: Case) -> Callable[[Any], Any]:
    if library == "torch":
        return lambda x: case.torch(torch, x).sum()  # type: ignore[misc]
    return lambda x: jnp.sum(case.jax(jnp, jax, x))  # type: ignore[misc]


def judged(library: str, case: Case) -> bool | None:
    """What the judge says; None where it refuses to."""
    at: Any = torch.tensor(case.point, dtype=torch.float64) if library == "torch" else case.point
    with jax.enable_x64(True):
        at = jnp.array(at) if library == "jax" else at
    try:
        return check(plain(library, case), at).right
    except InputError:
        return None
    except GradientError:
        return False


REFUSED = ("gather outside, index 5 of 3",)
"""No loss at all: the judge says so in a line."""
APART = {("torch", "x - softplus(x)")}
"""torch's softplus is x beyond 20, by its documentation: the judge takes the function as it is, the
atlas by its name."""


def asked() -> Iterator[Any]:
    """Every case, of torch and of JAX, whose compiler takes most of the time."""
    for number, (library, case) in enumerate(product(("torch", "jax"), CASES)):
        if getattr(case, library) is not None:
            often = library == "torch" or number % 8 == 0
            marks = () if often else (pytest.mark.slow,)
            yield pytest.param(library, case, marks=marks, id=f"{library}: {case.name}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("library", "case"), list(asked()))
def test_judge_and_atlas_agree_in_every_case(library: str, case: Case) -> None:
    with np.errstate(over="ignore"):
        single = np.float32(case.point)
    if not np.array_equal(single, case.point, equal_nan=True):
        pytest.skip("the judge judges at float32 numbers")
    try:
        value, slope = answered(library, case)
    except (RuntimeError, TypeError, AttributeError, IndexError) as error:
        pytest.skip(f"no answer: {error}")
    right = judged(library, case)
    if right is None:
        no_loss = not np.isfinite(value) or not np.isfinite(single).all()
        assert no_loss or (library == "jax" and case.name in REFUSED)
    elif (library, case.name) in APART:
        assert right
        assert not is_lawful(slope, case.lawful)
    else:
        assert right == is_lawful(slope, case.lawful)


def norm(x: Array) -> Any:
    return np.sqrt(np.sum(x**2))


def entropy(x: Array) -> Any:
    inside = np.where(x > 0, x, 1.0)
    return np.sum(np.where(x > 0, x * np.log(inside), 0.0))


ORIGIN, EDGE = np.zeros(3), np.array([0.0, 0.5])
NAN, INF = np.nan, np.inf
JUDGED: list[tuple[Callable[[Array], Any], Array, list[float], bool]] = [
    # The subgradients of a norm at 0 are the unit ball.
    (norm, ORIGIN, [0, 0, 0], True),
    (norm, ORIGIN, [NAN] * 3, True),
    (norm, ORIGIN, [0.48, -0.6, 0.64], True),
    (norm, ORIGIN, [0.9, 0.9, 0.9], False),
    (norm, ORIGIN, [1.01, 0, 0], False),
    (norm, ORIGIN, [INF, 0, 0], False),
    # NaN stays what it says at the tip of another cone, whatever a slope there is half-way.
    (lambda x: norm(x - np.sort(x)[1]), ORIGIN, [NAN] * 3, True),
    (lambda x: -norm(x), ORIGIN, [-0.6, 0, 0.8], True),
    (lambda x: -norm(x), ORIGIN, [0.8, 0.8, 0], False),
    # A smooth function of it has a gradient, 0.
    (lambda x: norm(x) ** 2, ORIGIN, [0, 0, 0], True),
    (lambda x: norm(x) ** 2, ORIGIN, [NAN] * 3, False),
    (lambda x: norm(x) ** 2, ORIGIN, [1e-3, 0, 0], False),
    (lambda x: np.std(x), np.full(3, 2.0), [0, 0, 0], True),
    # std's slope along v is that of |v - mean v| / √3: at most √2/3 = 0.47 in one component.
    (lambda x: np.std(x), np.full(3, 2.0), [0.5, -0.25, -0.25], False),
    # What is not at its tip must be right.
    (lambda x: norm(x[:2]) + x[2] ** 2, np.array([0, 0, 1.0]), [0, 0, 2], True),
    (lambda x: norm(x[:2]) + x[2] ** 2, np.array([0, 0, 1.0]), [NAN, NAN, 1], False),
    # An infinite slope, a jump, an edge: anything goes there, and nowhere else.
    (lambda x: np.sqrt(x).sum(), EDGE, [INF, 0.5**0.5], True),
    (lambda x: np.sqrt(x).sum(), EDGE, [0, 0.5**0.5], True),
    (lambda x: np.sqrt(x).sum(), EDGE, [0, 0.6], False),
    (lambda x: np.arctan2(x[0], x[1]) + x[2], ORIGIN, [0, 0, 1], True),
    (lambda x: np.arctan2(x[0], x[1]) + x[2], ORIGIN, [0, 0, 2], False),
    (lambda x: np.arccos(x[0]) + x[1], np.array([1.0, 0]), [0, 1], True),
    (lambda x: np.arccos(x[0]) + x[1], np.array([1.0, 0]), [-INF, 0.5], False),
    (entropy, EDGE, [-INF, np.log(0.5) + 1], True),
    (entropy, EDGE, [0, np.log(0.5) + 1], True),
    (entropy, EDGE, [0, np.log(0.5)], False),
    (lambda x: np.sum(x**0.0 + x), EDGE, [1, 1], True),
    # Kinks that bend both ways are chosen one by one.
    (lambda x: abs(float(x[0])) - abs(float(x[1])), np.zeros(2), [1, 1], True),
    (lambda x: abs(float(x[0])) - abs(float(x[1])), np.zeros(2), [1, 1.001], False),
    # An interval of one-sided slopes, exactly at its ends: 0.64 is one of them.
    (lambda x: 0.64 * max(float(x[0]), 0.0) + np.exp(float(x[0])), np.zeros(1), [1.64], True),
    (lambda x: 0.64 * max(float(x[0]), 0.0) + np.exp(float(x[0])), np.zeros(1), [1], True),
    (lambda x: 0.64 * max(float(x[0]), 0.0) + np.exp(float(x[0])), np.zeros(1), [1.641], False),
]


@pytest.mark.parametrize(("loss", "point", "answer", "right"), JUDGED)
def test_a_choice_is_one_of_the_lawful_ones(
    loss: Callable[[Array], Any], point: Array, answer: list[float], right: bool
) -> None:
    def by_hand(x: Array) -> Array:
        return np.array(answer, x.dtype)

    if right:
        assert check(loss, point, gradient=by_hand).right
    else:
        with pytest.raises(GradientError):
            check(loss, point, gradient=by_hand)


def divided(of: Any, x: Any) -> Any:
    """(1 - cos x) / x, and 0 at 0, as those write it who divide by no zero."""
    safe = of.where(x == 0, 1.0, x)
    return of.where(x == 0, 0.0, (1 - of.cos(safe)) / safe).sum()


def entropy_of_two(of: Any, x: Any) -> Any:
    return of.where(x[0] != 0, x[0] * of.log(x[1]), 0.0)


def root(of: Any, x: Any) -> Any:
    safe = of.where(x == 0, 1.0, x)
    return of.where(x == 0, 0.0, of.sqrt(safe)).sum()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
@pytest.mark.parametrize(
    ("loss", "point", "answer", "right"),
    [
        (divided, [0.0, 1.0], [0.5, np.sin(1.0) - 1 + np.cos(1.0)], True),
        (divided, [0.0, 1.0], [0, np.sin(1.0) - 1 + np.cos(1.0)], False),  # the libraries' own
        (entropy_of_two, [0.0, 2.0], [np.log(2), 0], True),
        (entropy_of_two, [0.0, 2.0], [0, 0], False),
        (root, [0.0, 4.0], [0, 0.25], True),
        (root, [0.0, 4.0], [0, 0.26], False),
    ],
)
def test_what_is_set_for_one_point_alone_has_no_slope_of_its_own(
    library: str, loss: Any, point: list[float], answer: list[float], right: bool
) -> None:
    """As a branch the loss is a constant there; what it is all around, it is there as well."""
    of = {"numpy": np, "torch": torch, "jax": jnp}[library]
    with jax.enable_x64(True):
        array = {"numpy": np.array, "torch": torch.tensor, "jax": jnp.array}[library]

        def by_hand(x: Any) -> Any:
            return array(answer, dtype=x.dtype)

        at = array(point, dtype=of.float64)
        if right:
            assert check(lambda x: loss(of, x), at, gradient=by_hand).right
        else:
            with pytest.raises(GradientError):
                check(lambda x: loss(of, x), at, gradient=by_hand)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("slope", [np.log(2), -np.log(2), 0.0])
def test_a_kink_where_a_branch_holds_at_one_point_alone_is_one(slope: float) -> None:
    """|x| ln(|x| + ½), by xlogy, whose branch at 0 would make every choice 0."""

    def loss(x: Any) -> Any:
        return jax.scipy.special.xlogy(abs(x), abs(x) + 0.5).sum()

    with jax.enable_x64(True):
        assert check(loss, jnp.zeros(1), gradient=lambda x: jnp.full(1, slope, x.dtype)).right
        with pytest.raises(GradientError):
            check(loss, jnp.zeros(1), gradient=lambda x: jnp.full(1, 0.7, x.dtype))
