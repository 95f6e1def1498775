import os
import time
from itertools import islice

import numpy as np
import psutil
import pytest

from gradparity.harness.processes import environment
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.process import (
    Limits,
    Tree,
    WorkerFailure,
    WorkerProcess,
    side_by_side,
)
from gradparity.harness.timing.rounds import orders

SPEC = {
    "problem": "rosenbrock",
    "file": None,
    "size": "small",
    "seed": 1,
    "operator": "gradient",
    "dtype": "float64",
    "device": "cpu",
    "threads": 1,
    "backend": "numpy",
    "variant": "portable",
}


@pytest.fixture
def worker():
    made = WorkerProcess("numpy", Limits(cores=allowed_cores()[-1:], timeout_s=60))
    yield made
    made.end()


def test_affinity_and_threads_are_set_before_imports(worker):
    worker.start()
    pools = worker.answer()["pools"]
    assert pools
    assert {pool["num_threads"] for pool in pools} == {1}
    process = psutil.Process(worker.process.pid)
    assert process.cpu_affinity() == list(allowed_cores()[-1:])


def test_prepare_and_sample(worker, tmp_path):
    made = worker.request("prepare", spec=SPEC, answer=str(tmp_path / "a.npz"))
    assert made["parameters"] == 100
    assert made["prepare_s"] > 0
    assert made["first_s"] > 0
    calls = worker.request("calibrate", short_s=0.004, long_s=0.020)["calls"]
    sample = worker.request("sample", calls=calls)
    assert sample["seconds"] > 0
    assert sample["cpu_seconds"] > 0
    with np.load(tmp_path / "a.npz") as file:
        assert file["d_x"].shape == (100,)


def test_a_killed_worker_is_started_again(worker, tmp_path):
    worker.request("forget")
    os.kill(worker.process.pid, 9)
    with pytest.raises(WorkerFailure) as caught:
        worker.request("sample", calls=1)
    assert (caught.value.status, caught.value.reason) == ("crashed", "crashed: signal 9")
    assert worker.request("prepare", spec=SPEC, answer=str(tmp_path / "a.npz"))


def test_an_error_costs_no_process(worker):
    with pytest.raises(WorkerFailure, match="no size 'hugE'; it has: tiny") as caught:
        worker.request("prepare", spec={**SPEC, "size": "hugE"}, answer="unused.npz")
    assert caught.value.status == "error"
    before = worker.process.pid
    worker.request("forget")
    assert worker.process.pid == before


def test_a_worker_is_moved_with_all_its_threads(tmp_path):
    cores = allowed_cores()
    worker = WorkerProcess("jax", Limits(cores[-1:], timeout_s=60))
    try:
        worker.start(cores[:1])
        worker.answer()
        threads = [int(t) for t in os.listdir(f"/proc/{worker.process.pid}/task")]
        assert len(threads) > 1
        assert {tuple(os.sched_getaffinity(t)) for t in threads} == {cores[:1]}
        worker.move(cores[-1:])
        assert {tuple(os.sched_getaffinity(t)) for t in threads} == {cores[-1:]}
        assert worker.request("forget") == {}
    finally:
        worker.end()
    worker.move(cores)  # nobody is there to be moved


def test_groups_of_cores_near_the_same_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "allowed_cores", lambda: (0, 1, 2, 3, 6, 7))
    assert environment.groups_near((7,), tmp_path) == [(7,), (0,), (1,), (2,), (3,), (6,)]
    for node, listed in enumerate(("0-1,4-5", "2-3,6-7")):
        folder = tmp_path / f"devices/system/node/node{node}"
        folder.mkdir(parents=True)
        (folder / "cpulist").write_text(listed + "\n")
    assert environment.groups_near((7,), tmp_path) == [(7,), (2,), (3,), (6,)]
    assert environment.groups_near((6, 7), tmp_path) == [(6, 7), (2, 3)]
    assert environment.groups_near((0, 1), tmp_path) == [(0, 1)]


def test_end_leaves_nothing(worker):
    worker.request("forget")
    process = psutil.Process(worker.process.pid)
    worker.end()
    for _ in range(50):
        if not process.is_running():
            break
        time.sleep(0.02)
    assert not process.is_running()


@pytest.mark.parametrize("subjects", [1, 2, 3, 5])
def test_orders_are_balanced(subjects):
    rounds = 6 * subjects
    found = list(islice(orders(subjects, np.random.default_rng(3)), rounds))
    assert all(sorted(order) == list(range(subjects)) for order in found)
    for place in range(subjects):
        counts = np.bincount([order[place] for order in found], minlength=subjects)
        assert set(counts) == {6}


def test_orders_are_random():
    found = [tuple(o) for o in islice(orders(4, np.random.default_rng(5)), 400)]
    assert len(set(found)) == 24


def test_what_jax_compiled_is_kept_where_the_tree_says_and_found_there_again(tmp_path):
    tree = Tree(compiled=tmp_path / "compiled")
    spec = {**SPEC, "backend": "jax"}
    kept = []
    for _ in range(2):
        worker = WorkerProcess("jax", Limits(allowed_cores()[-1:], 120), tree)
        worker.request("prepare", spec=spec, answer=None)
        worker.end()
        kept.append({path.name for path in tree.compiled.iterdir() if "-cache" in path.name})
    assert kept[0]
    assert kept[1] == kept[0]


class Scripted:
    """What `side_by_side` sees of a worker, which answers when it is told to."""

    def __init__(self, timeout_s=60.0):
        self.limits = Limits((0,), timeout_s)
        self.end, self.told = os.pipe()
        self.moves = []

    def silent_until(self):
        return self.end

    def move(self, cores):
        self.moves.append(cores)

    def tell(self):
        os.write(self.told, b"{}\n")


@pytest.fixture
def scripted():
    made = [Scripted() for _ in range(3)]
    yield made
    for worker in made:
        os.close(worker.end)
        os.close(worker.told)


def test_side_by_side_takes_them_as_they_answer_and_fills_the_free_core(scripted):
    first, second, third = scripted
    turns = side_by_side({first: (0,), second: (1,), third: (0,)})
    second.tell()
    assert next(turns)[0] is second
    first.tell()
    assert next(turns)[0] is first
    third.tell()
    assert next(turns)[0] is third
    assert next(turns, None) is None
    # When the second was done, one of the two on core 0 moved to its core; the last had one alone.
    assert [worker.moves for worker in scripted] == [[(1,)], [], []]


def test_side_by_side_names_one_that_is_late(scripted):
    first, second, _ = scripted
    for worker in (first, second):
        worker.limits = Limits((0,), 0.05)
    before = time.monotonic()
    (late, by), (other, same) = side_by_side({first: (0,), second: (1,)})
    assert {late, other} == {first, second}
    assert by == same
    assert before < by < time.monotonic()


def test_side_by_side_hears_of_one_that_died_or_never_started():
    alive, killed, never = (
        WorkerProcess("numpy", Limits(allowed_cores()[-1:], timeout_s=60)) for _ in range(3)
    )
    on = dict.fromkeys((alive, killed, never), allowed_cores()[-1:])
    try:
        alive.start()
        killed.start()
        os.kill(killed.process.pid, 9)
        heard = []
        for worker, by in side_by_side(on):
            try:
                heard.append((worker, worker.answer(by)["pools"] != []))
            except WorkerFailure as failure:
                heard.append((worker, failure.reason))
        assert dict(heard) == {
            alive: True,
            killed: "crashed: signal 9",
            never: "the process has ended",
        }
    finally:
        for worker in on:
            worker.end()
