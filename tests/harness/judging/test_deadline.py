"""The search for a cause ends in time, and says when it was given up; threads are given back."""

from types import SimpleNamespace

import numpy as np
import pytest

from gradparity import check
from gradparity.harness.findings.words import told
from gradparity.harness.judging.diagnosis.evidence import deadline
from gradparity.harness.judging.diagnosis.evidence.deadline import Deadline, OutOfTimeError
from gradparity.harness.plain.outcome import GradientError
from gradparity.harness.surroundings.one_thread import one_thread

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
PARAMS = {"W": RNG.normal(size=(3, 3)) * 0.6, "U": RNG.normal(size=(3, 2)), "b": RNG.normal(size=3)}


def states(p):
    found = [np.zeros(3)]
    for x in X:
        found.append(np.tanh(p["W"] @ found[-1] + p["U"] @ x + p["b"]))
    return found


def loss(p):
    total = 0.0
    for h in states(p)[1:]:
        total = total + np.sum((h - 0.1) ** 2)
    return total


def not_carried_back(p):
    hs, g = states(p), {k: np.zeros_like(v) for k, v in p.items()}
    for k in range(11, -1, -1):
        dz = 2 * (hs[k + 1] - 0.1) * (1 - hs[k + 1] ** 2)
        g["W"] += np.outer(dz, hs[k])
        g["U"] += np.outer(dz, X[k])
        g["b"] += dz
    return g


def diagnosis(**options):
    with pytest.raises(GradientError) as caught:
        check(loss, PARAMS, gradient=not_carried_back, **options)
    return caught.value.finding.diagnosis


def test_a_state_that_is_not_carried_back_in_time_is_named():
    found = diagnosis(seconds=60)
    assert (found.cause.key, found.ran_out) == ("term-missing", None)
    assert "at every matmul with W" in told(found)
    assert "not carried back in time" in told(found)


def test_a_search_without_time_says_so_and_names_the_place():
    found = diagnosis(seconds=0)
    assert found.ran_out == 0
    assert "given up after 0 s: seconds=... or --seconds gives it more." in told(found)


def test_a_deadline_is_kept():
    Deadline.after(60).keep()
    with pytest.raises(OutOfTimeError):
        Deadline.after(-1.0).keep()


def test_what_others_had_of_the_cores_is_not_counted(monkeypatch):
    clock, waited = 100.0, 40.0
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: clock))
    monkeypatch.setattr(deadline, "_waited_s", lambda: waited)
    made = Deadline.after(3.0)
    clock, waited = 110.0, 48.0
    made.keep()
    clock = 111.5
    with pytest.raises(OutOfTimeError):
        made.keep()


def test_torch_has_one_thread_inside_and_as_many_as_before_afterwards():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
