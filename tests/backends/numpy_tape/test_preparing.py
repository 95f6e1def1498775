"""Preparing a program takes a time and a memory that grow as the program does, and no stack."""

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import Compiled, compile_operator
from gradparity.backends.numpy_tape.source.emit import without_unused

MATRIX = np.random.default_rng(0).normal(size=(30, 30)) / 6


@dataclass(frozen=True)
class Chain:
    """step: (xp, params, data, x, total, k) -> the next (x, total). end: (xp, x, total) -> loss."""

    params: dict[str, Any]
    step: Callable[..., Any]
    end: Callable[..., Any]
    data: dict[str, Any]

    def prepared(self, steps: int, operator: str = "gradient") -> Compiled:
        """The derivative of a loss of so many steps."""

        def loss(xp, params, data):
            x = total = params["x"]
            for k in range(steps):
                x, total = self.step(xp, params, data, x, total, k)
            return self.end(xp, x, total)

        return compile_operator(operator, loss, self.params, self.data)


def _lstm_like(xp, params, data, x, total, k):
    gate = 1.0 / (1.0 + xp.exp(-(x * params["w"] + params["b"])))
    x = gate * xp.tanh(total) + (1.0 - gate) * x
    return x, total * gate + x


def _scalar_step(xp, params, data, x, total, k):
    return x + 0.01 * (total * xp.cos(x) - x * x), total - 0.01 * (x + xp.exp(-total * total))


VECTOR = {name: np.linspace(0.1, 0.9, 14) for name in "xwb"}
CHAINS = {
    "products": Chain(VECTOR, _lstm_like, lambda xp, x, total: xp.sum(x * total), {}),
    "numbers": Chain({"x": np.array(0.3)}, _scalar_step, lambda xp, x, total: x * total, {}),
    "terms": Chain(
        VECTOR,
        lambda xp, p, d, x, total, k: (xp.sin(x * (k + 1.0)), x * x - total),
        lambda xp, x, total: xp.sum(total),
        {},
    ),
    "constants": Chain(
        VECTOR,
        lambda xp, p, d, x, total, k: (xp.tanh(x * (1.0 + k / 7)), total + x),
        lambda xp, x, total: xp.sum(total),
        {},
    ),
    "reductions": Chain(
        {"x": MATRIX},
        lambda xp, p, d, x, total, k: (xp.tanh(x - xp.max(x, axis=1, keepdims=True)), total + x),
        lambda xp, x, total: xp.sum(total),
        {},
    ),
    "slices": Chain(
        {"x": np.linspace(0.1, 0.9, 400)},
        lambda xp, p, d, x, total, k: (x, total + xp.sin(x[k % 400]) * x),
        lambda xp, x, total: xp.sum(total),
        {},
    ),
    "long": Chain(
        {"x": np.linspace(0.1, 0.9, 70_000)},
        lambda xp, p, d, x, total, k: (xp.tanh(x) + xp.sum(x) * 1e-9, total + x),
        lambda xp, x, total: xp.sum(total),
        {},
    ),
}


def calls(chain: Chain, steps: int) -> tuple[int, int]:
    """(calls of Python and C functions that preparing makes, operations)."""
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(watch)
    try:
        prepared = chain.prepared(steps)
    finally:
        sys.setprofile(None)
    return count, prepared.operations


@pytest.mark.parametrize("name", CHAINS)
def test_the_calls_grow_as_the_operations_do(name):
    # What lies in a `for` of C, a search in a list, is no call: the next test sees that.
    short, long = 30, 120
    chain = CHAINS[name]
    few, less = calls(chain, short)
    many, more = calls(chain, long)
    assert more > 3 * less
    assert many / more < 1.25 * few / less


@pytest.mark.slow
@pytest.mark.parametrize("name", ["products", "numbers"])
def test_the_time_grows_as_the_operations_do(name):
    def cost(steps: int, times: int) -> tuple[float, int]:
        taken = []
        for _ in range(times):
            gc.collect()
            start = time.process_time()
            prepared = CHAINS[name].prepared(steps)
            taken.append(time.process_time() - start)
        return min(taken) / prepared.operations, prepared.operations

    steps = 1 + 1_000 // CHAINS[name].prepared(1).operations
    cost(steps, 1)
    a_thousand, few = cost(steps, 5)
    a_hundred_thousand, many = cost(100 * steps, 1)
    assert few >= 500
    assert many >= 80 * few
    # A quadratic cost would be a hundred times as large; caches and the allocator take their share.
    assert a_hundred_thousand < 4 * a_thousand


@pytest.mark.parametrize("name", ["products", "numbers"])
def test_what_is_kept_is_the_source_the_buffers_and_200_bytes_an_operation(name):
    def own() -> tuple[int, int]:
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            prepared = CHAINS[name].prepared(150)
            gc.collect()
            kept = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        return kept - len(prepared.source) - prepared.bytes, prepared.operations

    # Python's table of all names may have to grow at any time, for good: not twice in a row.
    kept, operations = min(own() for _ in range(2))
    assert operations > 1000
    assert kept < 200 * operations


def test_the_collector_is_left_as_it_was():
    for set_it in (gc.disable, gc.enable):
        set_it()
        before = gc.isenabled()
        CHAINS["numbers"].prepared(2)
        assert gc.isenabled() == before


def test_a_rule_that_goes_down_a_chain_longer_than_the_stack():
    n = sys.getrecursionlimit() + 100
    params = {"x": MATRIX, "s": np.array(1.0001)}

    def loss(xp, params, data):
        x = params["x"]
        for _ in range(n):
            x = x * params["s"]
        return xp.sum(x)

    value, gradient = compile_operator("gradient", loss, params, {}).run(params, {})
    total, s = MATRIX.sum(), 1.0001
    np.testing.assert_allclose(value, total * s**n, rtol=1e-11)
    np.testing.assert_allclose(gradient["s"], n * total * s ** (n - 1), rtol=1e-11)
    np.testing.assert_allclose(gradient["x"], np.full((30, 30), s**n), rtol=1e-11)


def test_picking_first_goes_down_each_way_once():
    depth = 300
    index = np.arange(30)[:, None] % 30
    params, data = {"x": MATRIX}, {"i": index}

    def loss(xp, params, data):
        x = params["x"]
        for _ in range(depth):
            x = 0.5 * x + 0.5 * xp.abs(x)
        return xp.sum(xp.take_along_axis(x, data["i"], axis=1))

    compiled = compile_operator("gradient", loss, params, data)
    value, gradient = compiled.run(params, data)
    diagonal = np.diag(MATRIX)
    # From the second step on nothing changes what is positive; what is negative is 0 at once.
    np.testing.assert_allclose(value, diagonal[diagonal > 0].sum(), rtol=1e-12)
    np.testing.assert_allclose(np.diag(gradient["x"])[diagonal > 0], 1.0, rtol=1e-12)
    assert compiled.operations < 12 * depth


def test_a_product_is_not_computed_again_to_be_transposed():
    # x w, (x w) w, ...: forward one product a step, and two backward, for w and for x.
    steps = 20

    def loss(xp, params, data):
        x = params["x"]
        for _ in range(steps):
            x = x @ params["w"]
        return xp.sum(x)

    params = {"x": MATRIX, "w": MATRIX}
    source = compile_operator("gradient", loss, params, {}).source
    products = sum("np.dot(" in line and " @ " in line for line in source.split("\n"))
    assert products == 3 * steps


def test_a_chain_of_names_that_nothing_reads_goes_from_its_end():
    body = ["a = f(x)", "b = g(a)", "c = h(b)", "y = k(x)", "return y"]
    assert without_unused(["x = 1.0", "z = x"], body) == (["x = 1.0"], ["y = k(x)", "return y"])
