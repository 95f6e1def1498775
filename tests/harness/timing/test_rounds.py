"""When the paired engine stops, and what it makes of workers that fail or mislead it."""

import numpy as np
import pytest

from gradparity.harness.messages.timed import Calibrate, Calibration, Elapsed
from gradparity.harness.processes.process import WorkerFailure
from gradparity.harness.timing.rounds import SHORTEST_SAMPLE_S, Enough, Timed, sample_rounds
from gradparity.results.records.record import Sample


def timed(*seconds):
    return Timed([Sample(r, 0, 1, s, s) for r, s in enumerate(seconds)])


STEADY = timed(*[1.0] * 12)
NOISY = timed(*[1.0, 1.5] * 6)


def test_the_least_is_done_whatever_happens():
    assert not Enough(least=13, extra_s=0).after(12, [STEADY, STEADY], spent_s=99)


def test_it_stops_when_every_ratio_is_known():
    enough = Enough(least=12, precision=0.02, extra_s=10)
    assert enough.after(12, [STEADY, STEADY], spent_s=0)
    assert not enough.after(12, [STEADY, STEADY, NOISY], spent_s=0)
    assert not enough.after(12, [NOISY, STEADY], spent_s=0)


def test_it_stops_when_the_time_is_spent():
    assert Enough(least=12, extra_s=10).after(12, [STEADY, NOISY], spent_s=10)


def test_what_failed_and_what_is_alone_needs_no_more():
    gone = Timed(failure=RuntimeError())
    assert Enough(least=12, extra_s=10).after(12, [NOISY, gone], spent_s=0)


class Scripted:
    """A worker whose calls take `call_s`; it calibrates to `calls` and dies at request `dies`."""

    def __init__(self, calls=1, call_s=0.004, dies=None):
        self.calls, self.call_s, self.left = calls, call_s, dies

    def request(self, request):
        if self.left == 0:
            raise WorkerFailure("crashed", "crashed: signal 9")
        self.left = None if self.left is None else self.left - 1
        if isinstance(request, Calibrate):
            return Calibration(self.calls)
        seconds = request.calls * self.call_s
        return Elapsed(seconds, seconds)


def sampled(*workers, copy=None):
    enough = Enough(least=6, extra_s=0)
    return sample_rounds([list(workers)], enough, np.random.default_rng(1), copy=copy)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("dies", range(7))
def test_a_worker_that_dies_costs_its_own_samples_alone(which, dies):
    """At calibrating or at any sample; reference, another subject or the reference's copy."""
    workers = [Scripted(calls=n) for n in (3, 5, 4)]
    workers[which].left = dies
    found = sampled(*workers, copy=2)
    for i, subject in enumerate(found):
        assert (subject.failure is not None) == (i == which)
        assert len(subject.samples) == (0 if i == which else 6)
        assert all(sample.seconds == pytest.approx(0.004) for sample in subject.samples)


def test_equals_take_samples_of_as_many_calls():
    found = sampled(Scripted(calls=3), Scripted(calls=5), Scripted(calls=7), copy=2)
    assert [{s.calls for s in subject.samples} for subject in found] == [{3}, {5}, {3}]


def test_no_sample_is_shorter_than_two_milliseconds():
    """Calibrated while the machine was busy: the calls are fewer than they should be."""
    found = sampled(Scripted(calls=10, call_s=1e-5), Scripted(), Scripted(call_s=1e-5), copy=2)
    for subject in found:
        assert all(s.calls * s.seconds >= SHORTEST_SAMPLE_S for s in subject.samples)
    assert {s.calls for s in found[0].samples} == {320}
    assert {s.calls for s in found[2].samples} <= {320, 160}
