"""Who uses the threads that he is given: `python -m tests.benchmarks.threads [PROBLEM ...]`.

Each backend's gradient at the largest size, with one thread and with two, in a process of its own
with the pools and the cores that `gradparity run --threads` gives a worker. The system counts each
thread's processor time: what the busiest did, what all others did together, and all of it over one
thread's, which is what is spent on working side by side, or on waiting in a spin. Processor time
tells that on a busy machine, too; how much sooner it ends, only a quiet one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROBLEMS = ("rosenbrock", "softmax-digits", "mlp-digits", "mixture", "factorisation")
BACKENDS = ("numpy", "tape", "jax", "torch")
SECONDS = 0.5


def main(problems: list[str]) -> None:
    print(
        f"{'problem':18}{'backend':9}{'threads':>8}{'a call':>12}{'busiest':>9}{'others':>8}{'over one':>10}"
    )
    for problem in problems or PROBLEMS:
        for backend in BACKENDS:
            alone = 0.0
            for threads in (1, 2):
                call, busiest, others = measured(problem, backend, threads)
                alone = alone or call
                print(
                    f"{problem:18}{backend:9}{threads:8}{call * 1e3:9.3f} ms{busiest:9.2f}{others:8.2f}"
                    f"{call / alone:10.2f}",
                    flush=True,
                )


def measured(problem: str, backend: str, threads: int) -> tuple[float, float, float]:
    """Processor seconds a call; of these the share of the busiest thread, and of the others."""
    from gradparity.harness.processes.process import PATIENCE, THREAD_VARIABLES

    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads)), **PATIENCE}
    code = f"from tests.benchmarks.threads import child; child({problem!r}, {backend!r}, {threads})"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    spent, calls = json.loads(done.stdout)
    total = sum(spent)
    return total / calls, max(spent) / total, (total - max(spent)) / total


def child(name: str, backend: str, threads: int) -> None:
    """In a process of its own: the processor seconds of each thread, and the number of calls."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.problems.catalogue import PROBLEMS as CATALOGUE

    problem = CATALOGUE[name]
    instance = problem.instance(list(problem.sizes)[-1], 0)
    setting = Setting(threads=threads)
    prepared = load(backend).prepare(problem, "gradient", instance.zeros(), setting)
    native = prepared.encode(instance)
    for _ in range(3):
        prepared.run(native)
    before, calls = _spent(), 0
    while sum(_spent().values()) - sum(before.values()) < SECONDS:
        prepared.run(native)
        calls += 1
    after = _spent()
    print(json.dumps([[seconds - before.get(k, 0.0) for k, seconds in after.items()], calls]))


def _spent() -> dict[str, float]:
    """Thread -> its processor seconds, from the scheduler's own count in nanoseconds."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        found[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
