"""Losses of a long matrix: blocks of rows equal the whole, eager tape, and closed forms."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator, load
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.source import row_plan
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.functions import softplus
from tests.backends.numpy_tape.tape_checks import layouts
from tests.conftest import copied, same

D, BLOCK = 6, 8
ROWS = [2 * BLOCK, 2 * BLOCK + 1, 5 * BLOCK - 1]


def least_squares(xp, params, data):
    return 0.5 * xp.mean(xp.square(data["x"] @ params["w"] - data["y"]))


def logistic(xp, params, data):
    z = data["x"] @ params["w"] + params["b"]
    penalty = xp.sum(xp.square(params["w"]))
    return xp.mean(softplus(xp, z) - data["y"] * z) + 0.1 * penalty


def row_vector(xp, params, data):
    return xp.sum(xp.exp(params["w"] @ xp.matrix_transpose(data["x"])) * data["y"])


def several_outputs(xp, params, data):
    hidden = xp.tanh(data["x"] @ params["m"] + params["bias"])
    return xp.sum(xp.square(hidden - data["targets"])) + xp.max(params["bias"])


def sums_by_column(xp, params, data):
    hidden = xp.tanh(data["x"] @ params["m"])
    return xp.sum(params["bias"] * xp.sum(hidden, axis=0))


def column(xp, params, data):
    z = data["x"] @ params["w"]
    return xp.sum(xp.square(xp.reshape(xp.sin(z), (-1, 1)) * data["column"])) + xp.sum(z)


def spread(xp, params, data):
    column = xp.tanh(xp.reshape(data["x"] @ params["w"], (-1, 1)))
    return xp.sum(xp.square(column * data["targets"] + data["targets"]))


def square_root(xp, params, data):
    return xp.sqrt(xp.mean(xp.square(data["x"] @ params["w"] - data["y"])))


def wide(xp, params, data):
    return xp.sum(xp.tanh(data["x"] @ params["wide"]))


def classes(xp, params, data):
    z = data["x"] @ params["m"]
    return xp.sum(xp.log(xp.sum(xp.exp(z), axis=1)) - z[:, 0])


def gram(xp, params, data):
    inner = xp.matrix_transpose(data["x"]) @ data["x"]
    z = data["x"] @ params["w"]
    return xp.sum(params["w"] * (inner @ params["w"])) + xp.sum(xp.exp(z)) + z[0]


IN_ROWS = [
    *(least_squares, logistic, row_vector, several_outputs),
    *(sums_by_column, column, square_root),
]
AS_A_WHOLE = [spread, wide, classes, gram]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(row_plan, "LARGE", 1)
    monkeypatch.setattr(row_plan, "BLOCK_BYTES", 1)
    monkeypatch.setattr(row_plan, "FEWEST_ROWS", BLOCK)


def given(n, dtype="float64", columns=D):
    rng = np.random.default_rng(n)
    shapes = {"w": (columns,), "b": (), "m": (columns, 3), "bias": (3,), "wide": (columns, 9)}
    params = {k: 0.5 * rng.normal(size=shape) for k, shape in shapes.items()}
    data = {"x": rng.normal(size=(n, columns)), "y": rng.uniform(size=n)}
    data["targets"], data["column"] = rng.normal(size=(n, 3)), rng.normal(size=(n, 1))
    return [{k: np.asarray(x, dtype) for k, x in group.items()} for group in (params, data)]


def exact(*groups):
    return [{k: x.astype(np.longdouble) for k, x in group.items()} for group in groups]


def assert_near(got, want, eps, size=1.0):
    scale = max(np.max(np.abs(want), initial=0), size)
    assert got.shape == want.shape
    assert np.max(np.abs(got - want), initial=0) <= 100 * eps * scale


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", ROWS)
@pytest.mark.parametrize("loss", IN_ROWS + AS_A_WHOLE)
def test_blocks_of_rows_equal_the_whole(loss, n, dtype):
    params, data = given(n, dtype)
    want, wanted = derivatives.value_and_gradient(loss, *exact(params, data))
    compiled = compile_operator("gradient", loss, params, data)
    assert ("in blocks:" in compiled.source) == (loss in IN_ROWS)
    eps = np.finfo(dtype).eps
    for _ in range(2):
        value, answer = compiled.run(params, data)
        assert value.dtype == dtype
        assert_near(value, want, eps)
        for name, x in wanted.items():
            assert answer[name].dtype == dtype
            assert_near(answer[name], x, eps)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", ["fortran", "strided", "reversed"])
@pytest.mark.parametrize("loss", [logistic, several_outputs, row_vector])
def test_the_layout_of_data_does_not_matter(loss, kind):
    params, data = given(ROWS[1])
    plain = compile_operator("gradient", loss, params, data)
    wanted = copied(plain.run(params, data)[1])
    turned = [{k: layouts(x, kind) for k, x in group.items()} for group in (params, data)]
    before = [copied(group) for group in turned]
    _, answer = plain.run(*turned)
    for name, x in wanted.items():
        assert_near(answer[name], x, np.finfo("float64").eps)
    assert all(same(*pair) for pair in zip(before, turned, strict=True))


@pytest.mark.usefixtures("small_blocks")
def test_a_column_major_matrix_is_one_block(monkeypatch):
    params, data = given(ROWS[2])
    blocked = compile_operator("gradient", least_squares, params, data)
    monkeypatch.setattr(row_plan, "LARGE", 1 << 60)
    flat = compile_operator("gradient", least_squares, params, data)
    assert "in blocks:" not in flat.source
    turned = {k: layouts(x, "fortran") for k, x in data.items()}
    value, answer = blocked.run(params, turned)
    want, wanted = flat.run(params, turned)
    assert value == want
    assert same(answer, wanted)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("loss", IN_ROWS)
def test_second_derivatives_in_blocks(loss):
    params, data = given(ROWS[2])
    direction = {k: np.cos(x) for k, x in params.items()}
    wide_params, wide_data, along = exact(params, data, direction)
    want = derivatives.hvp(loss, wide_params, wide_data, along)
    got = compile_operator("hvp", loss, params, data).run(params, data, direction)
    for name, x in want.items():
        assert_near(got[name], x, np.finfo("float64").eps)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("loss", [*IN_ROWS, spread])
def test_derivatives_along_a_direction_in_blocks(loss):
    params, data = given(ROWS[2])
    direction = {k: np.cos(x) for k, x in params.items()}
    compiled = compile_operator("jvp", loss, params, data)
    assert "in blocks:" in compiled.source
    want = derivatives.jvp(loss, *exact(params, data, direction))
    for x, y in zip(compiled.run(params, data, direction), want, strict=True):
        assert_near(x, y, np.finfo("float64").eps)


@pytest.mark.usefixtures("small_blocks")
def test_what_gains_nothing_runs_in_one_piece():
    params, data = given(BLOCK)
    fewer = compile_operator("gradient", least_squares, params, data)
    params, data = given(5 * BLOCK)
    once = compile_operator("value", least_squares, params, data)
    assert "in blocks:" not in fewer.source + once.source


@pytest.mark.usefixtures("small_blocks")
def test_what_is_whole_and_as_long_as_the_rows_is_cut_where_it_meets_them():
    # A square matrix: y is multiplied as a whole, and entry by entry with rows.
    def loss(xp, params, data):
        return xp.sum(xp.exp(data["x"] @ (params["w"] * data["y"])) * data["y"])

    params, data = given(3 * BLOCK - 2, columns=3 * BLOCK - 2)
    want, wanted = derivatives.value_and_gradient(loss, *exact(params, data))
    compiled = compile_operator("gradient", loss, params, data)
    assert "in blocks:" in compiled.source
    value, answer = compiled.run(params, data)
    assert_near(value, want, np.finfo("float64").eps)
    assert_near(answer["w"], wanted["w"], np.finfo("float64").eps)


@pytest.mark.usefixtures("small_blocks")
def test_the_source_is_what_runs():
    params, data = given(ROWS[1])
    first = compile_operator("gradient", logistic, params, data)
    second = compile_operator("gradient", logistic, params, data)
    assert first.source == second.source
    alone = load(first.source, "value_and_gradient")
    value, gradient = alone(params, data)
    want, wanted = first.run(params, data)
    assert value == want
    assert same(gradient, wanted)
    assert first.source.count("= x[cut]") == 1


SLOPES = {
    "regression-linear": lambda z, y: (z - y) / len(y),
    "regression-logistic": lambda z, y: (1 / (1 + np.exp(-z)) - y) / len(y),
    "regression-poisson": lambda z, y: np.exp(z) - y,
}


@pytest.mark.parametrize("name", SLOPES)
def test_the_largest_regressions_by_the_closed_form(name):
    drawn = PROBLEMS[name].instance("large", 3)
    x, y, w = drawn.data["x"], drawn.data["y"], drawn.params["w"]
    compiled = compile_operator("gradient", PROBLEMS[name].loss, drawn.params, drawn.data)
    assert "in blocks:" in compiled.source
    _, answer = compiled.run(drawn.params, drawn.data)
    wanted = x.T @ SLOPES[name](x @ w, y)
    assert_near(answer["w"], wanted, np.finfo("float64").eps, np.linalg.norm(wanted))
