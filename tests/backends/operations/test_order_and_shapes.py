"""What sorts, counts, lays out and slides, against NumPy's, SciPy's and torch's own functions."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradparity.backends.backend import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.namespace import NUMPY as xp

RNG = np.random.default_rng(3)
X = RNG.normal(size=(3, 4))
TIED = RNG.integers(0, 4, (5, 6)).astype(float)


def gradient(loss, x, backend="tape"):
    """The gradient of loss(xp, x), on one backend."""
    given = Instance({"x": np.asarray(x, float)}, {})
    problem = Problem(
        "a loss",
        lambda xp, params, data: loss(xp, params["x"]),
        lambda rng: given,
        {"tiny": {}},
        "here",
    )
    prepared = load(backend).prepare(problem, "gradient", given, Setting("float64"))
    return prepared.decode(prepared.run(prepared.encode(given))).derivative["x"]


@pytest.mark.parametrize("axis", [0, 1])
def test_equal_entries_keep_their_order_upwards_and_downwards(axis):
    lines = np.moveaxis(TIED, axis, -1).reshape(-1, TIED.shape[axis])
    for descending in (False, True):
        order = xp.argsort(TIED, axis=axis, descending=descending)
        found = np.moveaxis(order, axis, -1).reshape(lines.shape)
        for line, places in zip(lines, found, strict=True):
            sign = -1 if descending else 1
            wanted = sorted(range(len(line)), key=lambda i, x=line, s=sign: (s * x[i], i))
            assert places.tolist() == wanted


def test_the_largest_k_and_their_places():
    values, places = xp.top_k(TIED, 3, axis=1)
    assert_array_equal(values, -np.sort(-TIED, axis=1)[:, :3])
    assert_array_equal(places, np.argsort(-TIED, axis=1, kind="stable")[:, :3])
    with pytest.raises(InputError, match="top_k: 7 of an axis of length 6"):
        xp.top_k(TIED, 7)


@pytest.mark.parametrize("backend", ["tape", "dual", "jax-eager", "torch", "autograd"])
def test_the_first_of_the_largest_is_meant_by_all(backend):
    weights = np.arange(1.0, 7.0)

    def loss(xp, x):
        largest, smallest = xp.argmax(x, axis=1), xp.argmin(x, axis=1)
        chosen = xp.reshape(largest * 10 + smallest, (5, 1))
        return xp.sum(x * xp.astype(chosen, x.dtype)) * weights[0]

    wanted = np.argmax(TIED, axis=1) * 10 + np.argmin(TIED, axis=1)
    assert_array_equal(gradient(loss, TIED, backend)[:, 0], wanted)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted_is_numpys(side):
    known, asked = np.sort(TIED[0]), TIED[1:3]
    assert_array_equal(
        xp.searchsorted(known, asked, side=side), np.searchsorted(known, asked, side=side)
    )
    sorter = np.argsort(TIED[0])
    assert_array_equal(
        xp.searchsorted(TIED[0], asked, sorter=sorter),
        np.searchsorted(TIED[0], asked, sorter=sorter),
    )


@pytest.mark.parametrize("q", [0.0, 0.1, 0.25, 0.5, 0.7, 1.0])
def test_quantiles_are_numpys(q):
    for axis in (None, 0, -1):
        for keepdims in (False, True):
            assert_allclose(
                xp.quantile(X, q, axis=axis, keepdims=keepdims),
                np.quantile(X, q, axis=axis, keepdims=keepdims),
                rtol=1e-13,
            )
    with pytest.raises(InputError, match=r"from 0 to 1, not 1\.5"):
        xp.quantile(X, q + 1.5 - q)


@pytest.mark.parametrize("backend", ["tape", "tape-eager", "dual"])
def test_conventions_at_ties_and_where_nothing_varies(backend):
    equal = [2.0, 2.0, 2.0]
    assert_array_equal(gradient(lambda xp, x: xp.std(x), equal, backend), [0, 0, 0])
    assert_array_equal(gradient(lambda xp, x: xp.median(x), equal, backend), [0, 1, 0])
    assert_array_equal(gradient(lambda xp, x: xp.sort(x)[0], equal, backend), [1, 0, 0])
    assert_array_equal(
        gradient(lambda xp, x: xp.quantile(x, 0.25), [5.0, 1.0, 3.0, 2.0, 4.0], backend),
        [0, 0, 0, 1, 0],
    )


@pytest.mark.parametrize("correction", [0, 1])
def test_spreads_are_numpys_with_their_closed_form(correction):
    n = X.size
    assert_allclose(xp.var(X, correction=correction), np.var(X, ddof=correction), rtol=1e-14)
    found = gradient(lambda xp, x: xp.std(x, correction=correction), X)
    s = np.std(X, ddof=correction)
    assert_allclose(found, (X - X.mean()) / (s * (n - correction)), rtol=1e-13)


def test_running_products_go_through_zeros():
    x = np.array([2.0, 0.0, 3.0, 0.5, -1.0])
    assert_array_equal(xp.cumulative_prod(x), np.cumprod(x))
    found = gradient(lambda xp, x: xp.sum(xp.cumulative_prod(x)), x)
    others = [sum(np.prod(np.delete(x[: k + 1], i)) for k in range(i, 5)) for i in range(5)]
    assert_allclose(found, others, rtol=1e-14)


def test_running_logsumexp_neither_overflows_nor_loses_a_term():
    x = np.array([1000.0, 1000.0, -1000.0, 1001.0])
    wanted = [1000.0, 1000 + math.log(2), 1000 + math.log(2), 1001 + math.log1p(2 / math.e)]
    assert_allclose(xp.logcumsumexp(x), wanted, rtol=1e-15)
    found = gradient(lambda xp, x: xp.logcumsumexp(x)[3], x)
    assert_allclose(found, np.exp(x - wanted[3]), rtol=1e-12)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
def test_margins_are_numpys(mode):
    for width in (1, (2, 0), ((0, 1), (3, 2)), ((1, 2),)):
        assert_array_equal(xp.pad(X, width, mode=mode), np.pad(X, width, mode=mode))
    if mode in ("reflect", "symmetric", "wrap"):
        with pytest.raises(InputError, match="a margin of 5"):
            xp.pad(X, 5, mode=mode)
    with pytest.raises(InputError, match="known: constant, edge"):
        xp.pad(X, 1, mode="mean")


@pytest.mark.parametrize("k", [-3, -1, 0, 2, 4])
def test_parts_of_matrices_are_numpys(k):
    assert_array_equal(xp.tril(X, k), np.tril(X, k))
    assert_array_equal(xp.triu(X, k), np.triu(X, k))
    assert_array_equal(xp.eye(3, 4, k), np.eye(3, 4, k))
    assert_array_equal(xp.diag(X[0], k), np.diag(X[0], k))
    if -3 < k < 4:
        assert_array_equal(xp.diag(X, k), np.diag(X, k))
        assert_array_equal(xp.diagonal(X, k), np.diagonal(X, k))


def test_repetitions_and_grids_are_numpys():
    for times in (2, (2, 3), (2, 1, 3), (1, 1)):
        assert_array_equal(xp.tile(X, times), np.tile(X, times))
    for axis in (None, 0, 1):
        assert_array_equal(xp.repeat(X, 2, axis=axis), np.repeat(X, 2, axis=axis))
    assert_array_equal(xp.repeat(X, (1, 0, 2), axis=0), np.repeat(X, (1, 0, 2), axis=0))
    assert xp.repeat(X, (0, 0, 0), axis=0).shape == (0, 4)
    for indexing in ("xy", "ij"):
        for found, wanted in zip(
            xp.meshgrid(X[0], X[:, 0], indexing=indexing),
            np.meshgrid(X[0], X[:, 0], indexing=indexing),
            strict=True,
        ):
            assert_array_equal(found, wanted)
    for endpoint in (True, False):
        wanted = np.linspace(-0.1, 0.7, 7, endpoint=endpoint)
        assert_allclose(xp.linspace(-0.1, 0.7, 7, endpoint=endpoint), wanted, atol=1e-16)
    assert xp.linspace(-0.1, 0.7, 7)[-1] == 0.7
    cube = np.random.default_rng(4).normal(size=(2, 3, 4))
    for source, place in ((0, 2), (-1, 0), ((0, 1), (2, 0))):
        wanted = np.moveaxis(cube, source, place)
        assert_array_equal(xp.moveaxis(cube, source, place), wanted)
    assert_array_equal(xp.swapaxes(cube, 0, -1), np.swapaxes(cube, 0, -1))


def test_groups_and_changed_entries():
    ids = np.array([2, 0, 2])
    total = np.zeros((4, 4))
    np.add.at(total, ids, X)
    assert_allclose(xp.segment_sum(X, ids, 4), total)
    largest = xp.segment_max(X, ids, 4)
    assert_array_equal(largest[2], np.maximum(X[0], X[2]))
    assert_array_equal(largest[3], np.full(4, -np.inf))
    at = np.array([3, 0, -1])
    put, added = X.copy(), X.copy()
    put[:, 3], put[:, 0] = 9.0, 8.0
    put[:, -1] = 7.0  # the last of two stays
    np.add.at(added, (slice(None), at), np.array([9.0, 8.0, 7.0]))
    updates = np.array([9.0, 8.0, 7.0])
    assert_array_equal(xp.scatter(X, at, updates, axis=1), put)
    assert_allclose(xp.scatter(X, at, updates, axis=1, mode="add"), added)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [(1, 0, 1, 1), (2, 1, 1, 1), ((1, 2), (2, 0), (2, 1), 1), (1, 1, 1, 2), (1, "same", 2, 4)],
)
def test_convolutions_are_torchs(stride, padding, dilation, groups):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, 4, 6, 7))
    w, b = rng.normal(size=(8, 4 // groups, 3, 2)), rng.normal(size=8)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    wanted = torch.nn.functional.conv2d(*map(torch.tensor, (x, w, b)), **options)
    assert_allclose(xp.conv2d(x, w, b, **options), wanted.numpy(), atol=1e-13)


def test_a_convolution_says_what_does_not_fit():
    with pytest.raises(InputError, match="4 channels in 3 groups, and 2 filters of 2 channels"):
        xp.conv1d(np.ones((1, 4, 5)), np.ones((2, 2, 3)), groups=3)
    with pytest.raises(InputError, match="a window of 6 entries slides over an axis of 5"):
        xp.conv1d(np.ones((1, 1, 5)), np.ones((1, 1, 6)))


@pytest.mark.parametrize(("size", "stride", "padding"), [(2, None, 0), ((3, 2), (1, 2), 1)])
def test_pools_are_torchs(size, stride, padding):
    torch = pytest.importorskip("torch")
    functional, x = torch.nn.functional, np.random.default_rng(6).normal(size=(2, 3, 6, 7))
    for name in ("max_pool2d", "avg_pool2d"):
        wanted = getattr(functional, name)(torch.tensor(x), size, stride, padding)
        found = getattr(xp, name)(x, size, stride, padding)
        assert_allclose(found, wanted.numpy(), rtol=1e-14)


def test_comparisons_of_comparisons_are_not_chained_on_floats():
    """Python reads `x < 1 == 0` as `x < 1 and 1 == 0`."""

    def loss(xp, x):
        return xp.sum(xp.where((x < 1.0) == (x < 3.0), x, 2.0 * x))

    assert_array_equal(gradient(loss, [0.0, 2.0, 4.0]), [1, 2, 1])
