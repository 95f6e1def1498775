"""The judge's processes compute on one thread, JAX's pool included."""

import json

import pytest

from gradparity.harness.messages.users_code import Fault, TryProblem
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerProcess
from tests.harness.command import gradparity

BY_JAX = """
import json, os
import numpy as np
import jax, jax.numpy as jnp
from gradparity import Instance, Problem

def seconds():
    found = {}
    for thread in os.listdir("/proc/self/task"):
        fields = open(f"/proc/self/task/{thread}/stat").read().rpartition(")")[2].split()
        found[thread] = int(fields[11]) + int(fields[12])
    return found

def gradient(p, d):
    x = jnp.ones((1000, 1000), jnp.float32)
    heavy = jax.jit(lambda x: jnp.sum(jnp.tanh(x @ x) @ x))
    heavy(x).block_until_ready()
    before = seconds()
    for _ in range(4):
        heavy(x).block_until_ready()
    spent = [now - before.get(thread, 0) for thread, now in seconds().items()]
    with open("spent.json", "w") as out:
        json.dump(spent, out)
    return p["w"] ** 2, {"w": 2 * p["w"]}

def loss(xp, p, d):
    return p["w"] ** 2

PROBLEM = Problem(
    "mine", loss, lambda rng: Instance({"w": np.array(2.0)}, {}), {"tiny": {}}, "", gradient=gradient
)
"""


@pytest.mark.skipif(len(allowed_cores()) < 2, reason="one core is one thread")
@pytest.mark.parametrize("threads", [1, None])
def test_xla_computes_on_as_many_threads_as_the_worker_is_given(threads, tmp_path, monkeypatch):
    """Processor time by thread, as the kernel counts it: on a busy machine, too."""
    pytest.importorskip("jax")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(BY_JAX)
    worker = WorkerProcess("", Limits(allowed_cores(), 120), threads=threads)
    try:
        assert worker.request(TryProblem("mine.py", "mine", 0)) == Fault(None)
    finally:
        worker.end()
    spent = json.loads((tmp_path / "spent.json").read_text())
    share = max(spent) / sum(spent)
    assert (share > 0.9) if threads == 1 else (share < 0.9)


TELLS = """
import os
import numpy as np
from threadpoolctl import threadpool_info
from gradparity import Instance, Problem

def gradient(p, d):
    pools = [pool["num_threads"] for pool in threadpool_info()]
    with open("told.txt", "a") as out:
        print(os.environ["NPROC"], os.environ["OMP_NUM_THREADS"], *pools, file=out)
    return p["w"] ** 2, {"w": 2 * p["w"]}

def loss(xp, p, d):
    return p["w"] ** 2

PROBLEM = Problem(
    "mine", loss, lambda rng: Instance({"w": np.array(2.0)}, {}), {"tiny": {}}, "", gradient=gradient
)
"""


@pytest.mark.parametrize("verb", ["check", "gradients"])
def test_what_is_judged_and_not_timed_has_one_thread(verb, tmp_path):
    (tmp_path / "mine.py").write_text(TELLS)
    done = gradparity(verb, "mine.py", "--backend", "numpy", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set((tmp_path / "told.txt").read_text().split()) == {"1"}
