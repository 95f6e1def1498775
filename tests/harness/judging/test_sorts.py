"""Entries that tie in a sort: a gradient has one permutation of them for all places.

The answers that are lawful are known by themselves: place j hands its weight to entry i by a share
P[j, i], and the matrices P that are possible are those whose rows sum to 1 and whose columns do not
exceed it (Birkhoff). Whether there is one is a linear programme, which SciPy solves.
"""

import warnings

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.problems import InputError

SHARED = (1.0, 1.0, 1.0, 1.0)


def status(loss, params, gradient, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return check(loss, params, gradient=lambda p: gradient, seconds=0, **options).status
        except GradientError as error:
            return error.finding.status


def right(*args, **options):
    return status(*args, **options) in ("ok", "convention")


def sorted_in_numpy(weights, x):
    return lambda p: np.sum(np.sort(p) * weights), np.array(x)


def sorted_in_torch(weights, x):
    torch = pytest.importorskip("torch")
    return lambda p: (p.sort().values * torch.tensor(weights)).sum(), torch.tensor(x)


def sorted_in_jax(weights, x):
    jnp = pytest.importorskip("jax.numpy")
    return lambda p: jnp.sum(jnp.sort(p) * jnp.array(weights)), jnp.array(x)


LIBRARIES = [sorted_in_numpy, sorted_in_torch, sorted_in_jax]


def shares(weights, gradient):
    """Whether a matrix of shares makes this gradient of the weights of the places."""
    optimize = pytest.importorskip("scipy.optimize")
    places, entries = len(weights), len(gradient)
    one = np.ones
    equal = [np.kron(weights, np.eye(entries)), np.kron(np.eye(places), one(entries))]
    found = optimize.linprog(
        np.zeros(places * entries),
        A_eq=np.concatenate(equal),
        b_eq=np.concatenate([gradient, one(places)]),
        A_ub=np.kron(one(places), np.eye(entries)),
        b_ub=one(entries),
    )
    return found.status == 0


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("gradient", "lawful"),
    [
        ([1, 2, 5], True),
        ([5, 1, 2], True),
        ([8 / 3] * 3, True),
        ([1.5, 1.5, 5], True),
        ([3, 5, 0], False),  # one entry at two places
        ([3, 0, 5], False),
        ([0.5, 2.5, 5], False),
        ([8, 0, 0], False),
        ([4, 4, 4], False),
    ],
)
def test_three_tied_entries_are_permuted(library, gradient, lawful):
    loss, x = library([1.0, 2.0, 5.0], [0.7, 0.7, 0.7])
    assert right(loss, x, np.array(gradient, float)) is lawful
    assert shares([1.0, 2.0, 5.0], np.array(gradient, float)) is lawful


@pytest.mark.parametrize("seed", range(24))
def test_what_is_lawful_is_a_linear_programme(seed):
    """Random shares, of which about half keep to the sums of the columns."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    weights = rng.integers(-3, 9, count).astype(float)
    mixed = rng.dirichlet(np.ones(3))
    matrix = sum(w * np.eye(count)[rng.permutation(count)] for w in mixed)
    if seed % 2:
        taken = rng.integers(0, count, 2)
        matrix[taken[0]] = 0.5 * matrix[taken[0]] + 0.5 * matrix[taken[1]]
    gradient = matrix.T @ weights
    loss, x = sorted_in_numpy(weights, [0.25] * count)
    lawful = shares(weights, gradient)
    assert seed % 2 or lawful
    assert right(loss, x, gradient) is lawful


def test_groups_of_ties_and_what_stands_alone():
    weights = np.array([1.0, 2, 3, 5, 7, 11])
    loss, x = sorted_in_numpy(weights, [0.5, 0.2, 0.5, 0.9, 0.2, 0.5])
    assert right(loss, x, np.array([3.0, 1, 5, 11, 2, 7]))
    assert right(loss, x, np.array([7.0, 2, 3, 11, 1, 5]))
    assert not right(loss, x, np.array([8.0, 2, 0, 11, 1, 7]))
    assert not right(loss, x, np.array([2.0, 3, 5, 11, 1, 7]))


@pytest.mark.parametrize("gradient", [[3.0, 2, 0, 0], [0, 3, 0, 2.0], [1.25] * 4, [2.5, 2.5, 0, 0]])
def test_the_largest_of_more_that_tie(gradient):
    torch = pytest.importorskip("torch")
    weights = torch.tensor([3.0, 2.0])
    args = lambda p: (p.topk(2).values * weights).sum(), torch.tensor(SHARED)
    assert right(*args, np.array(gradient))
    assert shares([3.0, 2.0], np.array(gradient))
    assert not right(*args, np.array([5.0, 0, 0, 0]))
    assert not right(*args, np.array([3.5, 1.5, 0, 0]))


def test_a_sort_along_each_of_two_axes():
    x = np.array([[0.3, 0.3, 0.3], [0.1, 0.2, 0.2]])
    weights = np.array([1.0, 2.0, 5.0])
    one = np.array([[2.0, 5, 1], [1, 5, 2]])
    twice = np.array([[3.0, 5, 0], [1, 5, 2]])

    def by_rows(p):
        return np.sum(np.sort(p, axis=1) * weights)

    def by_columns(p):
        return np.sum(np.sort(p, axis=0) * weights[:, None])

    assert right(by_rows, x, one)
    assert not right(by_rows, x, twice)
    assert right(by_columns, x.T.copy(), one.T)
    assert not right(by_columns, x.T.copy(), twice.T)


def test_a_running_maximum_may_keep_its_entry():
    torch = pytest.importorskip("torch")
    loss = lambda p: p.cummax(0).values.sum()  # noqa: E731
    assert right(loss, torch.tensor([1.0, 1, 1]), np.array([3.0, 0, 0]))
    assert right(loss, torch.tensor([1.0, 1, 1]), np.array([1.0, 1, 1]))
    assert not right(loss, torch.tensor([1.0, 1, 1]), np.array([0.0, 0, 3]))


RANKS = {
    "median": (lambda x: np.median(x), [0, 0.5, 0.5, 0]),
    "quantile": (lambda x: np.quantile(x, 0.25), [0.25, 0.75, 0, 0]),
    "percentile": (lambda x: np.percentile(x, 100), [0, 0, 0, 1]),
    "partition": (lambda x: 3 * np.partition(x, 2)[2], [0, 0, 3, 0]),
    "by rows": (
        lambda x: np.median(x.reshape(2, 2), axis=1) @ np.array([1.0, 3.0]),
        [0.5, 0.5, 1.5, 1.5],
    ),
    "kept": (lambda x: np.sum(np.median(x, keepdims=True)), [0, 0.5, 0.5, 0]),
}


@pytest.mark.parametrize("name", RANKS)
def test_ranks_in_numpy_are_read_off(name):
    """At 0.1, 0.2, 0.3 and 0.9, in the order of the closed form; by rows 0.9, 0.1 and 0.3, 0.2."""
    loss, slope = RANKS[name]
    x = np.array([0.1, 0.2, 0.3, 0.9])
    if name == "by rows":
        x = np.array([0.9, 0.1, 0.3, 0.2])
    found = check(loss, x, gradient=lambda p: np.array(slope, float))
    assert found.status == "ok"
    assert "NumPy operations" in found.oracle


@pytest.mark.parametrize("count", [12, 40, pytest.param(100, marks=pytest.mark.slow)])
def test_many_that_tie_are_permuted(count):
    """Rado's theorem: what is lawful is majorised by the slopes; a vertex, means, nothing else."""
    slopes = np.random.default_rng(count).normal(size=count)
    order = np.random.default_rng(1).permutation(count)

    def verdict(gradient):
        return status(*sorted_in_numpy(slopes, np.zeros(count)), gradient)

    assert verdict(slopes[order]) == "convention"
    assert verdict((slopes[order] + slopes[order[::-1]]) / 2) == "convention"
    assert verdict(np.full(count, slopes.mean())) in ("ok", "convention")
    assert verdict(slopes[order] * (1 + 1e-9)) == "formula"
    twice = slopes[order].copy()
    twice[0] = twice[1]
    assert verdict(twice) == "formula"


def test_more_than_can_be_tried_are_refused_in_a_line():
    with pytest.raises(InputError, match="1000 numbers tie where they are sorted, too many to"):
        status(*sorted_in_numpy(np.arange(1000.0), np.zeros(1000)), np.arange(1000.0))


def test_a_kink_behind_a_sort_is_refused_in_a_line():
    def loss(x):
        return np.sum(np.log(np.abs(x - np.sort(x)[2]) + 1e-3))

    with pytest.raises(InputError, match="numbers tie where they are sorted, and again"):
        status(loss, np.full(4, 2.0), np.array([1e3, 0, 0, -1e3]))
