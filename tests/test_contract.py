"""The laws of `Backend`, for every backend × problem × variant × operator × dtype.

One more stands in `tests/harness/worker/test_counters.py`, on what is counted, and those of training
steps in `tests/backends/test_training_step.py`.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from gradparity.backends import (
    OPERATORS,
    Backend,
    CountingBackend,
    Setting,
    TrainingBackend,
    Unsupported,
)
from gradparity.backends.catalogue import BACKENDS, load
from gradparity.backends.files import ATTRIBUTES, METHODS, OPTIONAL, whats_missing
from gradparity.harness.findings.words import sentence
from gradparity.harness.judging.answers import malformed
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import combinations, copied, same

SEED = 20


@cache
def truth_of(problem, operator):
    found = PROBLEMS[problem]
    return Truth(found, found.instance("tiny", SEED), operator, SEED)


@pytest.mark.parametrize(
    ("backend", "problem", "variant", "operator", "dtype"), list(combinations())
)
def test_laws(backend, problem, variant, operator, dtype):
    engine = load(backend)
    found = PROBLEMS[problem]
    if variant == "idiomatic":
        found = found.idiomatic_for(backend)
    calls = []

    def counted(function):
        def counting(*arguments):
            calls.append(1)
            return function(*arguments)

        return function and counting

    found = replace(found, loss=counted(found.loss), residuals=counted(found.residuals))
    instance = found.instance("tiny", SEED)
    before = [copied(arrays) for arrays in (instance.params, instance.data, instance.direction)]
    prepared = served(engine, found, operator, instance, dtype)
    if isinstance(prepared, str):
        pytest.skip(prepared)
    with np.errstate(all="ignore"):  # as in a worker
        check_laws(engine, problem, operator, dtype, instance, prepared, calls, before)


def served(engine, problem, operator, instance, dtype):
    """The operator, prepared at zeros; or why the backend does not serve it."""
    reason = engine.unavailable() or engine.unsupported(problem, operator)
    if reason is not None:
        return reason
    try:
        return engine.prepare(problem, operator, instance.zeros(), Setting(dtype))
    except Unsupported as reason:
        return str(reason)


def check_laws(engine, problem, operator, dtype, instance, prepared, calls, before):
    native = prepared.encode(instance)
    first = prepared.decode(prepared.run(native))
    calls.clear()
    second = prepared.decode(prepared.run(native))

    assert not (engine.compiled and calls), "a warm run calls the Python loss"
    assert malformed(first, operator, instance, dtype) is None
    assert same({"": first.value}, {"": second.value})
    assert same(first.derivative, second.derivative)
    after = (instance.params, instance.data, instance.direction)
    assert all(map(same, before, after)), "inputs were changed"
    assert same(first.derivative, prepared(instance).derivative), "encoding again changes it"

    kept = copied(second.derivative)
    prepared.run(prepared.encode(instance.zeros()))
    assert same(kept, second.derivative), "an answer is overwritten by a run"

    wide, narrow = (first, None) if dtype == "float64" else (None, first)
    found = judge_pair(truth_of(problem, operator), wide, narrow)
    # Differences of the loss keep about 12 digits of the largest component, by construction.
    exact = load("finite-difference") is not engine
    assert found.right or (not exact and found.u64 < 4096), sentence(found)


def compiling(backend, operator):
    """Inductor takes seconds for each."""
    slow = backend == "torch-compile" and operator != "gradient"
    return pytest.param(backend, operator, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(
    ("backend", "operator"), [compiling(b, operator) for b in BACKENDS for operator in OPERATORS]
)
def test_no_backend_skips_every_case_of_an_operator(backend, operator):
    engine = load(backend)
    if engine.unavailable() is not None:
        pytest.skip(engine.unavailable())
    reasons = set()
    for case in combinations():
        of, problem, variant, asked, dtype = case.values
        if (of, variant, asked) == (backend, "portable", operator):
            found = PROBLEMS[problem]
            prepared = served(engine, found, operator, found.instance("tiny", SEED), dtype)
            if not isinstance(prepared, str):
                return
            reasons.add(prepared)
    pytest.fail(f"{backend} skips every case of {operator}: {'; '.join(sorted(reasons))}")


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_unsupported_is_not_prepared(backend):
    engine, problem = load(backend), PROBLEMS["price-linear"]
    assert "states no residuals" in engine.unsupported(problem, "jacobian")
    if engine.unavailable() is not None:
        pytest.skip(engine.unavailable())
    with pytest.raises(Unsupported, match="price-linear states no residuals"):
        engine.prepare(problem, "jacobian", problem.instance("tiny", SEED), Setting())


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_is_what_the_protocols_say(backend):
    engine = load(backend)
    assert isinstance(engine, Backend)
    assert isinstance(engine, TrainingBackend)
    assert isinstance(engine, CountingBackend)
    assert whats_missing(engine) is None


def test_a_users_backend_is_asked_for_what_the_protocols_have():
    def members(*protocols):
        return {name for protocol in protocols for name in vars(protocol) if name[0] != "_"}

    assert {*ATTRIBUTES, *METHODS} == members(Backend)
    assert set(OPTIONAL) == members(TrainingBackend, CountingBackend)
