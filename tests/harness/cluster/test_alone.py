"""Who is timed is alone on a host, and waits no longer than somebody wants it."""

from threading import Event, Thread
from time import sleep

import pytest

from gradparity.harness.cluster.alone import GivenUp, on_host


def yes():
    return True


def test_verdicts_stand_beside_each_other_and_nothing_beside_a_time(tmp_path):
    where = str(tmp_path)
    with on_host(False, yes, where), on_host(False, yes, where):
        pass
    with on_host(True, yes, where):
        for alone in (False, True):
            with pytest.raises(GivenUp), on_host(alone, lambda: False, where):
                pass
    with on_host(False, yes, where), pytest.raises(GivenUp), on_host(True, lambda: False, where):
        pass


def test_nobody_overtakes_who_waits_to_be_alone(tmp_path):
    where, order, begun = str(tmp_path), [], Event()

    def timed():
        begun.set()
        with on_host(True, yes, where):
            order.append("timed")

    def verdict():
        with on_host(False, yes, where):
            order.append("verdict")

    with on_host(False, yes, where):
        first = Thread(target=timed)
        first.start()
        begun.wait()
        sleep(0.2)  # it holds the turnstile by now
        second = Thread(target=verdict)
        second.start()
        sleep(0.2)
        assert order == []
    first.join(10)
    second.join(10)
    assert order == ["timed", "verdict"]
