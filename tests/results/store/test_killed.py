"""kill -9 of the server and of its writers, at any moment: nothing told as stored is lost, or twice."""

import os
import random
import subprocess
import sys
import threading
import time

import pytest

from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.errors import StoreError, StoreFull, StoreLost
from gradparity.results.store import store as store_module
from gradparity.results.store.checking import examine
from gradparity.results.store.store import open_store
from tests import PATIENCE_S, ROOT
from tests.harness.command import COMMAND
from tests.results import synthetic

pytestmark = pytest.mark.postgres
RUN = synthetic.run(status="running", finished=None)
CELLS = synthetic.cells()
GROUP = 3

TIMES = [2, pytest.param(30, marks=pytest.mark.slow)]
"""How often something is killed; 30 takes a minute or two."""

WRITER = """
import sys
from gradparity.results.store.store import open_store
from tests.results import synthetic
url, run = sys.argv[1:]
cells = synthetic.cells()
with open_store(url) as store:
    print(flush=True)
    sys.stdin.readline()
    if run in {one.id for one in store.runs()}:
        store.take_up(run)
    else:
        store.begin(synthetic.run(id=run, status="running", finished=None))
    while True:
        for start in range(0, len(cells), 3):
            store.add(run, *cells[start : start + 3])
            print(start, flush=True)
"""


def _writer(url, run):
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, url, run],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    assert child.stdout.readline() == "\n", child.stderr.read()
    return child


def _whole(url, run, told):
    """What is stored of a run: whole groups, all that were told, each cell once and as it was."""
    with open_store(url, read_only=True) as store:
        found = {cell.identity: cell for cell in store.cells(run)}
        assert len(found) == len(store.cells(run))
        assert examine(store)[2] == []
    for start in range(0, len(CELLS), GROUP):
        group = CELLS[start : start + GROUP]
        there = [cell for cell in group if found.get(cell.identity) == cell]
        assert len(there) in (0, len(group))
        assert there or start not in told
    return len(found)


@pytest.mark.parametrize("times", TIMES)
def test_of_killed_writers(team_store, times):
    rng, told = random.Random(19), {name: set() for name in "abcd"}
    for turn in range(-(-times // 2)):  # two of the four are killed each time
        children = {name: _writer(team_store, name) for name in told}
        for child in children.values():
            child.stdin.write("\n")
            child.stdin.flush()
        if turn == 0:  # so that each has stored something at least
            for name, child in children.items():
                told[name].add(int(child.stdout.readline()))
        time.sleep(rng.uniform(0.02, 0.4))
        for number, child in enumerate(children.values()):
            if number % 2:
                child.kill()
            else:
                child.terminate()
        for name, child in children.items():
            lines = child.communicate(timeout=PATIENCE_S)[0].split("\n")[:-1]
            told[name] |= {int(line) for line in lines}
    for name in told:
        _whole(team_store, name, told[name])
    with open_store(team_store) as store:  # and each can be finished
        for name in told:
            store.take_up(name)
            for start in range(0, len(CELLS), GROUP):
                store.add(name, *CELLS[start : start + GROUP])
            store.finish(name, "finished", None)
            assert len(store.cells(name)) == len(CELLS)


@pytest.mark.parametrize("times", TIMES)
def test_of_a_killed_server(team_store, postgres_server, monkeypatch, times):
    """The writer of one run after the other is told; the run is taken up and goes on."""
    monkeypatch.setattr(store_module, "PATIENCE_S", 0.0)
    rng, told, ended = random.Random(19), set(), []
    with open_store(team_store) as store:
        store.begin(RUN)

    def write(store):
        try:
            while True:
                for start in range(0, len(CELLS), GROUP):
                    store.add(RUN.id, *CELLS[start : start + GROUP])
                    told.add(start)
        except StoreError as error:
            ended.append(error)

    for _ in range(times):
        store = open_store(team_store)
        store.take_up(RUN.id)
        thread = threading.Thread(target=write, args=(store,))
        thread.start()
        while not (told or ended):  # so that something is told at all
            time.sleep(0.01)
        time.sleep(rng.uniform(0.05, 0.4))
        postgres_server.kill()
        thread.join(PATIENCE_S)
        store.close()
        postgres_server.start()
        _whole(team_store, RUN.id, told)
        with open_store(team_store) as again, again.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM owners")  # its process, this one, is alive
    assert told
    assert [type(error) for error in ended] == [StoreLost] * times
    assert all(len(str(error).splitlines()) == 1 for error in ended)


def test_a_server_that_comes_back_is_waited_for(team_store, postgres_server, monkeypatch):
    monkeypatch.setattr(store_module, "PATIENCE_S", PATIENCE_S)
    with open_store(team_store) as store:
        store.begin(RUN)
        store.add(RUN.id, *CELLS[:3])
        postgres_server.kill()
        thread = threading.Thread(target=store.add, args=(RUN.id, *CELLS[3:6]))
        thread.start()
        time.sleep(0.2)
        postgres_server.start()
        thread.join(PATIENCE_S)
        store.finish(RUN.id, "finished", None)
        assert store.cells(RUN.id) == CELLS[:6]


def test_a_run_goes_on_when_the_server_is_killed_under_it(team_store, postgres_server, tmp_path):
    words = ["run", "booth", "beale", "himmelblau", "--backend", "numpy,tape", "--rounds", "3"]
    words += ["--processes", "1", "--extra", "0", "--no-pictures", "--store", team_store]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    child = subprocess.Popen(
        [*COMMAND, *words], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    with open_store(team_store) as store:
        while not (store.runs() and store.cells(store.runs()[0].id)):
            assert child.poll() is None
            time.sleep(0.01)
        before = store.load()
    postgres_server.kill()
    postgres_server.start()
    child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0
    with open_store(team_store, read_only=True) as store:
        run, cells = store.load()
        assert run.status == "finished"
        assert len({cell.identity for cell in cells}) == len(cells) == 6
        assert cells[: len(before[1])] == before[1]
        assert examine(store)[2] == []


@pytest.fixture
def small_files(postgres_server):
    """The server may make no file above 20 MiB, a little more than one of its log."""
    postgres_server.kill()
    postgres_server.start(largest_file=20 * 2**20)
    yield
    postgres_server.kill()
    postgres_server.start()


def test_a_disk_that_takes_no_more(team_store, small_files):
    stored = []

    def fill():
        for number in range(60):
            store.add_finding(RUN.id, ClaimFinding(number, "s", "c", False, chart="x" * 10**6))
            stored.append(number)

    with open_store(team_store) as store:
        store.begin(RUN)
        with store.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE findings ALTER chart SET STORAGE EXTERNAL")
        with pytest.raises(
            StoreFull, match=r"could not store in .*could not extend file"
        ) as caught:
            fill()
        assert len(str(caught.value).splitlines()) == 1
        assert 10 < len(stored) < 60
        assert [one.number for one in store.findings(RUN.id)] == stored
