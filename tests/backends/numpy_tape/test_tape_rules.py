from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from gradparity.backends.numpy_tape.engine.batch import BATCH_RULES
from gradparity.backends.numpy_tape.engine.derivatives import jvp, value, value_and_gradient
from gradparity.backends.numpy_tape.engine.forward_rules import (
    FORWARD_RULES,
    LINEAR,
    VARIADIC_FORWARD_RULES,
)
from gradparity.backends.numpy_tape.engine.reverse_rules import (
    REVERSE_RULES,
    VARIADIC_REVERSE_RULES,
)
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, FLAT, PRIMITIVES
from gradparity.backends.numpy_tape.source.scalars import FUNCTIONS as SCALAR_FUNCTIONS
from gradparity.problems.functions import (
    cross_entropy,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softplus,
)
from gradparity.problems.operations import comparisons, special
from gradparity.problems.operations.families import ELEMENTWISE as WHITELISTED
from gradparity.problems.operations.families import PRIMITIVES as OF_LOSSES
from gradparity.problems.special import functions
from tests.backends.numpy_tape.tape_checks import (
    LAYOUTS,
    assert_derivatives,
    away_from,
    layouts,
    spread,
    weighted,
)
from tests.backends.operations.cases.catalogue import CASES

SHAPES = array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)
SEEDS = st.integers(0, 2**32 - 1)
CREATION = {"full", "arange"}


def test_every_primitive_has_a_rule_in_every_mode():
    smooth = set(PRIMITIVES) - FLAT - CREATION
    in_reverse = set(REVERSE_RULES) | set(VARIADIC_REVERSE_RULES) | {"getitem"}
    assert in_reverse == smooth
    assert set(FORWARD_RULES) | LINEAR | set(VARIADIC_FORWARD_RULES) == smooth
    assert set(BATCH_RULES) | set(ELEMENTWISE) | CREATION == set(PRIMITIVES)


def operation(name):
    return lambda xp, *operands: getattr(xp, name)(*operands)


FUNCTIONS = {
    name: len(ELEMENTWISE[name].derivatives)
    for name in WHITELISTED
    if name in ELEMENTWISE and name not in (*comparisons.FAMILY.primitives, "polygamma")
}
STEPS = ("floor", "ceil", "round", "trunc")
DOMAINS = {
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), (-0.9, 0.9)),
    **dict.fromkeys(("log2", "log10", "reciprocal", "lgamma", "digamma"), (0.5, 3)),
    "acosh": (1.25, 3),
    "tan": (-1.4, 1.4),
}
UNARY = {
    **{
        name: (operation(name), *DOMAINS.get(name, (-2, 2.1)))
        for name, operands in FUNCTIONS.items()
        if operands == 1
    },
    **{name: (lambda xp, x, n=name: getattr(xp, n)(x) * x, -2, 2.1) for name in STEPS},
    "polygamma": (lambda xp, x: xp.polygamma(1, x), 0.5, 3),
    "negative": (lambda xp, x: -x, -2, 2),
    "sign": (lambda xp, x: xp.sign(x) * x, -2, 2.1),
    **{name: (operation(name), 0.5, 3) for name in ("sqrt", "log")},
    "log1p": (lambda xp, x: xp.log1p(x), -0.5, 3),
    "clip": (lambda xp, x: xp.clip(x, -1.0, 1.0), -2, 2),
    "clip from below": (lambda xp, x: xp.clip(x, min=0.0), -2, 2),
    "x + 1": (lambda xp, x: 2.0 + (x + 1), -2, 2),
    "x - 1": (lambda xp, x: 2.0 - (x - 1), -2, 2),
    "x * 3": (lambda xp, x: 2.0 * (x * 3), -2, 2),
    "x / 3": (lambda xp, x: 2.0 / (x / 3), 0.5, 2),
    "powers": (lambda xp, x: x**2 + x**3 + x**4 + x**5 + x**1 + x**-1, 0.5, 2),
    "x ** 0": (lambda xp, x: x**0 + x**0.0, 0.5, 2),
    "x ** 2.5": (lambda xp, x: xp.pow(x, 2.5), 0.5, 2),
    "2 ** x": (lambda xp, x: 2.0**x, -2, 2),
    "where with numbers": (lambda xp, x: xp.where(x > 0, x * x, 0.0), -2, 2.1),
    "relu": (lambda xp, x: relu(xp, x), -2, 2.1),
    "softplus": (lambda xp, x: softplus(xp, x), -3, 3),
    "sigmoid": (lambda xp, x: sigmoid(xp, x), -3, 3),
    "zeros_like": (lambda xp, x: x * xp.ones_like(x) + xp.zeros_like(x), -2, 2),
}


@pytest.mark.parametrize("name", UNARY)
@settings(max_examples=12, deadline=None)
@given(shape=SHAPES, seed=SEEDS, layout=LAYOUTS)
def test_one_operand(name, shape, seed, layout):
    function, low, high = UNARY[name]
    rng = np.random.default_rng(seed)
    x = layouts(away_from((-1.0, 0.0, 1.0), spread(rng, shape, low, high)), layout)
    loss = weighted(lambda xp, params, data: function(xp, params["x"]))
    assert_derivatives(loss, {"x": x}, {}, rng)


BINARY = {
    **{
        name: operation(name)
        for name, operands in FUNCTIONS.items()
        if operands == 2 and not name.startswith("gammainc")
    },
    # Multiples of 1/16 by others: the quotient is no whole number with 0.0371 in between.
    "remainder": lambda xp, x, y: xp.remainder(x * 2.0, y + 0.0371),
    "add": lambda xp, x, y: x + y,
    "subtract": lambda xp, x, y: x - y,
    "multiply": lambda xp, x, y: x * y,
    "divide": lambda xp, x, y: x / y,
    "pow": lambda xp, x, y: xp.pow(x, y),
    "maximum": lambda xp, x, y: xp.maximum(x, y + 0.137) * x,
    "minimum": lambda xp, x, y: xp.minimum(x, y + 0.137) * x,
    "where": lambda xp, x, y: xp.where(x > y + 0.137, xp.exp(x), y * y),
    "where, order": lambda xp, x, y: xp.where(x <= y + 0.137, x * y, y / x),
}


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=15, deadline=None)
@given(
    shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    seed=SEEDS,
    layout=LAYOUTS,
)
def test_two_operands_broadcast(name, shapes, seed, layout):
    rng = np.random.default_rng(seed)
    # Multiples of 1/16 that differ by 1/32: no tie is near, with 0.137 in between.
    x, y = (
        layouts(rng.integers(8, 40, size=shape).astype(np.longdouble) / 16, layout)
        for shape in shapes.input_shapes
    )
    loss = weighted(lambda xp, params, data: BINARY[name](xp, params["x"], params["y"]))
    assert_derivatives(loss, {"x": x, "y": y}, {}, rng)
    by_data = weighted(lambda xp, params, data: BINARY[name](xp, params["x"], data["y"]))
    assert_derivatives(by_data, {"x": x}, {"y": y}, rng)
    by_second = weighted(lambda xp, params, data: BINARY[name](xp, data["x"], params["y"]))
    assert_derivatives(by_second, {"y": y}, {"x": x}, rng)


REDUCTIONS = ("sum", "mean", "prod", "max", "min")


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, seed=SEEDS, layout=LAYOUTS, keepdims=st.booleans(), pick=st.data())
def test_reductions(name, shape, seed, layout, keepdims, pick):
    rng = np.random.default_rng(seed)
    x = layouts(spread(rng, shape, 0.5, 2.5), layout)
    axes = st.lists(st.integers(-len(shape), len(shape) - 1), unique_by=lambda a: a % len(shape))
    axis = pick.draw(st.none() | axes.map(tuple)) if shape else None
    loss = weighted(
        lambda xp, params, data: getattr(xp, name)(
            xp.square(params["x"]), axis=axis, keepdims=keepdims
        )
    )
    assert_derivatives(loss, {"x": x}, {}, rng)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_a_product_with_zeros_has_the_derivative_of_the_product(zeros):
    rng = np.random.default_rng(zeros)
    x = rng.normal(size=(2, 3, 3)).astype(np.longdouble)
    x.reshape(-1)[rng.permutation(9)[:zeros]] = 0
    loss = weighted(lambda xp, params, data: xp.prod(params["x"], axis=(0, 2)))
    assert_derivatives(loss, {"x": x}, {}, rng)


SHAPED = {
    "reshape": lambda xp, x: xp.reshape(x, (4, -1)),
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=(1, -1)) * xp.expand_dims(x[:, 0, 0]),
    "squeeze": lambda xp, x: xp.squeeze(xp.reshape(x, (1, 24, 1)), axis=(0, 2)),
    "broadcast_to": lambda xp, x: xp.broadcast_to(xp.reshape(x, (2, 1, 12)), (3, 2, 5, 12)),
    "permute_dims": lambda xp, x: xp.permute_dims(x, (2, 0, 1)),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x) + xp.reshape(x, (2, 4, 3)),
    "T": lambda xp, x: x.T * xp.reshape(x, (2, 4, 3)),
    "concat": lambda xp, x: xp.concat([x, xp.exp(x), x[:, :1]], axis=1),
    "concat flat": lambda xp, x: xp.concat([x, x[0]], axis=None),
    "stack": lambda xp, x: xp.stack([x[0], x[1], xp.zeros_like(x[0])], axis=-1),
    "flip": lambda xp, x: xp.flip(x, axis=(0, -1)) * xp.flip(x),
    "roll": lambda xp, x: xp.roll(x, 2, axis=1) * xp.roll(x, (1, -1), axis=(0, 2)) * xp.roll(x, 5),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=1),
    "cumulative_sum, zero first": lambda xp, x: xp.cumulative_sum(x, axis=-1, include_initial=True),
    "astype": lambda xp, x: xp.astype(x, x.dtype) * xp.astype(x > 0.3, x.dtype),
    "logsumexp": lambda xp, x: logsumexp(xp, x, axis=1),
    "log_softmax": lambda xp, x: log_softmax(xp, x),
}


@pytest.mark.parametrize("name", SHAPED)
@pytest.mark.parametrize("layout", ["plain", "fortran", "strided", "reversed"])
def test_shapes(name, layout):
    rng = np.random.default_rng(7)
    x = layouts(rng.normal(size=(2, 3, 4)).astype(np.longdouble), layout)
    loss = weighted(lambda xp, params, data: xp.square(SHAPED[name](xp, params["x"])))
    assert_derivatives(loss, {"x": x}, {}, rng)


def test_cross_entropy():
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(5, 4)).astype(np.longdouble)
    labels = rng.integers(0, 4, size=5)

    def loss(xp, params, data):
        return cross_entropy(xp, params["x"], data["y"])

    assert_derivatives(loss, {"x": logits}, {"y": labels}, rng)


KINKS = {
    "relu at 0": (lambda xp, x: relu(xp, x), [0.0], [0.0]),
    "abs at 0": (lambda xp, x: xp.abs(x), [0.0], [0.0]),
    "sign": (lambda xp, x: xp.sign(x), [0.0, 2.0], [0.0, 0.0]),
    "maximum shares a tie": (lambda xp, x: xp.maximum(x, 0.0), [0.0], [0.5]),
    "clip has half at its bounds": (lambda xp, x: xp.clip(x, 0.0, 1.0), [0.0, 1.0], [0.5, 0.5]),
    "max shares a tie": (lambda xp, x: xp.max(x), [1.0, 1.0, 0.0], [0.5, 0.5, 0.0]),
    "min shares a tie": (lambda xp, x: xp.min(x), [1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 0]),
    "softplus at 0": (lambda xp, x: softplus(xp, x), [0.0], [0.5]),
    "hypot at the origin": (lambda xp, x: xp.hypot(x, 0.0), [0.0], [0.0]),
    "x ** 0 at 0": (lambda xp, x: x**0.0, [0.0], [0.0]),
    "x ** y at 0": (lambda xp, x: xp.pow(x, xp.ones_like(x) * 2.0), [0.0], [0.0]),
    "exponent of 0": (lambda xp, x: xp.pow(xp.zeros_like(x), x), [2.0], [0.0]),
    "where hides no infinity of the branch taken": (
        lambda xp, x: xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)), 0.0),
        [0.0, 4.0],
        [0.0, 0.25],
    ),
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_conventions_at_kinks(name, dtype):
    function, point, expected = KINKS[name]
    params = {"x": np.array(point, dtype)}

    def loss(xp, params, data):
        return xp.sum(function(xp, params["x"]))

    with np.errstate(all="ignore"):
        _, gradient = value_and_gradient(loss, params, {})
        _, tangent = jvp(loss, params, {}, {"x": np.ones_like(params["x"])})
    np.testing.assert_allclose(gradient["x"], np.array(expected, dtype), rtol=1e-6)
    assert gradient["x"].dtype == dtype
    np.testing.assert_allclose(tangent, sum(expected), rtol=1e-6)


WITHOUT_A_SCALAR_FORM = {
    *("sign", "logaddexp", "reciprocal", "remainder", *STEPS, "logical_xor"),
    *("isnan", "isinf", "isfinite", *special.FAMILY.primitives),
} - {"erf", "erfc", "lgamma"}
NUMBERS = (-2.5, -0.0, 0.5, 3.0, 3.0, float("nan"))


@pytest.mark.parametrize("name", sorted(ELEMENTWISE.keys() - {"astype", "single"}))
def test_a_record_is_written_as_what_it_is(name):
    record = ELEMENTWISE[name]
    assert eval(record.source, {"np": np, "special": functions}) is record.numpy
    if name in SCALAR_FUNCTIONS:
        assert eval(SCALAR_FUNCTIONS[name], {"math": math}) is record.scalar
        return
    if record.scalar is None:
        assert name in WITHOUT_A_SCALAR_FORM
        return
    logical = name.startswith("logical")
    for operands in itertools.product(NUMBERS, repeat=len(record.derivatives)):
        given = [x > 0 for x in operands] if logical else list(operands)
        if name == "where":
            given[0] = operands[0] > 0
        if name == "divide" and given[1] == 0:
            continue
        written = eval(record.scalar.text.format(*(f"({x!r})" for x in given)), {"nan": math.nan})
        np.testing.assert_equal(written, record.numpy(*given))


class Noting:
    """The operations of `xp`, with a note of the names of those that are asked for."""

    def __init__(self, xp, names):
        self.xp, self.names = xp, names

    def __getattr__(self, name):
        self.names.add(name)
        return getattr(self.xp, name)


def test_every_operation_of_the_whitelist_is_differentiated_here_or_among_the_operations():
    named = set(REDUCTIONS)

    def loss(xp, params, data):
        noting, x = Noting(xp, named), params["x"]
        for function, _, _ in UNARY.values():
            function(noting, x)
        for function in BINARY.values():
            function(noting, x, x)
        for function in SHAPED.values():
            function(noting, x)
        return xp.sum(x)

    with np.errstate(all="ignore"):  # no number lies in the domains of all
        value(loss, {"x": np.linspace(0.6, 1.7, 24).reshape(2, 3, 4)}, {})
    elsewhere = {"matmul", "einsum", "take", "take_along_axis"}  # test_tape_products, _indexing
    elsewhere |= {"arange"}  # every loss that `weighted` makes
    elsewhere |= set(CASES)  # tests/backends/operations
    assert set(OF_LOSSES) <= named | elsewhere
