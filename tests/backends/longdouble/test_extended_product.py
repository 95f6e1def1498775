from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradparity.backends.longdouble import products as extended_product
from gradparity.backends.longdouble.products import contract, matmul, plain

LONG = np.longdouble
EPS = np.finfo(LONG).eps
# Large enough for the splitting, whatever its threshold: 2 x 3000 x 100 = 600,000.
INNER, COLUMNS = 3000, 100


def full(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Normal numbers that use every bit of longdouble's mantissa."""
    return rng.standard_normal(shape).astype(LONG) + rng.standard_normal(shape) * LONG(2) ** -53


def fraction(x: np.longdouble) -> Fraction:
    return Fraction(*x.as_integer_ratio())


def exact(row: np.ndarray, column: np.ndarray) -> Fraction:
    return sum((fraction(a) * fraction(b) for a, b in zip(row, column, strict=True)), Fraction(0))


@pytest.fixture
def _splitting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extended_product, "_SMALL", 0)
    monkeypatch.setattr(extended_product, "_FEW", 0)


@pytest.mark.parametrize("inner", [17, 784, 3000])
@pytest.mark.usefixtures("_splitting")
def test_error_against_exact_fractions_is_of_the_order_of_longdouble_eps(inner: int) -> None:
    rng = np.random.default_rng(inner)
    a, b = full(rng, 3, inner), full(rng, inner, 4)
    product = matmul(a, b)
    for i in range(3):
        for j in range(4):
            scale = float(
                np.linalg.norm(a[i].astype(float)) * np.linalg.norm(b[:, j].astype(float))
            )
            error = abs(fraction(product[i, j]) - exact(a[i], b[:, j]))
            assert float(error) <= 16 * float(EPS) * scale


@pytest.mark.usefixtures("_splitting")
def test_an_inner_dimension_of_100_000_is_exact_in_its_slices() -> None:
    rng = np.random.default_rng(1)
    a, b = full(rng, 1, 100_000), full(rng, 100_000, 1)
    error = abs(fraction(matmul(a, b)[0, 0]) - exact(a[0], b[:, 0]))
    assert float(error) <= 16 * float(EPS) * np.sqrt(100_000)


@pytest.mark.usefixtures("_splitting")
def test_signs_times_integers_are_exact() -> None:
    rng = np.random.default_rng(2)
    a = rng.integers(-1000, 1000, (5, 900)).astype(LONG)
    b = rng.choice((-1.0, 1.0), (900, 6)).astype(LONG)
    np.testing.assert_array_equal(matmul(a, b), a.astype(np.int64) @ b.astype(np.int64))


@pytest.mark.usefixtures("_splitting")
def test_rows_and_columns_of_very_different_scales_keep_their_relative_precision() -> None:
    rng = np.random.default_rng(3)
    rows, columns = LONG(10) ** np.array([-300, 0, 300]), LONG(10) ** np.array([250, -250])
    a, b = full(rng, 3, 40), full(rng, 40, 2)
    scaled = matmul(a * rows[:, None], b * columns)
    np.testing.assert_allclose(
        (scaled / rows[:, None] / columns).astype(float), (a @ b).astype(float), rtol=1e-15
    )
    scale = np.abs(a) @ np.abs(b)
    assert np.max(np.abs(scaled / rows[:, None] / columns - a @ b) / scale) < 16 * EPS


@pytest.mark.parametrize("special", [np.inf, np.nan])
def test_infinities_and_nan_spread_as_in_numpy(special: float) -> None:
    rng = np.random.default_rng(4)
    a, b = full(rng, 2, INNER), full(rng, INNER, COLUMNS)
    a[0, 5] = special
    with np.errstate(invalid="ignore"):
        product = matmul(a, b)
        expected = a @ b
    np.testing.assert_array_equal(np.isfinite(product), np.isfinite(expected))
    assert np.isfinite(product[1]).all()
    assert not np.isfinite(product[0]).any()


def test_exponents_that_float64_cannot_hold_survive() -> None:
    tiny = np.full((2, INNER), LONG(2) ** -9000)
    np.testing.assert_array_equal(
        matmul(tiny, np.ones((INNER, COLUMNS), LONG)),
        np.full((2, COLUMNS), INNER * LONG(2) ** -9000),
    )


@pytest.mark.usefixtures("_splitting")
def test_zero_rows_and_zero_matrices() -> None:
    rng = np.random.default_rng(5)
    a, b = full(rng, 4, 30), full(rng, 30, 5)
    a[2] = 0
    assert not matmul(a, b)[2].any()
    assert not matmul(np.zeros_like(a), b).any()
    assert matmul(np.zeros((3, 0), LONG), np.zeros((0, 2), LONG)).shape == (3, 2)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([((), ()), ((3,), ()), ((), (3,)), ((2, 1), (3,)), ((3,), (3,))]),
    *(st.integers(1, 6) for _ in range(3)),
)
def test_leading_axes_broadcast_as_in_numpy(batches, m, n, p) -> None:
    rng = np.random.default_rng(6)
    a, b = full(rng, *batches[0], m, n), full(rng, *batches[1], n, p)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extended_product, "_SMALL", 0)
        patch.setattr(extended_product, "_FEW", 0)
        product = matmul(a, b)
    expected = np.matmul(a, b)
    assert product.shape == expected.shape
    assert np.max(np.abs(product - expected) / np.matmul(np.abs(a), np.abs(b))) < 32 * EPS


@pytest.mark.parametrize(
    ("subscripts", "first", "second"),
    [
        ("ij,jk->ik", (3, 4), (4, 5)),
        ("ij,kj->ki", (3, 4), (5, 4)),
        ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
        ("zbij,bjk->zbik", (6, 2, 3, 4), (2, 4, 5)),
        ("i,j->ij", (3,), (4,)),
        ("i,i->", (3,), (3,)),
        ("ijk,j->k", (2, 3, 4), (3,)),
        ("ij,->ij", (2, 3), ()),
        ("ii,ij->j", (3, 3), (3, 2)),
        ("...ij,jk->...ik", (2, 3, 4), (4, 5)),
        ("ij,jk->ik", (3, 1), (4, 5)),
    ],
)
def test_contract_equals_einsum(subscripts, first, second) -> None:
    rng = np.random.default_rng(7)
    a, b = full(rng, *first), full(rng, *second)
    product, expected = contract(subscripts, a, b), np.einsum(subscripts, a, b)
    assert product.shape == expected.shape
    np.testing.assert_allclose(
        product.astype(float), expected.astype(float), rtol=1e-15, atol=1e-15
    )
    assert np.max(np.abs(product - expected)) < 64 * EPS


def test_operands_are_not_changed() -> None:
    rng = np.random.default_rng(8)
    a, b = full(rng, 2, INNER), full(rng, INNER, COLUMNS)
    before = a.copy(), b.copy()
    matmul(a, b)
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((5, 7), (7, 3)),
        ((1, 1), (1, 1)),
        ((3, 0), (0, 4)),
        ((0, 3), (3, 4)),
        ((4, 3), (3, 0)),
        ((2, 5, 7), (7, 3)),
        ((2, 5, 7), (2, 7, 3)),
        ((3, 1, 5, 7), (2, 7, 3)),
        ((40, 400), (400, 30)),
    ],
)
def test_the_plain_product_is_numpys_to_the_bit(
    left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(sum(left))
    a, b = full(rng, *left), full(rng, *right)
    assert np.array_equal(plain(a, b), np.matmul(a, b))
    turned = [np.swapaxes(np.ascontiguousarray(np.swapaxes(x, -1, -2)), -1, -2) for x in (a, b)]
    assert np.array_equal(plain(*turned), np.matmul(a, b))


def test_the_plain_product_keeps_what_is_not_finite() -> None:
    a = np.array([[np.inf, 1.0], [np.nan, 2.0], [0.0, -np.inf]], LONG)
    b = np.array([[1.0, 0.0], [2.0, 1.0]], LONG)
    with np.errstate(all="ignore"):
        assert np.array_equal(plain(a, b), np.matmul(a, b), equal_nan=True)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ab,b->a", [(30, 7), (7,)]),
        ("a,ab->b", [(30,), (30, 7)]),
        ("ab,bc->ac", [(30, 7), (7, 12)]),
        ("abc,ab,c->b", [(5, 6, 7), (5, 6), (7,)]),
        ("ab,ab->", [(30, 7), (30, 7)]),
        ("ab,b->a", [(30, 7), (1,)]),
    ],
)
def test_slices_of_a_contraction_add_up_to_it(subscripts, shapes, monkeypatch):
    monkeypatch.setattr(extended_product, "_BLOCK", 40)
    rng = np.random.default_rng(5)
    operands = [rng.normal(size=shape) for shape in shapes]
    sizes = []

    def squares(*parts):
        sizes.append(max(part.size for part in parts))
        return np.einsum(subscripts, *map(np.square, parts))

    found = extended_product.by_slices(squares, subscripts, *operands)
    wide = (np.square(x.astype(np.longdouble)) for x in operands)
    assert np.allclose(found, np.einsum(subscripts, *wide).astype(float), rtol=1e-13)
    assert len(sizes) > 2
