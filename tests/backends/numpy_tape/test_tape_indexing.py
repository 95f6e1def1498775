from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices

from gradparity.backends.numpy_tape.engine import derivatives as d
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.keys import canonical, indexer
from gradparity.problems import InputError
from tests.backends.numpy_tape.tape_checks import LAYOUTS, assert_derivatives, layouts, weighted

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), shape=array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=5))
def test_a_canonical_key_means_what_the_key_means(data, shape):
    key = data.draw(basic_indices(shape, allow_newaxis=True, max_dims=7))
    x = np.arange(np.prod(shape)).reshape(shape)
    entries = key if isinstance(key, tuple) else (key,)
    plain = canonical(entries, shape)
    assert hash(plain) is not None
    np.testing.assert_array_equal(x[indexer(plain)], x[key])
    assert canonical(indexer(plain), shape) == plain


def test_two_ways_to_write_a_part_have_one_key():
    assert canonical((slice(0, 5, 1), Ellipsis), (5, 3)) == ()
    assert canonical((slice(1, None),), (5,)) == canonical((slice(-4, 9),), (5,))
    backwards = slice(4, None, -1)
    assert canonical((backwards,), (5,)) == canonical((slice(None, None, -1),), (5,))
    assert canonical((-1, slice(None, -1)), (5, 4)) == (4, ("slice", None, 3, None))


@settings(max_examples=40, deadline=None)
@given(
    pick=st.data(),
    shape=array_shapes(min_dims=1, max_dims=3, max_side=4),
    seed=SEEDS,
    layout=LAYOUTS,
)
def test_basic_indexing(pick, shape, seed, layout):
    keys = [
        pick.draw(basic_indices(shape, min_dims=0, max_dims=5, allow_newaxis=True))
        for _ in range(2)
    ]
    rng = np.random.default_rng(seed)
    x = layouts(rng.normal(size=shape).astype(np.longdouble), layout)

    def loss(xp, params, data):
        x = params["x"]
        first, second = (xp.sum(xp.square(x[key])) for key in keys)
        return first * second + xp.sum(x * x * x)

    assert_derivatives(loss, {"x": x}, {}, rng)


ROWS, COLUMNS = np.array([2, 0, 2, 1]), np.array([[1], [0]])
GATHERS = {
    "one": lambda x, i, j: x[i],
    "matrix of indices": lambda x, i, j: x[:, j],
    "two, broadcast": lambda x, i, j: x[i, j],
    "behind a slice": lambda x, i, j: x[::-1, i, j],
    "with a slice between": lambda x, i, j: x[i, 1:, j],
    "with an integer": lambda x, i, j: x[1, i],
    "integer apart": lambda x, i, j: x[1, :, i],
    "integer last": lambda x, i, j: x[:, i, 0],
    "negative": lambda x, i, j: x[..., i - 3],
    "new axis": lambda x, i, j: x[None, i],
    "new axis between": lambda x, i, j: x[i, None, j],
    "reversed part": lambda x, i, j: x[::-1, ::2][i, :, -1],
}


@pytest.mark.parametrize("name", GATHERS)
def test_integer_arrays_index_as_in_numpy(name):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 3, 3)).astype(np.longdouble)

    def operation(xp, params, data):
        return GATHERS[name](params["x"], data["i"], data["j"])

    seen = []
    d.value(
        lambda xp, q, c: seen.append(operation(xp, q, c)) or q["x"][0, 0, 0],
        {"x": x},
        {"i": ROWS, "j": COLUMNS},
    )
    np.testing.assert_array_equal(seen[0].value, GATHERS[name](x, ROWS, COLUMNS))
    loss = weighted(lambda xp, q, c: xp.square(operation(xp, q, c)))
    assert_derivatives(loss, {"x": x}, {"i": ROWS, "j": COLUMNS}, rng)


TAKES = {
    "take": lambda xp, x, i, k: xp.take(x, i, axis=1),
    "take, matrix": lambda xp, x, i, k: xp.take(x, xp.reshape(i, (2, 2)), axis=-1),
    "take_along_axis": lambda xp, x, i, k: xp.take_along_axis(x, k, axis=1),
    "take_along_axis, one a line": lambda xp, x, i, k: xp.take_along_axis(x, k[:, :1], axis=1),
    "take_along_axis, broadcast": lambda xp, x, i, k: xp.take_along_axis(x, k[:1], axis=1),
}


@pytest.mark.parametrize("name", TAKES)
def test_takes_add_up_where_indices_repeat(name):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 4)).astype(np.longdouble)
    data = {"i": np.array([3, 0, 3, 1]), "k": rng.integers(0, 4, size=(3, 5))}
    loss = weighted(lambda xp, q, c: xp.square(TAKES[name](xp, q["x"], c["i"], c["k"])))
    assert_derivatives(loss, {"x": x}, data, rng)


# The adjoints of indexing are primitives, with rules of their own: transposes of the transposes.
HEAD, TAIL = (("slice", None, 2, None),), (("slice", 1, None, None), 0)
SCATTERS = {
    "scatter_slices": lambda x, i, k: p.scatter_slices(
        x[:2], e.exp(x[0, :2]), keys=(HEAD, TAIL), shape=(3, 4)
    ),
    "scatter_slices of a constant": lambda x, i, k: p.scatter_slices(
        x[:2] * 0 + 1, x[0, :2], keys=(HEAD, TAIL), shape=(3, 4)
    ),
    "scatter_add": lambda x, i, k: p.scatter_add(x, i, axis=1, shape=(3, 6)),
    "scatter_add, two": lambda x, i, k: p.scatter_add(x, k, i, axis=0, shape=(5, 4)),
    "take_add": lambda x, i, k: p.take_add(x, i, axis=1, shape=(3, 5)),
    "add_along_axis": lambda x, i, k: p.add_along_axis(x, k, axis=1, shape=(3, 6)),
}


@pytest.mark.parametrize("name", SCATTERS)
def test_scatters_have_rules_too(name):
    rng = np.random.default_rng(6)
    x = rng.normal(size=(3, 4)).astype(np.longdouble)
    data = {"i": np.array([3, 0, 3, 1]), "k": rng.integers(0, 5, size=(3, 4))}
    loss = weighted(lambda xp, q, c: xp.square(SCATTERS[name](q["x"], c["i"], c["k"])))
    assert_derivatives(loss, {"x": x}, data, rng)


def test_a_scatter_is_the_transpose_of_its_gather():
    rng = np.random.default_rng(8)
    x, g = rng.normal(size=(3, 4)), rng.normal(size=(3, 5))
    i, k = np.array([3, 0, 3, 1, 1]), rng.integers(0, 4, (3, 5))
    pairs = [
        (p.take(x, i, axis=1), p.take_add(g, i, axis=1, shape=(3, 4))),
        (p.gather(x, i, axis=1), p.scatter_add(g, i, axis=1, shape=(3, 4))),
        (p.take_along_axis(x, k, axis=1), p.add_along_axis(g, k, axis=1, shape=(3, 4))),
    ]
    for taken, added in pairs:
        assert (taken * g).sum() == pytest.approx((x * added).sum(), rel=1e-13)


def test_an_embedding_equals_its_product_with_one_hot_rows():
    rng = np.random.default_rng(3)
    table, words = rng.normal(size=(20, 3)), rng.integers(0, 20, size=50)
    g = rng.normal(size=(50, 3))

    def loss(xp, params, data):
        return xp.sum(xp.take(params["table"], data["words"], axis=0) * data["g"])

    _, gradient = d.value_and_gradient(loss, {"table": table}, {"words": words, "g": g})
    expected = np.zeros((50, 20))
    expected[np.arange(50), words] = 1.0
    np.testing.assert_allclose(gradient["table"], expected.T @ g, rtol=1e-13)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda x, i: x[x > 0], "a mask is written xp.where"),
        (lambda x, i: x[0.5], "write integers and slices"),
        (lambda x, i: x[ROWS], "pass it as data"),
        (lambda x, i: x[[0, 1]], "pass it as data"),
        (lambda x, i: x[7], "index 7 is out of range for an axis of length 3"),
        (lambda x, i: x[0, 0, 0, 0], "4 indices for an array of 3 axes"),
        (lambda x, i: x[True], "write integers and slices"),
    ],
)
def test_bad_indices_are_named(bad, message):
    x = np.ones((3, 3, 3))
    with pytest.raises(InputError, match=message):
        d.value(lambda xp, q, c: xp.sum(bad(q["x"], c["i"])), {"x": x}, {"i": ROWS})
