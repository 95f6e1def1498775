"""When the paired engine stops."""

from harness.rounds import Enough, Timed
from results.record import Sample


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
