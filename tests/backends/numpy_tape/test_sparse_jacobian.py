"""Sparse Jacobians: against JAX's dense one, operation by operation, and along drawn directions."""

import jax
import jax.flatten_util
import numpy as np
import pytest

import gradparity as gp
from gradparity.backends.jax_transforms.namespace import library
from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.sparse.jacobian import coloured
from gradparity.problems.catalogue import PROBLEMS

RNG = np.random.default_rng(4)
PARAMS = {"w": RNG.normal(size=(5, 4)), "b": RNG.normal(size=4)}
DATA = {
    "x": RNG.normal(size=(6, 5)),
    "k": np.array([2, 0, 2, 4]),
    "s": np.array([0, 1, 1, 0, 2]),
    "along": np.array([[0, 3, 3, 1]]),
}

RESIDUALS = {
    "elementwise": (lambda xp, p, d: xp.tanh(p["w"] * p["b"]) + p["w"] ** 2, 40),
    "a row and its neighbour": (lambda xp, p, d: p["w"][1:] - xp.sin(p["w"][:-1]), 32),
    "a product": (lambda xp, p, d: xp.matmul(d["x"], p["w"]) + p["b"], 6 * 4 * 6),
    "a vector from the left": (lambda xp, p, d: xp.matmul(d["x"][0], p["w"]), 20),
    "a vector from the right": (lambda xp, p, d: xp.matmul(p["w"], p["b"]), 40),
    "sums": (lambda xp, p, d: xp.sum(xp.square(p["w"]), axis=1), 20),
    "largest ones": (lambda xp, p, d: xp.max(p["w"], axis=0, keepdims=True) * p["b"], 24),
    "rows by number": (lambda xp, p, d: xp.exp(xp.take(p["w"], d["k"], axis=0)), 16),
    "entries by number": (
        lambda xp, p, d: xp.take_along_axis(p["w"], d["along"], axis=0) * p["b"],
        8,
    ),
    "sums of segments": (lambda xp, p, d: xp.segment_sum(p["w"], d["s"], 3), 20),
    "turned, joined, rolled": (
        lambda xp, p, d: xp.concat(
            [xp.matrix_transpose(p["w"]), xp.roll(p["w"][:4, :4], 1, axis=0)], axis=1
        ),
        36,
    ),
    "einsum": (lambda xp, p, d: xp.einsum("ij,j->i", p["w"], xp.sin(p["b"])), 40),
    "a running sum": (lambda xp, p, d: xp.cumulative_sum(p["b"]), 16),
    "what has no slope": (lambda xp, p, d: xp.floor(p["w"]) + xp.where(p["w"] > 0, 1.0, 0.0), 0),
    "a decomposition": (lambda xp, p, d: xp.solve(xp.matmul(d["x"][:4], p["w"]), p["b"]), 96),
    "one number for all": (lambda xp, p, d: p["b"] / xp.sum(p["b"]), 16),
    "adjoints": (lambda xp, p, d: xp.sum(p["w"] * p["w"], axis=(0, 1), keepdims=True), 20),
}


def of_jax(residuals):
    with jax.enable_x64(True):
        _, xp = library()
        flat, back = jax.flatten_util.ravel_pytree(
            {k: jax.numpy.asarray(x) for k, x in PARAMS.items()}
        )
        given = [np.asarray(x).size for x in PARAMS.values()]
        slope = jax.jacobian(lambda p: residuals(xp, back(p), DATA).ravel())(flat)
    # JAX sorts names, which puts b before w.
    return np.concatenate([slope[:, given[1] :], slope[:, : given[1]]], axis=1)


@pytest.mark.parametrize("name", RESIDUALS)
def test_it_is_jax_s_dense_one_where_it_may_differ_from_0(name):
    residuals, count = RESIDUALS[name]
    found = gp.sparse_jacobian(residuals, PARAMS, DATA)
    expected = of_jax(residuals)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.dense(), expected, rtol=1e-12, atol=1e-13)
    assert len(found.row) == count
    assert len({*zip(found.row.tolist(), found.column.tolist(), strict=True)}) == count


@pytest.mark.parametrize("name", [n for n, p in PROBLEMS.items() if p.residuals is not None])
def test_of_the_catalogue(name):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny" if "tiny" in problem.sizes else next(iter(problem.sizes)), 0)
    found = gp.sparse_jacobian(problem.residuals, instance.params, instance.data)
    given = instance.params, instance.data
    whole = compile_operator("jacobian", problem.residuals, *given).run(*given)
    np.testing.assert_allclose(found.dense(), whole, 1e-13, 1e-14)


def test_bundle_adjustment_of_fifteen_thousand_residuals_takes_fourteen_passes():
    """A residual depends on the 10 or 11 numbers of its camera that it uses, a point and a weight."""
    problem = PROBLEMS["bundle"]
    instance = problem.instance("medium", 0)
    found = gp.sparse_jacobian(problem.residuals, instance.params, instance.data)
    assert found.shape == (15_000, 8_550)
    assert len(found.row) == 145_000
    assert found.passes == np.bincount(found.row).max()
    rng = np.random.default_rng(5)
    direction = {k: rng.normal(size=x.shape) for k, x in instance.params.items()}
    flat = np.concatenate([x.ravel() for x in direction.values()])
    product = np.bincount(found.row, found.value * flat[found.column], found.shape[0])
    h = 1e-6
    ends = [
        problem.residuals(
            np, {k: x + s * h * direction[k] for k, x in instance.params.items()}, instance.data
        )
        for s in (1, -1)
    ]
    np.testing.assert_allclose(product, (ends[0] - ends[1]) / (2 * h), rtol=1e-6, atol=1e-6)


def test_columns_of_one_colour_meet_in_no_row():
    row, column = np.nonzero(np.random.default_rng(6).random((60, 40)) < 0.1)
    colour = coloured(row, column, (60, 40))
    for r in range(60):
        own = colour[column[row == r]]
        assert len(set(own.tolist())) == len(own)


def test_a_loop_depends_on_all_that_goes_into_it():
    def residuals(xp, p, d):
        last, _ = xp.scan(lambda c, x: (c + xp.sin(x), c), 0.0 * p["b"][0], p["b"])
        return p["w"][:, 0] * last

    found = gp.sparse_jacobian(residuals, PARAMS, DATA)
    assert len(found.row) == 5 * (1 + 4)
    np.testing.assert_allclose(found.dense(), of_jax(residuals), rtol=1e-12, atol=1e-13)


BAD = {
    "integers": ({"w": np.arange(3)}, "parameter w is int64, should be float64 or float32"),
    "no dict": (np.ones(3), "params"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(name):
    params, line = BAD[name]
    with pytest.raises(gp.InputError, match=line):
        gp.sparse_jacobian(lambda xp, p, d: p["w"], params, {})
