"""Emitted code against the unoptimised interpretation of the same random program."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gradparity.backends.numpy_tape.compile import load
from gradparity.backends.numpy_tape.programs.columns import in_columns
from gradparity.backends.numpy_tape.programs.fusion import fused
from gradparity.backends.numpy_tape.programs.simplify import simplified
from gradparity.backends.numpy_tape.source.emit import emit
from gradparity.backends.numpy_tape.source.emit_scalars import emit_scalars
from gradparity.backends.numpy_tape.source.loop_plan import plan
from gradparity.backends.numpy_tape.source.scalars import expanded
from tests.backends.numpy_tape.random_losses import arrays, evaluate, programs

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
QUICK = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=SLOW,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def wanted(program, params, data):
    with np.errstate(all="ignore"):
        return evaluate(program, lambda group, name: {"params": params, "data": data}[group][name])


def magnitudes(program, params, data, tiny):
    """How far each output moves if every input does, by `tiny`: what rounding alone may do."""
    base = wanted(program, params, data)
    moved = [
        wanted(program, {k: x * (1 + s * tiny) for k, x in params.items()}, data) for s in (1, -1)
    ]
    with np.errstate(all="ignore"):
        return {
            k: max(np.max(np.abs(m[k].astype(float) - x.astype(float)), initial=0) for m in moved)
            for k, x in base.items()
        }


def agree(program, got, params, data, dtype):
    want = wanted(program, params, data)
    eps = np.finfo(dtype).eps
    spread = magnitudes(program, params, data, 64 * eps)
    value, answer = got
    results = {"value": np.asarray(value), **{f"d_{k}": x for k, x in answer.items()}}
    for name, x in want.items():
        y = results[name]
        assert y.shape == x.shape
        if not np.isfinite(x).all() or not np.isfinite(spread[name]):
            continue
        # Entries of the inputs are about 1, so a result near 0 has cancelled.
        scale = np.max(np.abs(x), initial=1.0)
        bound = 200 * eps * scale + 8 * spread[name]
        assert np.max(np.abs(y - x), initial=0) <= bound, (name, x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64", "longdouble"])
def test_flat_code_equals_the_interpreted_program(dtype):
    @QUICK
    @given(programs(dtype), st.integers(0, 99))
    def check(drawn, seed):
        program, shapes = drawn
        params, data = arrays(shapes, dtype, seed)
        flat = fused(in_columns(simplified(program)))
        run = load(emit(flat, "gradient", "A test.").source, "value_and_gradient")
        with np.errstate(all="ignore"):
            agree(program, run(params, data), params, data, dtype)

    check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scalar_code_equals_the_interpreted_program(dtype):
    tried = []

    @QUICK
    @given(programs(dtype, steps=8), st.integers(0, 99))
    def check(drawn, seed):
        program, shapes = drawn
        params, data = arrays(shapes, dtype, seed)
        simple = simplified(program)
        entries = expanded(simple)
        if entries is None:
            return
        tried.append(program)
        source = emit_scalars(simple, entries, "gradient", "A test.").source
        with np.errstate(all="ignore"):
            agree(program, load(source, "value_and_gradient")(params, data), params, data, dtype)

    check()
    assert len(tried) > 5


def test_rewriting_without_reassociation_is_bitwise():
    """What is only moved, masked or compared keeps every bit."""
    from gradparity.backends.numpy_tape.programs.program import Graph, Program

    rng = np.random.default_rng(3)
    graph = Graph()
    x = graph.input("params", "p0", (40, 3), np.float64)
    turned = graph.node("transpose", x, axes=(1, 0))
    mask = graph.node("where", graph.node("greater", turned, 0.0), turned, 0.0)
    back = graph.node(
        "transpose", graph.node("negative", graph.node("negative", mask)), axes=(1, 0)
    )
    part = graph.node("getitem", graph.node("exp", back), key=(("slice", 3, 30, 2),))
    value = graph.node("max", part, axis=(0, 1), keepdims=False)
    program = Program(graph, {"value": value, "d_0": part, "d_1": back})
    params = {"p0": rng.normal(size=(40, 3))}
    want = wanted(program, params, {})
    run = load(emit(fused(simplified(program)), "gradient", "A test.").source, "value_and_gradient")
    got_value, got = run(params, {})
    assert got_value == want["value"]
    assert got["0"].tobytes() == want["d_0"].tobytes()
    assert got["1"].tobytes() == want["d_1"].tobytes()


def test_a_long_program_has_a_plan_and_a_short_one_none():
    from gradparity.backends.numpy_tape.programs.trace import trace
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS["ackley"]
    for size, loops in (("medium", None), ("large", 2)):
        instance = problem.instance(size, 0)
        program = fused(simplified(trace("gradient", problem.loss, instance.params, instance.data)))
        found = plan(program)
        assert (None if found is None else found.loops) == loops
