"""The traps of timing: what falls into them is caught, and what we measure does not.

Compared are numbers that sleep guarantees from below, and counts; `tests/benchmarks/timing_traps.py`
shows the traps themselves with figures.
"""

import math
from dataclasses import replace
from importlib import import_module
from threading import Thread
from time import sleep

import numpy as np
import pytest

import gradparity
from gradparity.backends import Answer, Prepared, Setting
from gradparity.backends.catalogue import load
from gradparity.harness.messages.spec import Spec
from gradparity.harness.worker import subject
from gradparity.harness.worker.early_return import EarlyReturn, refuse_early_return
from gradparity.harness.worker.subject import PreparedSubject
from gradparity.problems.catalogue import PROBLEMS

UNBLOCKED = """
from dataclasses import replace

from gradparity.backends import Prepared
from gradparity.backends.jax_transforms.compiled import BACKEND as JAX
from gradparity.backends.jax_transforms.namespace import library
from gradparity.backends.jax_transforms.operators import decode, encoder, function

def prepare(problem, operator, instance, setting):
    jax, _ = library()
    compiled = jax.jit(function(problem, operator, instance))
    return Prepared(encoder(operator, setting), lambda native: compiled(*native), decode)

BACKEND = replace(JAX, name="unblocked", prepare=prepare)
"""

LAZY = """
from time import sleep

import numpy as np

from gradparity.backends import LibraryBackend, Prepared
from gradparity.backends.numpy_backprop.backend import BACKEND as NUMPY

def prepare(problem, operator, instance, setting):
    sleep(0.3)
    made, called = NUMPY.prepare(problem, operator, instance, setting), []

    def run(native):
        if not called:
            called.append(sleep(0.2))
        sleep(0.01)
        return made.run(native)

    return Prepared(made.encode, run, made.decode)

BACKEND = LibraryBackend("lazy", "numpy", prepare)
"""


def asynchronous(work_s, waits):
    """A run that hands its work to a thread; `waits`: whether it then waits for it."""

    def run(native):
        thread = Thread(target=sleep, args=(work_s,))
        thread.start()
        if waits:
            thread.join()
        return thread

    def decode(thread):
        thread.join()
        return Answer(np.asarray(1.0), {})

    return Prepared(lambda instance: None, run, decode)


def test_a_run_that_returns_before_its_work_is_finished_is_caught():
    with pytest.raises(EarlyReturn, match=r"ms before its work was finished; let it wait \(jax"):
        refuse_early_return(asynchronous(0.05, waits=False), None)


def test_a_run_that_waits_is_not_accused():
    refuse_early_return(asynchronous(0.05, waits=True), None)


@pytest.mark.parametrize("backend", ["numpy", "tape", "jax", "jax-eager", "torch", "torch-func"])
def test_no_backend_of_ours_is_accused(backend):
    problem = PROBLEMS["rosenbrock"]
    instance = problem.instance("medium", seed=0)
    prepared = load(backend).prepare(problem, "gradient", instance.zeros(), Setting())
    native = prepared.encode(instance)
    prepared.run(native)
    refuse_early_return(prepared, native)


def test_an_unblocked_backend_gets_no_time(tmp_path, monkeypatch):
    """JAX without block_until_ready: the answer is right, the time would be that of handing over.

    Of two million numbers: what takes longer than a turn of a busy core is not finished by chance.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unblocked.py").write_text(UNBLOCKED)
    found = gradparity.run(
        "rosenbrock",
        sizes=["n=2000000"],
        backends=["unblocked.py", "jax"],
        rounds=2,
        extra_s=0,
        processes=1,
        store=tmp_path / "results.db",
    )
    unblocked, jax = found.cells
    assert (unblocked.status, unblocked.samples) == ("error", ())
    assert "before its work was finished" in unblocked.reason
    assert jax.status == "ok"
    assert found.exit_code == 4


def test_prepare_first_and_warm_call_are_three_figures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lazy.py").write_text(LAZY)
    found = gradparity.run(
        "booth", backends=["lazy.py"], rounds=5, extra_s=0, processes=1, store=tmp_path / "r.db"
    )
    (row,) = found.rows
    assert row.status == "ok"
    assert row.prepare_s >= 0.3
    assert row.first_s >= 0.21
    assert 0.01 <= row.median_s < 0.2  # neither of the two is in it


def test_one_thread_means_one_core(tmp_path):
    """A product large enough for every library to spread it over cores, if it were let."""
    found = gradparity.run(
        "mlp-digits",
        sizes=["medium"],
        backends=["numpy", "tape", "jax", "torch"],
        rounds=3,
        extra_s=0,
        processes=1,
        store=tmp_path / "results.db",
    )
    assert len(found.rows) == 6
    for row in found.rows:
        assert row.status == "ok", row.reason
        assert row.cpu_per_wall <= 1.05


def test_drift_moves_blocks_apart_and_not_paired_rounds():
    """A machine that slows down by 20 % while two equals are measured; noise 2 %."""
    from gradparity.results.records.record import Sample
    from gradparity.results.times.statistics import ratio

    rng = np.random.default_rng(1)
    speed = np.linspace(1.0, 1.2, 200)
    times = speed * np.exp(rng.normal(scale=0.02, size=200))
    one_after_the_other = np.median(times[100:]) / np.median(times[:100])
    order = [rng.permutation(2) for _ in range(100)]
    subjects = [
        [Sample(r, int(place[i]), 1, times[2 * r + place[i]], 0.0) for r, place in enumerate(order)]
        for i in (0, 1)
    ]
    paired = ratio(subjects[1], subjects[0])
    assert one_after_the_other > 1.07
    assert abs(math.log(paired.estimate)) < 0.01
    assert paired.low <= 1 <= paired.high


def test_the_memory_of_a_gpu_is_what_its_allocator_says(monkeypatch):
    """Torch's counters, imitated: 100 bytes are held before, a run holds 350 at its most."""
    operators = import_module("gradparity.backends.torch_autograd.operators")

    class Cuda:
        held, most = 100, 100

        def synchronize(self):
            pass

        def reset_peak_memory_stats(self):
            self.most = self.held

        def memory_allocated(self):
            return self.held

        def max_memory_allocated(self):
            return self.most

    class Torch:
        cuda = Cuda()

    def run(native):
        Torch.cuda.most = max(Torch.cuda.most, 350)

    Torch.cuda.most = 1000  # of something before
    monkeypatch.setattr(operators, "library", lambda: (Torch, None))
    assert operators.device_peak(run, Setting(device="cuda"))(None) == 250
    assert operators.device_peak(run, Setting()) is None


def test_xla_plans_at_least_what_it_answers():
    from gradparity.backends.jax_transforms.namespace import library
    from gradparity.backends.jax_transforms.operators import encoder, function, planned_bytes

    problem = replace(PROBLEMS["rosenbrock"], name="r")
    instance = problem.instance("medium", seed=0)
    jax, _ = library()
    arguments = encoder("gradient", Setting())(instance)
    compiled = jax.jit(function(problem, "gradient", instance)).lower(*arguments).compile()
    assert 8 * 10_001 <= planned_bytes(compiled) < 100 * 8 * 10_000


def test_a_worker_reports_what_the_backend_says_of_its_device(monkeypatch):
    numpy = load("numpy")

    class Elsewhere:
        name = "numpy"

        def prepare(self, *arguments):
            return replace(numpy.prepare(*arguments), peak=lambda native: 4321)

    monkeypatch.setattr(subject, "load", lambda name: Elsewhere())
    spec = Spec("booth", None, "tiny", 0, "gradient", "float64", "cuda", 1, "numpy", "portable")
    assert PreparedSubject().prepare(spec, answer=None).peak_bytes == 4321
