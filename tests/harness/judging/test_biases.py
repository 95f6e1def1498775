"""The search for biases: no false alarm under noise, and the place and size of what is planted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import t

from gradparity.harness.judging.biases.bias import biases
from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.judging.biases.student import student_tail

SHAPE = (2, 4, 80, 8)


def drawn(
    seed: int, bias: float = 0.0, where: tuple[object, ...] = (), kind: str = ""
) -> list[SignedErrors]:
    """Numbers that are rounded once, by half an eps at most, and a bias in eps."""
    rng = np.random.default_rng(seed)
    true, value = rng.normal(size=SHAPE), rng.normal(size=SHAPE)
    size = np.abs(true)
    errors = size * rng.uniform(-0.5, 0.5, SHAPE)
    if kind == "constant":
        errors += bias * rng.choice((-1, 1), (*SHAPE[:-1], 1))
    elif kind == "own":
        errors += bias * rng.normal(size=(*SHAPE[:-1], 1)) * value
    else:
        errors[where] += bias * true[where]
    runs = size * rng.uniform(-np.sqrt(3), np.sqrt(3), (16, *SHAPE))
    return [SignedErrors("x", true, size, errors, runs, value)]


def found(seed: int, *planted: object) -> list[object]:
    def fresh() -> Iterator[list[SignedErrors]]:
        for more in (1, 2, 3):
            yield drawn(seed + 1000 * more, *planted)  # type: ignore[arg-type]

    return list(biases(drawn(seed, *planted), fresh))  # type: ignore[arg-type]


def test_rounding_alone_has_no_bias() -> None:
    assert not [seed for seed in range(40) if found(seed)]


@pytest.mark.parametrize(
    ("planted", "where", "kind"),
    [
        ((1.3, (...,), ""), "", "factor"),
        ((-1.6, (...,), ""), "", "factor"),
        ((5.0, (slice(None), 3), ""), "index 3 of axis 1", "factor"),
        ((-40.0, (slice(None), slice(None), slice(15, None, 16)), ""), "the last of each block of 16 along axis 2", "factor"),
        ((9.0, (slice(1, None), 2), ""), "place [1, 2] of the first two axes", "factor"),
        ((30.0, (), "constant"), "", "constant row"),
        ((30.0, (), "own"), "", "own row"),
    ],
)  # fmt: skip
def test_what_is_planted_is_found_where_it_is(
    planted: tuple[object, ...], where: str, kind: str
) -> None:
    (bias,) = found(7, *planted)
    assert bias.hypothesis.where == where  # type: ignore[attr-defined]
    assert bias.hypothesis.kind == kind  # type: ignore[attr-defined]
    if kind == "factor":
        assert bias.hypothesis.size == pytest.approx(planted[0], abs=0.6)  # type: ignore[attr-defined]


def test_what_is_not_there_again_is_not_told() -> None:
    def fresh() -> Iterator[list[SignedErrors]]:
        yield drawn(1)
        yield drawn(2)

    assert not biases(drawn(0, 5.0, (slice(None), 3)), fresh)


@pytest.mark.parametrize("freedom", [6, 16, 64])
@pytest.mark.parametrize("x", [1.0, 3.0, 8.0, 20.0])
def test_the_tail_of_student_is_scipys(x: float, freedom: int) -> None:
    assert student_tail(x, freedom) == pytest.approx(2 * t.sf(x, freedom), rel=1e-9)
