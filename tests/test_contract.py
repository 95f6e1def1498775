"""The laws of `Backend`, for every backend × problem × variant × operator × dtype."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from gradparity.backends import Setting, Unsupported
from gradparity.backends.catalogue import load
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
    ("backend", "problem", "variant", "operator", "dtype"),
    list(combinations()),
)
def test_laws(backend, problem, variant, operator, dtype):
    engine = load(backend)
    found = PROBLEMS[problem]
    for reason in (engine.unavailable(), engine.unsupported(found, operator)):
        if reason is not None:
            pytest.skip(reason)
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
    try:
        prepared = engine.prepare(found, operator, instance.zeros(), Setting(dtype))
    except Unsupported as reason:
        pytest.skip(str(reason))
    with np.errstate(all="ignore"):  # as in a worker
        check_laws(engine, problem, operator, dtype, instance, prepared, calls, before)


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
    ruling = judge_pair(truth_of(problem, operator), wide, narrow)
    # Differences of the loss keep about 12 digits of the largest component, by construction.
    exact = load("finite-difference") is not engine
    assert ruling.right or (not exact and ruling.u64 < 4096), ruling.line()
