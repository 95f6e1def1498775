"""Whatever a loss does costs its own cell, in time, and leaves no process behind."""

from contextlib import suppress
from time import monotonic

import numpy as np
import psutil
import pytest

from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Prepare, TakeSample
from gradparity.harness.processes.descendants import MARK
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.problems.python_file import import_file
from tests import PATIENCE_S
from tests.studies.misbehaving_losses import MISBEHAVING, STATE

CELL_S = 4.0
"""What a cell may take that is given up; one that ends by itself has time for it on a busy machine, too."""

OVER_S = 120.0
"""What it may take beyond: ending it, and seeing how it ended, is bounded too; none of them ends before."""

QUICK = {
    *("closes everything and sleeps", "closes everything", "stops itself", "hangs at exit"),
    *("a daemon, and dies", "a daemon, and hangs", "forks, and both go on", "leaves its group"),
    *("a child without an environment", "exits as if all were well", "raises what cannot be told"),
    *("an answer onto every descriptor", "floods standard error", "closes sys.stdout"),
    *("patches isinstance", "patches numpy", "patches its file", "no modules", "raising floats"),
    *("seeds", "other cores", "an alarm", "frees what is in use", "rounds upwards"),
}
"""Those that are tried whenever tests run; the others are slow only because they are many."""

CASES = [
    pytest.param(one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow)
    for one in MISBEHAVING
]


def spec(file, problem):
    own = ("tiny", 0, "gradient", "float64", "cpu", 1, "numpy", "portable")
    return Spec(problem, str(file), *own)


@pytest.fixture
def worker():
    made = WorkerProcess("numpy", Limits(allowed_cores()[-1:], timeout_s=PATIENCE_S))
    made.start().answer()
    yield made
    made.end()


def started_by(worker):
    """Every process that this worker has started, and itself."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == worker._mark:
                found.append(process)
    with suppress(psutil.Error):
        found += psutil.Process(worker.process.pid).children(recursive=True)
    return found


@pytest.mark.parametrize("one", CASES)
def test_it_costs_its_own_cell_in_time(worker, tmp_path, one):
    file = tmp_path / "losses.py"
    file.write_text(one.file)
    imports = "import torch" in one.does or "import jax" in one.does
    cell_s = CELL_S if "timeout" in one.costs and not imports else 60.0
    began, process = monotonic(), worker.process.pid
    asked = worker.ask(Prepare(spec(file, "misbehaves"), None))
    try:
        asked.answer(began + cell_s)
        worker.request(TakeSample(1))
        status, reason = "ok", ""
    except WorkerFailure as failure:
        status, reason = failure.status, failure.reason
    assert monotonic() - began < cell_s + OVER_S
    assert status in one.costs, reason
    assert "\n" not in reason
    left = started_by(worker) if worker.process is not None else []
    file.write_text(one.file)  # one has deleted it
    answer = tmp_path / "answer.npz"
    worker.request(Prepare(spec(file, "mine"), str(answer)))
    problem = import_file(str(file)).PROBLEM
    instance = problem.instance("tiny", 0)
    x, y, w = (
        np.float64(a) for a in (instance.data["X"], instance.data["y"], instance.params["w"])
    )
    with np.load(answer) as found:
        assert found["d_w"] == pytest.approx(2 / len(y) * x.T @ (x @ w - y), rel=1e-12)
    if one in STATE and status == "ok" and one.name not in HARMLESS:
        assert worker.process.pid != process, "it was not noticed"
    now = started_by(worker)
    alive = psutil.wait_procs([each for each in left if each not in now], timeout=PATIENCE_S)[1]
    assert alive == []
    worker.end()
    assert psutil.wait_procs(now, timeout=PATIENCE_S)[1] == []


HARMLESS = {
    *("another locale", "deletes itself", "no collector", "changes its parameters"),
    *("keeps what it allocates", "raising floats"),
}
"""What changes nothing that the next cell could find."""


def test_a_worker_serves_as_many_cells_as_leave_it_as_it_was(worker, tmp_path):
    (tmp_path / "one.py").write_text(MISBEHAVING[0].file)
    (tmp_path / "two.py").write_text(MISBEHAVING[0].file)
    process = worker.process.pid
    for file in ("one.py", "two.py", "one.py"):
        worker.request(Prepare(spec(tmp_path / file, "mine"), None))
    assert worker.process.pid == process


def test_what_an_import_changes_is_its_files_own(worker, tmp_path):
    seeds = MISBEHAVING[0].file + "\nnp.random.seed(3)\nos.environ['SEEDED'] = '1'\n"
    (tmp_path / "seeds.py").write_text(seeds)
    (tmp_path / "other.py").write_text(MISBEHAVING[0].file)
    process = worker.process.pid
    for _ in range(3):
        worker.request(Prepare(spec(tmp_path / "seeds.py", "mine"), None))
    assert worker.process.pid == process
    worker.request(Prepare(spec(tmp_path / "other.py", "mine"), None))
    assert worker.process.pid != process
