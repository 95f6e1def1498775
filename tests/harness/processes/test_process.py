import os
import time
from dataclasses import replace
from itertools import islice

import numpy as np
import psutil
import pytest

from gradparity.harness.messages.lines import NAMES
from gradparity.harness.messages.request import Done
from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Calibrate, Forget, Prepare, TakeSample
from gradparity.harness.messages.users_code import TryProblem
from gradparity.harness.processes import environment
from gradparity.harness.processes.as_answered import as_answered
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import OtherVersion, WorkerFailure, WorkerProcess
from gradparity.harness.processes.tree import Tree
from gradparity.harness.timing.rounds import orders
from tests import PATIENCE_S

SPEC = Spec("rosenbrock", None, "small", 1, "gradient", "float64", "cpu", 1, "numpy", "portable")


@pytest.fixture
def worker():
    made = WorkerProcess("numpy", Limits(cores=allowed_cores()[-1:], timeout_s=PATIENCE_S))
    yield made
    made.end()


def test_affinity_and_threads_are_set_before_imports(worker):
    pools = worker.start().answer().pools
    assert pools
    assert {pool.num_threads for pool in pools} == {1}
    process = psutil.Process(worker.process.pid)
    assert process.cpu_affinity() == list(allowed_cores()[-1:])


def test_prepare_and_sample(worker, tmp_path):
    made = worker.request(Prepare(SPEC, str(tmp_path / "a.npz")))
    assert made.parameters == 100
    assert made.prepare_s > 0
    assert made.first_s > 0
    calls = worker.request(Calibrate(0.004, 0.020)).calls
    took = worker.request(TakeSample(calls))
    assert took.seconds > 0
    assert took.cpu_seconds > 0
    with np.load(tmp_path / "a.npz") as file:
        assert file["d_x"].shape == (100,)


def test_a_killed_worker_is_started_again(worker, tmp_path):
    worker.request(Forget())
    os.kill(worker.process.pid, 9)
    with pytest.raises(WorkerFailure) as caught:
        worker.request(TakeSample(1))
    assert (caught.value.status, caught.value.reason) == ("crashed", "crashed: signal 9")
    assert worker.request(Prepare(SPEC, str(tmp_path / "a.npz")))


def test_an_error_costs_no_process(worker):
    with pytest.raises(WorkerFailure, match="no size 'hugE'; it has: tiny") as caught:
        worker.request(Prepare(replace(SPEC, size="hugE"), "unused.npz"))
    assert caught.value.status == "error"
    before = worker.process.pid
    worker.request(Forget())
    assert worker.process.pid == before


def test_a_worker_is_moved_with_all_its_threads(tmp_path):
    cores = allowed_cores()
    worker = WorkerProcess("jax", Limits(cores[-1:], timeout_s=PATIENCE_S))
    try:
        worker.start(cores[:1]).answer()
        threads = [int(t) for t in os.listdir(f"/proc/{worker.process.pid}/task")]
        assert len(threads) > 1
        assert {tuple(os.sched_getaffinity(t)) for t in threads} == {cores[:1]}
        worker.move(cores[-1:])
        assert {tuple(os.sched_getaffinity(t)) for t in threads} == {cores[-1:]}
        assert worker.request(Forget()) == Done()
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
    worker.request(Forget())
    process = psutil.Process(worker.process.pid)
    worker.end()
    assert psutil.wait_procs([process], timeout=PATIENCE_S)[1] == []


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
    spec = replace(SPEC, backend="jax")
    kept = []
    for _ in range(2):
        worker = WorkerProcess("jax", Limits(allowed_cores()[-1:], PATIENCE_S), tree)
        worker.request(Prepare(spec, None))
        worker.end()
        kept.append({path.name for path in tree.compiled.iterdir() if "-cache" in path.name})
    assert kept[0]
    assert kept[1] == kept[0]


class Scripted:
    """What `as_answered` sees of a worker, which answers when it is told to, and of its request."""

    def __init__(self, timeout_s=60.0):
        self.worker = self
        self.limits = Limits((0,), timeout_s)
        self.end, self.told = os.pipe()
        self.moves = []

    def by(self, start):
        return self.limits.by(start)

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


def test_they_are_taken_as_they_answer_and_the_free_core_is_filled(scripted):
    first, second, third = scripted
    turns = as_answered({first: (0,), second: (1,), third: (0,)})
    second.tell()
    assert next(turns)[0] is second
    first.tell()
    assert next(turns)[0] is first
    third.tell()
    assert next(turns)[0] is third
    assert next(turns, None) is None
    # When the second was done, one of the two on core 0 moved to its core; the last had one alone.
    assert [worker.moves for worker in scripted] == [[(1,)], [], []]


def test_one_that_is_late_is_named(scripted):
    first, second, _ = scripted
    for worker in (first, second):
        worker.limits = Limits((0,), 0.05)
    before = time.monotonic()
    (late, by), (other, same) = as_answered({first: (0,), second: (1,)})
    assert {late, other} == {first, second}
    assert by == same
    assert before < by < time.monotonic()


def test_one_that_died_or_has_ended_is_heard_of():
    alive, killed, ended = (
        WorkerProcess("numpy", Limits(allowed_cores()[-1:], timeout_s=PATIENCE_S)) for _ in range(3)
    )
    try:
        on = {worker.start(): allowed_cores()[-1:] for worker in (alive, killed, ended)}
        os.kill(killed.process.pid, 9)
        ended.end()
        heard = {}
        for greeting, by in as_answered(on):
            try:
                heard[greeting.worker] = greeting.answer(by).pools != ()
            except WorkerFailure as failure:
                heard[greeting.worker] = failure.reason
        assert heard == {alive: True, killed: "crashed: signal 9", ended: "the process has ended"}
    finally:
        for worker in (alive, killed, ended):
            worker.end()


def test_answers_may_be_fetched_in_any_order_and_twice(worker):
    first, second, third = (
        worker.ask(Prepare(replace(SPEC, size=size), None)) for size in ("tiny", "hugE", "small")
    )
    assert third.answer().parameters == 100
    assert first.answer() == first.answer()
    assert first.answer().parameters < 100
    with pytest.raises(WorkerFailure, match="no size 'hugE'"):
        second.answer()


def test_a_worker_that_cannot_start_is_heard_of_when_it_should_answer():
    worker = WorkerProcess("no_such_backend", Limits(allowed_cores()[-1:], timeout_s=PATIENCE_S))
    try:
        asked = worker.ask(Forget())
        with pytest.raises(WorkerFailure, match="unknown backend 'no_such_backend'"):
            asked.answer()
    finally:
        worker.end()


def test_what_only_another_version_understands_is_one_line(worker, monkeypatch):
    """A request that the worker does not know, and then one whose answer it does not know."""
    worker.request(Forget())
    monkeypatch.setitem(NAMES, TryProblem, "attempt")
    with pytest.raises(OtherVersion, match=r"another version of .*: there is no request 'attempt'"):
        worker.request(TryProblem("mine.py", "mine", 0))
    monkeypatch.setitem(NAMES, TryProblem, "calibrate")
    with pytest.raises(OtherVersion, match=r"'calibrate' lacks 'short_s' and lacks 'long_s'"):
        worker.request(TryProblem("mine.py", "mine", 0))
    assert worker.request(Forget()) == Done()
