"""A loop of T steps on the tape, as JAX's scan, and in torch: what it costs against T.

python -m tests.benchmarks.loops writes docs/loops.md. Time is processor time, so that it may be
measured beside other work. What is made once is measured in a fresh process for each contestant and
T; calls that follow are timed in turn, in one process for each T.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import process_time

from tests import ROOT
from tests.benchmarks.tape_memory import status
from tests.benchmarks.turns import one_core, race

PAGE = ROOT / "docs" / "loops.md"
STEPS = (10, 100, 1_000, 10_000)
BACKENDS = ("tape", "jax", "torch")
UNITS = 8
HEAD = """# Loops against their length

A recurrent network of 8 units, h ← tanh(W h + x), over T steps, with `xp.scan`: value and gradient in float64 on one core, one thread. The tape writes a loop
into its program and source, JAX compiles a loop of its own, torch runs Python's and keeps every step. All times are of the processor, measured beside other
work. *Trace*: until there is a program to be compiled. *First*: the first gradient from nothing but the loss (trace, rewriting, compiling, and the
call). *Next*: a later call, the median of rounds in turn, and over that of JAX the median of the rounds' ratios. *Memory*: what the process holds at its
highest beyond what it held before, data not counted. Written by `python -m tests.benchmarks.loops`.

| T | backend | trace s | first s | next ms | over JAX's | memory MiB |
|--:|---|--:|--:|--:|--:|--:|
"""


def loss(xp, params, data):
    """The mean of |h|² over all steps."""

    def step(h, x):
        h = xp.tanh(params["w"] @ h + x)
        return h, xp.sum(h * h)

    _, ys = xp.scan(step, params["h"], data["x"])
    return xp.mean(ys)


def problem_of(steps):
    """The problem of that many steps, and its instance."""
    import numpy as np

    from gradparity.problems import Instance, Problem

    rng = np.random.default_rng(steps)
    params = {"w": rng.normal(size=(UNITS, UNITS)) / 4, "h": rng.normal(size=UNITS)}
    instance = Instance(params, {"x": rng.normal(size=(steps, UNITS)) / 2}, {})
    return Problem("recurrence", loss, lambda rng: instance, {"tiny": {}}, "a loop"), instance


def prepared_for(backend, steps):
    """(call, encoded arguments) of the gradient."""
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load

    problem, instance = problem_of(steps)
    prepared = load(backend).prepare(problem, "gradient", instance, Setting("float64"))
    return prepared.run, prepared.encode(instance)


def traced(backend, steps):
    """Seconds of the trace alone; None where there is none."""
    problem, instance = problem_of(steps)
    if backend == "tape":
        from gradparity.backends.numpy_tape.programs.trace import trace

        start = process_time()
        trace("gradient", problem.loss, instance.params, instance.data)
        return process_time() - start
    if backend == "jax":
        from gradparity.backends.jax_transforms.namespace import library

        jax, xp = library()
        gradient = jax.value_and_grad(lambda p, d: problem.loss(xp, p, d))
        start = process_time()
        jax.make_jaxpr(gradient)(instance.params, instance.data)
        return process_time() - start
    return None


def once(backend, steps):
    """[seconds of the trace, of the first gradient, MiB at its highest], in this process."""
    run, given = prepared_for(backend, 3)  # imports, and what is made once
    run(given)
    traced(backend, 3)
    trace = traced(backend, steps)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    start = process_time()
    run, given = prepared_for(backend, steps)
    run(given)
    first = process_time() - start
    return [trace, first, (status("VmHWM") - before) / 1024]


def in_turn(steps, rounds=5, seconds=0.02):
    """Backend -> seconds of a call, round by round."""
    import numpy as np

    runs = {}
    for backend in BACKENDS:
        run, given = prepared_for(backend, steps)
        runs[backend] = lambda run=run, given=given: run(given)
    taken = race(runs, rounds, seconds, np.random.default_rng(0), process_time)
    return {name: list(map(float, found)) for name, found in taken.items()}


def row(steps, backend, found, taken):
    """A line of the table."""
    trace, first, memory = found
    ratio = median(a / b for a, b in zip(taken[backend], taken["jax"], strict=True))
    cells = (
        *(f"{steps:,}", backend, "—" if trace is None else f"{trace:.3f}", f"{first:.2f}"),
        *(f"{1e3 * median(taken[backend]):.3g}", f"{ratio:.2f}", f"{memory:.1f}"),
    )
    return f"| {' | '.join(cells)} |\n"


def asked(*words):
    """What this module finds in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.loops", *map(str, words)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    if sys.argv[1:]:
        one_core()
        kind, steps, *backend = sys.argv[1:]
        print(json.dumps(once(*backend, int(steps)) if kind == "once" else in_turn(int(steps))))
        return
    rows = []
    for steps in STEPS:
        taken = asked("in-turn", steps)
        rows += [row(steps, b, asked("once", steps, b), taken) for b in BACKENDS]
        PAGE.write_text(HEAD + "".join(rows))
        print(rows[-3:], flush=True)


if __name__ == "__main__":
    main()
