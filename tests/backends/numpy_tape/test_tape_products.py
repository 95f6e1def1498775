from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine import derivatives as d
from gradparity.backends.numpy_tape.operations.einsum_subscripts import plain
from gradparity.problems import InputError
from tests.backends.numpy_tape.tape_checks import LAYOUTS, assert_derivatives, layouts, weighted

LEFT = [(3,), (2, 3), (1, 3), (4, 2, 3), (1, 2, 3), (5, 1, 2, 3), (4, 1, 3)]
RIGHT = [(3,), (3, 2), (3, 1), (4, 3, 2), (1, 3, 5), (5, 4, 3, 2)]


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("right", RIGHT)
def test_matmul_of_all_ranks(left, right):
    rng = np.random.default_rng(len(left) * 10 + len(right))
    x, y = (rng.normal(size=shape).astype(np.longdouble) for shape in (left, right))
    loss = weighted(lambda xp, p, q: p["x"] @ p["y"])
    assert_derivatives(loss, {"x": x, "y": y}, {}, rng)


@settings(max_examples=20, deadline=None)
@given(sides=st.tuples(*[st.integers(1, 4)] * 3), seed=st.integers(0, 99), layout=LAYOUTS)
def test_matmul_of_any_layout(sides, seed, layout):
    rng = np.random.default_rng(seed)
    n, m, k = sides
    x, y = (
        layouts(rng.normal(size=shape).astype(np.longdouble), layout) for shape in ((n, m), (m, k))
    )
    loss = weighted(lambda xp, p, q: xp.matmul(p["x"], p["y"]) @ p["y"].T)
    assert_derivatives(loss, {"x": x, "y": y}, {}, rng)


EINSUMS = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "i,i->": [(3,), (3,)],
    "i,j->ij": [(3,), (2,)],
    "ij->ji": [(2, 3)],
    "ij->": [(2, 3)],
    "ij->j": [(2, 3)],
    "ij,k->k": [(2, 3), (4,)],
    "bij,bjk->bik": [(2, 3, 4), (2, 4, 2)],
    "bhqd,bhkd->bhqk": [(2, 2, 3, 2), (2, 2, 4, 2)],
    "...ij,...j->...i": [(2, 3, 4), (3, 1, 4)],
    "...i,i": [(2, 3), (3,)],
    "...,...": [(2, 3), (3,)],
    "ii->i": [(3, 3)],
    "ii": [(3, 3)],
    "iji->j": [(2, 3, 2)],
    "iji,jkk->ik": [(2, 3, 2), (3, 2, 2)],
    "ij,jk,kl->il": [(2, 3), (3, 4), (4, 2)],
    "ij,ij,ij->i": [(2, 3), (2, 3), (2, 3)],
    "ij,ij->ij": [(1, 3), (2, 3)],
    " a b , b -> a ": [(2, 3), (3,)],
    "iii->i": [(3, 3, 3)],
}


@pytest.mark.parametrize("subscripts", EINSUMS)
def test_einsum(subscripts):
    rng = np.random.default_rng(5)
    names = "xyz"[: len(EINSUMS[subscripts])]
    params = {
        name: rng.normal(size=shape).astype(np.longdouble)
        for name, shape in zip(names, EINSUMS[subscripts], strict=True)
    }

    def operation(xp, p, q):
        return xp.einsum(subscripts, *(p[name] for name in names))

    seen = []
    d.value(lambda xp, p, q: seen.append(operation(xp, p, q)) or xp.sum(p["x"]), params, {})
    np.testing.assert_allclose(
        seen[0].value, np.einsum(subscripts, *params.values()), rtol=1e-17, atol=1e-17
    )
    assert_derivatives(weighted(operation), params, {}, rng)


def test_one_array_twice_is_differentiated_twice():
    x = np.arange(6.0).reshape(2, 3)

    def loss(xp, p, q):
        return xp.einsum("ij,ij->", p["x"], p["x"])

    _, gradient = d.value_and_gradient(loss, {"x": x}, {})
    np.testing.assert_array_equal(gradient["x"], 2 * x)


def test_subscripts_are_spelled_out():
    assert plain("...ij,...j", [3, 2]) == (["zij", "zj"], "zi")
    assert plain("ba,cb", [2, 2]) == (["ba", "cb"], "ac")


@pytest.mark.parametrize(
    ("subscripts", "message"),
    [("ij,jk", "names 2 arrays, got 1"), ("ijk->i", "'ijk' does not fit"), ("i", "does not fit")],
)
def test_subscripts_that_do_not_fit(subscripts, message):
    with pytest.raises(InputError, match=message):
        d.value(lambda xp, p, q: xp.einsum(subscripts, p["x"]), {"x": np.ones((2, 3))}, {})


def test_contractions_are_written_in_their_best_order():
    """Three matrices by a path that was found beforehand; of few numbers in one loop; right anyway."""
    rng = np.random.default_rng(3)

    def loss(xp, p, q):
        return xp.sum(xp.einsum("ij,jk,kl->il", p["x"], p["y"], p["z"]) ** 2)

    for n, said in ((50, "optimize=['einsum_path', (1, 2), (0, 1)]"), (4, "out=t)")):
        shapes = {"x": (n, n), "y": (n, n), "z": (n, 2)}
        params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        compiled = compile_operator("gradient", loss, params, {})
        assert said in compiled.source
        inner = params["y"] @ params["z"]
        value, gradient = compiled.run(params, {})
        np.testing.assert_allclose(value, np.sum((params["x"] @ inner) ** 2), rtol=1e-12)
        slope = 2 * (params["x"] @ inner) @ inner.T
        np.testing.assert_allclose(gradient["x"], slope, rtol=1e-11)


def test_a_factor_of_a_large_matrix_goes_to_the_small_product():
    """tanh(s X y): the factor multiplies 30 numbers, not 900."""
    rng = np.random.default_rng(4)
    params = {"s": np.array(2.0), "x": rng.normal(size=(30, 30)), "y": rng.normal(size=30) / 9}

    def loss(xp, p, q):
        return xp.sum(xp.tanh((p["s"] * p["x"]) @ p["y"]))

    compiled = compile_operator("value", loss, params, {})
    assert "np.empty((30, 30))" not in compiled.source
    assert "aligned(900)" not in compiled.source
    value = compiled.run(params, {})
    z = 2.0 * params["x"] @ params["y"]
    np.testing.assert_allclose(value, np.sum(np.tanh(z)), rtol=1e-13)
    _, gradient = compile_operator("gradient", loss, params, {}).run(params, {})
    slope = 1 - np.tanh(z) ** 2
    np.testing.assert_allclose(gradient["s"], slope @ params["x"] @ params["y"], rtol=1e-11)
    np.testing.assert_allclose(gradient["x"], 2.0 * np.outer(slope, params["y"]), rtol=1e-11)
    np.testing.assert_allclose(gradient["y"], 2.0 * params["x"].T @ slope, rtol=1e-11)
