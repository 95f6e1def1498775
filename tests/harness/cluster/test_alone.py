"""Who is timed is alone on a host, and waits no longer than somebody wants it."""

import fcntl
from threading import Thread
from time import sleep

import pytest

from gradparity.harness.cluster.alone import GivenUp, on_host
from tests import PATIENCE_S


def turning(folder):
    """Whether somebody holds the turnstile, and waits to be alone."""
    (file,) = folder.glob("gradparity-turn-*")
    with file.open() as turnstile:
        try:
            fcntl.flock(turnstile, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


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
    where, order = str(tmp_path), []

    def timed():
        with on_host(True, yes, where):
            order.append("timed")

    def verdict():
        with on_host(False, yes, where):
            order.append("verdict")

    with on_host(False, yes, where):
        first = Thread(target=timed)
        first.start()
        while not turning(tmp_path):
            sleep(0.01)
        second = Thread(target=verdict)
        second.start()
        sleep(0.2)
        assert order == []
    first.join(PATIENCE_S)
    second.join(PATIENCE_S)
    assert order == ["timed", "verdict"]
