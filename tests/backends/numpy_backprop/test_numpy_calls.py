"""NumPy's calls, counted by hand and by `numpy_calls`."""

import numpy as np
import pytest
from numpy import empty

from gradparity.backends import Setting
from gradparity.backends.backend import OPERATORS, Unsupported
from gradparity.backends.catalogue import load
from gradparity.backends.numpy_backprop.calls import (
    CountedArray,
    Tally,
    allocated,
    calls,
    counted,
    plain,
)
from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import everyday, same

X = np.linspace(0.1, 1.2, 12).reshape(3, 4)
ROW = 4 * 8
ALL = 12 * 8


def tallied(function):
    """The calls and bytes of function(x), and its answer as plain arrays."""
    tally = Tally()
    answer = function(counted(X.copy(), tally))
    return tally.calls, tally.bytes, plain(answer)


@pytest.mark.parametrize(
    ("function", "number", "size"),
    [
        (lambda x: x * x + 1.0, 2, 4 * ALL),  # x, x·x; x·x, sum
        (lambda x: np.exp(-x), 2, 4 * ALL),
        (lambda x: np.exp(x, out=x), 1, ALL),
        (lambda x: np.add.reduce(x), 1, ALL + ROW),
        (lambda x: np.add.outer(x[0], x[1]), 1, 2 * ROW + 16 * 8),
        (lambda x: x @ x.T, 1, 2 * ALL + 9 * 8),
        (lambda x: np.dot(x[0], x[1]), 1, 2 * ROW),
        (lambda x: np.mean(x, axis=0), 1, ALL + ROW),  # adds and divides inside
        (lambda x: np.outer(x[0], x[0]), 1, ROW + 16 * 8),
        (lambda x: np.concatenate([x, x[:1]]), 1, ALL + ROW + ALL + ROW),
        (lambda x: np.einsum("ij,ij->i", x, x), 1, ALL + 3 * 8),
        (lambda x: np.where(x > 0.5, x, 0.0), 2, 2 * (ALL + 12) + ALL),
        (lambda x: x.sum(axis=0), 1, ALL + ROW),
        (lambda x: x.dot(x[0]), 1, ALL + ROW + 3 * 8),
        (lambda x: x.T.reshape(2, 6)[:, 1:].ravel()[:0], 0, 0),
        (lambda x: np.reshape(x, (4, 3)).transpose(), 0, 0),
        (lambda x: np.linalg.norm(x), 1, ALL),
        (lambda x: float(x[0, 0]) + len(x) + x.shape[1], 0, 0),
    ],
)
def test_calls_counted_by_hand(function, number, size):
    found, touched, answer = tallied(function)
    assert (found, touched) == (number, size)
    assert same({"": function(X.copy())}, {"": answer})
    assert not isinstance(answer, CountedArray)


def test_assignments_to_entries_count_and_stores_after_adding_in_place_do_not():
    def assigned(x):
        x[0] = x[1]
        x[2] = 0.0
        x[[0, 2]] = x[1:2]
        return x

    def added(x):
        x += 1.0
        x[1:] += x[:2]
        return x

    assert tallied(assigned)[:2] == (3, 2 * ROW + ROW + 2 * ROW + ROW)
    # x[:2] and x[1:] are two arrays, though they overlap; the result is the second of them.
    assert tallied(added)[:2] == (2, ALL + 2 * 2 * ROW)
    for function in (assigned, added):
        assert same({"": function(X.copy())}, {"": tallied(function)[2]})


def test_a_loop_counts_every_turn():
    def loop(x):
        for _ in range(7):
            x = np.tanh(x)
        return x

    assert tallied(loop)[0] == 7


def test_buffers_allocated_in_prepare_are_counted_and_prepare_is_not():
    def prepare():
        buffer, ones = empty(4), np.ones(3)
        np.multiply(buffer, 0.0, out=buffer)

        def run(x):
            np.dot(ones, x, out=buffer)
            return np.multiply(buffer, buffer, out=buffer)  # of buffers alone

        return run

    assert calls(prepare, X) == {"numpy_calls": 2, "numpy_bytes": (3 * 8 + ALL + ROW) + ROW}


def test_constructors_in_a_run_count():
    def run(x):
        return np.zeros(4) + np.empty(4) + np.array([1.0, 2.0, 3.0, 4.0])

    # Two additions of three rows each; an empty array is not written.
    assert calls(lambda: run, X) == {"numpy_calls": 5, "numpy_bytes": 2 * ROW + 2 * 3 * ROW}


def test_the_constructors_come_back():
    before = np.empty, np.zeros_like, empty

    def fail():
        with allocated(Tally()):
            assert isinstance(np.empty(2), CountedArray)
            assert isinstance(empty(2), CountedArray)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (np.empty, np.zeros_like, empty) == before
    assert type(np.empty(2)) is np.ndarray


@pytest.mark.parametrize("problem", everyday(PROBLEMS))
def test_counting_changes_no_answer(problem):
    found, backend, setting = PROBLEMS[problem], load("numpy"), Setting("float32")
    instance = found.instance("tiny", 20)
    for operator in OPERATORS:
        costly = operator == "hessian" and instance.parameters > 100
        if costly or backend.unsupported(found, operator) is not None:
            continue
        try:
            plainly = backend.prepare(found, operator, instance, setting)
        except Unsupported:
            continue
        expected = plainly(instance)
        tally = Tally()
        with allocated(tally), np.errstate(all="ignore"):
            prepared = backend.prepare(found, operator, instance, setting)
            native = prepared.run(counted(plainly.encode(instance), tally))
        answer = plainly.decode(plain(native))
        assert same({"": expected.value}, {"": answer.value})
        assert same(expected.derivative, answer.derivative)
