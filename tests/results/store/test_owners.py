"""One process at a time writes into a run, and one that is dead holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from time import time

import pytest

from gradparity import results
from gradparity.results.records.errors import StoreError
from gradparity.results.store import owners
from gradparity.results.store.schema import OWNERS
from gradparity.results.store.store import Store, open_store
from tests import PATIENCE_S
from tests.results import synthetic

ROOT = Path(results.__file__).parent.parent
RUN = synthetic.run(status="running", finished=None)
CELLS = synthetic.cells()[:8]

HOLDER = """
import sys, time
sys.path.insert(0, {root!r})
from gradparity.results.store.store import open_store
from tests.results import synthetic
store = open_store({path!r})
store.begin(synthetic.run())
print("held", flush=True)
time.sleep(600)
"""


def _held(where: str) -> subprocess.Popen[str]:
    code = HOLDER.format(root=str(ROOT), path=where)
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def _altered(store: Store, **columns: object) -> None:
    with store.transaction() as connection:
        connection.execute(OWNERS.update().values(**columns))


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heart beats by itself: what a test makes of the last beat stays so."""
    monkeypatch.setattr(owners, "BEAT_S", 1e6)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_is_taken_up_as_soon_as_its_process_is_dead(where: str, sent: int) -> None:
    with _held(where) as child, open_store(where) as store:
        owner = store.owner(RUN.id)
        assert owner is not None
        assert owner.pid == child.pid
        assert abs(owner.since - time()) < 60
        with pytest.raises(StoreError, match=rf"is at work: process {child.pid} on .* since 20"):
            store.take_up(RUN.id)
        with pytest.raises(StoreError, match="not held"):
            store.add(RUN.id, CELLS[0])
        os.kill(child.pid, sent)
        child.wait(PATIENCE_S)
        assert store.owner(RUN.id) is None
        store.take_up(RUN.id)
        store.add(RUN.id, CELLS[0])
        store.finish(RUN.id, "finished", None)
        store.take_up(RUN.id)


def test_a_process_that_died_and_was_not_waited_for_is_dead(where: str) -> None:
    with _held(where) as child, open_store(where) as store:
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
        store.take_up(RUN.id)


@pytest.mark.parametrize(
    ("changed", "alive"),
    [
        ({}, True),
        ({"born": 1.0}, False),  # its number was given to another process
        ({"pid": 2**22 + 1}, False),
        ({"beat": 0.0}, False),  # stopped, or hanging
        ({"place": "elsewhere", "pid": 2**22 + 1}, True),
        ({"place": "elsewhere", "beat": 0.0}, False),
    ],
)
@pytest.mark.usefixtures("asleep")
def test_who_is_alive(where: str, changed: dict[str, object], alive: bool) -> None:
    with open_store(where) as mine, open_store(where) as other:
        mine.begin(RUN)
        if changed:
            _altered(mine, **changed)
        assert (other.owner(RUN.id) is not None) is alive
        if alive:
            with pytest.raises(StoreError, match="is at work"):
                other.take_up(RUN.id)
        else:
            other.take_up(RUN.id)


@pytest.mark.usefixtures("asleep")
def test_whoever_was_taken_over_from_stores_nothing_more(where: str) -> None:
    with open_store(where) as asleep, open_store(where) as other:
        asleep.begin(RUN)
        asleep.add(RUN.id, CELLS[0])
        _altered(asleep, beat=0.0)
        other.take_up(RUN.id)
        other.add(RUN.id, CELLS[1])
        for write in (
            lambda: asleep.add(RUN.id, replace(CELLS[0], status="timeout")),
            lambda: asleep.finish(RUN.id, "finished", None),
            lambda: asleep.go_on(RUN.id),
        ):
            with pytest.raises(StoreError, match="was taken up by process"):
                write()
        asleep.let_go(RUN.id)  # of nothing: the other holds it
        other.add(RUN.id, CELLS[2])
        other.finish(RUN.id, "finished", None)
        assert other.load()[1] == CELLS[:3]


def test_the_heart_beats_while_the_process_is_busy(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owners, "BEAT_S", 0.02)
    with open_store(where) as mine, open_store(where) as other:
        mine.begin(RUN)
        first = other.owner(RUN.id)
        assert first is not None
        end = time() + PATIENCE_S
        while time() < end:
            now = other.owner(RUN.id)
            assert now is not None
            if now.beat > first.beat:
                break
        assert now.beat > first.beat
        assert replace(now, beat=first.beat) == first


def test_closing_lets_go(where: str) -> None:
    with open_store(where) as store:
        store.begin(RUN)
    with open_store(where) as store:
        assert store.owner(RUN.id) is None
        store.take_up(RUN.id)


ADDER = """
import sys
sys.path.insert(0, {root!r})
from gradparity.results.records.errors import StoreError
from gradparity.results.store.store import open_store
from tests.results import synthetic
store = open_store({path!r})
sys.stdin.readline()
try:
    store.take_up(synthetic.run().id)
except StoreError as error:
    sys.exit("at work" in str(error) and 2 or str(error))
for cell in synthetic.cells():
    store.add(synthetic.run().id, cell)
sys.stdin.readline()
"""


def test_of_many_at_once_one_gets_the_run(where: str) -> None:
    with open_store(where) as store:
        store.begin(RUN)
    code = ADDER.format(root=str(ROOT), path=where)
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    refused: set[int] = set()
    end = time() + PATIENCE_S
    while len(refused) < 5 and time() < end:
        refused = {child.pid for child in children if child.poll() is not None}
    for child in children:
        child.communicate("\n", timeout=PATIENCE_S)
    assert sorted(child.returncode for child in children) == [0, 2, 2, 2, 2, 2]
    with open_store(where, read_only=True) as store:
        assert store.load()[1] == synthetic.cells()
