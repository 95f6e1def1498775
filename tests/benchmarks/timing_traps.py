"""Five traps of timing, each sprung and avoided; run as a module, prints a table.

    python -m tests.benchmarks.timing_traps [--out docs/timing-traps.md]

1. Asynchronous dispatch: JAX called without waiting, beside the backend `jax`, which waits.
2. Compilation counted as running: the mean of ten calls of a jitted function, the first among them,
   beside the warm call.
3. Unequal threads: processor time over wall time of a matrix product in JAX with the customary flags
   for one thread, beside that of a worker of ours that was asked for one.
4. Drift: two equals, one block of samples after the other, by their means and by their medians,
   beside paired rounds whose order changes: with nothing else on the machine, and with another
   process that comes and goes.
5. Layout: the same loop over the same vectors, which lie 16 bytes further on in all processes of
   one of two equals, as they do when its path is longer, beside places that are drawn anew in every
   process (harness/worker/array_placement.py).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import fmean, median, stdev
from time import perf_counter

from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Calibrate, Prepare, TakeSample

CUSTOMARY = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1",
}

PRODUCT = """
import json, sys, time
import jax, jax.numpy as jnp
x = jnp.ones((2000, 2000))
f = jax.jit(lambda x: x @ x)
f(x).block_until_ready()
cpu, wall = time.process_time(), time.perf_counter()
for _ in range(5):
    f(x).block_until_ready()
print(json.dumps((time.process_time() - cpu) / (time.perf_counter() - wall)))
"""

PLACED = """
import sys, time
import numpy as np

def at(place):
    raw = np.empty(9999 + 16)
    start = (-raw.ctypes.data % 64 + place) // 8
    return raw[start : start + 9999]

if sys.argv[1] == "drawn":
    from gradparity.harness.worker.array_placement import random_blocks
    kept = random_blocks()
    a, b, c = (np.empty(9999) for _ in range(3))
else:
    a, b, c = (at(int(sys.argv[1])) for _ in range(3))
a[:], b[:] = 1.5, 2.5
took = []
for _ in range(300):
    start = time.perf_counter()
    for _ in range(40):
        np.multiply(a, b, c)
        np.subtract(c, b, c)
        np.square(c, c)
    took.append(time.perf_counter() - start)
print(sorted(took)[len(took) // 10])
"""

Row = tuple[str, str, str]


def prepare(backend: str, problem: str, size: str) -> Prepare:
    """Prepare a gradient in float64 on one thread."""
    spec = Spec(
        problem, None, size, 0, "gradient", "float64", "cpu", 1, backend, variant="portable"
    )
    return Prepare(spec, None)


def asynchronous() -> Row:
    """Rosenbrock at a million variables: handed over, and computed."""
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.backends.jax_transforms.compiled import _compiled
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS["rosenbrock"]
    instance = problem.instance("large", seed=0)
    prepared = load("jax").prepare(problem, "gradient", instance.zeros(), Setting())
    compiled = _compiled(problem, "gradient", instance, Setting())
    native = prepared.encode(instance)
    prepared.run(native)
    handed, done = [], []
    for _ in range(20):
        start = perf_counter()
        late = compiled(*native)
        handed.append(perf_counter() - start)
        prepared.decode(late)
        start = perf_counter()
        prepared.run(native)
        done.append(perf_counter() - start)
    return (
        "asynchronous dispatch (jax, rosenbrock large)",
        f"{1e3 * median(handed):.3g} ms, not waited for",
        f"{1e3 * median(done):.3g} ms; a backend that does not wait gets no time",
    )


def compilation() -> Row:
    """Mlp-digits: ten calls of a jitted function with the first, and the three figures."""
    import jax

    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.backends.jax_transforms.operators import encoder, function
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS["mlp-digits"]
    instance = problem.instance("small", seed=0)
    jitted = jax.jit(function(problem, "gradient", instance))
    arguments = encoder("gradient", Setting())(instance)
    start = perf_counter()
    for _ in range(10):
        jax.block_until_ready(jitted(*arguments))
    mean = (perf_counter() - start) / 10
    start = perf_counter()
    prepared = load("jax").prepare(problem, "gradient", instance.zeros(), Setting())
    prepare_s = perf_counter() - start
    native, calls = prepared.encode(instance), []
    for _ in range(21):
        start = perf_counter()
        prepared.run(native)
        calls.append(perf_counter() - start)
    return (
        "compilation counted as running (jax, mlp-digits small)",
        f"{1e3 * mean:.3g} ms, the mean of ten calls",
        f"prepare {1e3 * prepare_s:.3g} ms, first call {1e3 * calls[0]:.3g} ms, "
        f"warm call {1e3 * median(calls[1:]):.3g} ms",
    )


def threads() -> Row:
    """A product of 2000 × 2000: cores that really work, where one was asked for."""
    from gradparity.harness.processes.environment import allowed_cores
    from gradparity.harness.processes.limits import Limits
    from gradparity.harness.processes.process import WorkerProcess

    done = subprocess.run(
        [sys.executable, "-c", PRODUCT],
        env=os.environ | CUSTOMARY,
        capture_output=True,
        text=True,
        check=True,
    )
    worker = WorkerProcess("jax", Limits(allowed_cores()[-1:], 120))
    try:
        worker.request(prepare("jax", "mlp-digits", "large"))
        sample = worker.request(TakeSample(5))
    finally:
        worker.end()
    return (
        f"unequal threads (jax, one asked for, {len(allowed_cores())} cores)",
        f"cpu/wall {json.loads(done.stdout):.2f} with the customary flags",
        f"cpu/wall {sample.cpu_seconds / sample.seconds:.2f}, and every row says it",
    )


@contextmanager
def coming_and_going(busy: bool) -> Iterator[None]:
    """Another process that works for a second, rests for a second, and so on."""
    code = (
        "import time, numpy as np\nx = np.ones(2**22)\n"
        "while True:\n end = time.time() + 1\n"
        " while time.time() < end: x = np.sqrt(x + 1)\n time.sleep(1)"
    )
    process = subprocess.Popen([sys.executable, "-c", code]) if busy else None
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def drift(busy: bool, times: int = 60, samples: int = 50) -> list[Row]:
    """A against A, `times` times: how often it is more than 5 % off, and how far at the worst."""
    from gradparity.harness.processes.environment import allowed_cores
    from gradparity.harness.processes.limits import Limits
    from gradparity.harness.processes.process import WorkerProcess

    a, b = (WorkerProcess("numpy", Limits(allowed_cores()[-1:], 60)) for _ in range(2))
    found: dict[str, list[float]] = {"means": [], "medians": [], "paired": []}
    try:
        for worker in (a, b):
            worker.request(prepare("numpy", "mlp-digits", "tiny"))
        calls = a.request(Calibrate(0.004, 0.02)).calls

        def sample(worker: WorkerProcess) -> float:
            return worker.request(TakeSample(calls)).seconds

        with coming_and_going(busy):
            for k in range(times):
                first, second = ([sample(w) for _ in range(samples)] for w in (a, b))
                found["means"].append(math.log(fmean(second) / fmean(first)))
                found["medians"].append(math.log(median(second) / median(first)))
                logs = []
                for round_ in range(samples):
                    order = (a, b) if (round_ + k) % 2 else (b, a)
                    took = {id(worker): sample(worker) for worker in order}
                    logs.append(math.log(took[id(b)] / took[id(a)]))
                found["paired"].append(median(logs))
    finally:
        a.end()
        b.end()

    def said(name: str) -> str:
        off = sum(abs(x) > math.log(1.05) for x in found[name])
        return f"{off} of {times} more than 5 % off, worst {math.expm1(max(map(abs, found[name]))):.1%}"

    name = f"drift (A against A, {'another process comes and goes' if busy else 'nothing else'})"
    return [
        (f"{name}, means", said("means"), said("paired")),
        (f"{name}, medians", said("medians"), said("paired")),
    ]


def layout(processes: int = 24) -> Row:
    """Two equals, at two fixed places in memory and at places that are drawn."""
    from gradparity.harness.processes.environment import allowed_cores
    from gradparity.harness.processes.tree import ROOT

    def seconds(place: str) -> float:
        command = ["taskset", "-c", str(allowed_cores()[-1]), sys.executable, "-c", PLACED, place]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return float(done.stdout)

    fixed, drawn = [], []
    rng = Random(0)
    for _ in range(processes):
        took = dict.fromkeys(rng.sample(("0", "16", "drawn", "drawn again"), 4), 0.0)
        took = {name: seconds(name.partition(" ")[0]) for name in took}
        fixed.append(math.log(took["16"] / took["0"]))
        drawn.append(math.log(took["drawn again"] / took["drawn"]))
    slower = sum(x > 0 for x in fixed)
    error = stdev(drawn) / math.sqrt(processes)
    return (
        "layout (A against A, vectors of 80 kB)",
        f"{median(fixed):+.1%}, slower in {slower} of {processes} fresh processes: 16 bytes further",
        f"{fmean(drawn):+.1%} ± {error:.1%}: places drawn anew in every process",
    )


def page(rows: list[Row]) -> str:
    """Return the table as a page, with what it was made on."""
    from gradparity.harness.processes.environment import identity

    known = identity(())
    lines = [
        "# Five traps of timing, sprung and avoided",
        "",
        "Made by `python -m tests.benchmarks.timing_traps` (which says how) on "
        f"{known.cpu}, Python {known.python}, jax {known.versions['jax']}.",
        "",
        "| trap | sprung | avoided |",
        "|:--|:--|:--|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
        "That what is avoided stays avoided is tested in `tests/harness/timing/test_timing_traps.py`.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Spring the traps; print or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.timing_traps")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    given = parser.parse_args()
    rows = [asynchronous(), compilation(), threads()]
    rows += [*drift(busy=False), *drift(busy=True), layout()]
    text = page(rows)
    print(text)
    if given.out is not None:
        given.out.write_text(text)


if __name__ == "__main__":
    main()
