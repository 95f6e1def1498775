"""How often the gate cries wolf, and how often it misses; run as a module, prints a table.

    python -m tests.benchmarks.gate_study [--gates 300] [--injected 100] [--percent 5 10]
        [--busy | --quiet] [--out docs/gate-study.md]

Every gate is a real one: a git repository with small losses, a commit, a change, fresh processes.
A against A: the change is a comment. Injected: the gradient, a loop over a hundred equal blocks of
its data, does 5 or 10 of them twice. "busy" has another process that hammers the other core.

Beside the gate stand the customary rules, on the same losses right after it: a block of samples of
base, then a block of samples of head, each in a process of its own, compared by their mean or their
minimum, as pytest-benchmark's `--benchmark-compare-fail=mean:5%` and `min:5%` do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from time import perf_counter

BLOCK = 50
"""Samples in a block of the customary rules."""

LOSSES = '''
import numpy as np
from problems import Instance, Problem

BLOCKS = 100
EXTRA = {extra}  # {remark}


def draw(rng, rows):
    X = rng.normal(size=(BLOCKS * rows, 8))
    y = X @ rng.normal(size=8) + 0.1 * rng.normal(size=BLOCKS * rows)
    return Instance({{"w": rng.normal(size=8)}}, {{"X": X, "y": y}})


def blockwise(value, slope):
    """The mean's gradient, block after block; EXTRA of them are done twice."""

    def gradient(params, data):
        w, X, y = params["w"], data["X"], data["y"]
        rows = len(y) // BLOCKS
        total, g = 0.0, np.zeros_like(w)
        for block in (*range(BLOCKS), *range(-EXTRA, 0)):
            part = slice(block % BLOCKS * rows, (block % BLOCKS + 1) * rows)
            residual = X[part] @ w - y[part]
            share = X[part].T @ slope(residual)
            if block >= 0:
                total += np.sum(value(residual))
                g += share
            else:
                np.sum(value(residual))
        return np.asarray(total / len(y), dtype=w.dtype), {{"w": g / len(y)}}

    return gradient


def problem(name, value, slope, loss):
    return Problem(name, loss, draw, {{"tiny": {{"rows": 4}}}}, "a study", gradient=blockwise(value, slope))


def residual(params, data):
    return data["X"] @ params["w"] - data["y"]


SQUARES = problem(
    "squares", np.square, lambda r: 2 * r,
    lambda xp, params, data: xp.mean(xp.square(residual(params, data))),
)
LOGCOSH = problem(
    "smooth", lambda r: np.sqrt(1 + r * r), lambda r: r / np.sqrt(1 + r * r),
    lambda xp, params, data: xp.mean(xp.sqrt(1 + xp.square(residual(params, data)))),
)
CAUCHY = problem(
    "cauchy", lambda r: np.log1p(r * r), lambda r: 2 * r / (1 + r * r),
    lambda xp, params, data: xp.mean(xp.log1p(xp.square(residual(params, data)))),
)
'''


@dataclass(slots=True)
class Tally:
    """What became of the gates of one condition, counted in gates and in rows."""

    condition: str
    injected: bool
    gates: int = 0
    rows: int = 0
    regressed: int = 0
    alarmed: int = 0
    inconclusive: int = 0
    mean_rule: int = 0
    min_rule: int = 0
    seconds: list[float] = field(default_factory=list)

    def line(self) -> str:
        """Return a line of the table."""
        what = [f"{n} of {self.rows}" for n in (self.regressed, self.inconclusive)]
        rules = [f"{n} of {self.rows}" for n in (self.mean_rule, self.min_rule)]
        took = f"{fmean(self.seconds):.0f} s" if self.seconds else "-"
        words = (self.condition, f"{self.alarmed} of {self.gates}", *what, *rules, took)
        return "| " + " | ".join(words) + " |"


HEADER = (
    "| change | gates that failed | rows regressed | rows inconclusive | mean:5% | min:5% | a gate |\n"
    "|:--|--:|--:|--:|--:|--:|--:|"
)


def repository(folder: Path) -> None:
    """Make a repository whose only commit holds the losses as they were."""
    write(folder, 0, "as it was")
    for command in (
        ("init", "-q", "-b", "main"),
        ("add", "losses.py"),
        ("-c", "user.name=s", "-c", "user.email=s@example.org", "commit", "-q", "-m", "losses"),
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def write(folder: Path, extra: int, remark: str) -> None:
    """Write the losses into the working tree."""
    (folder / "losses.py").write_text(LOSSES.format(extra=extra, remark=remark))


@contextmanager
def hammering(cores: tuple[int, ...]) -> Iterator[None]:
    """Keep a core other than the timing one busy with arithmetic and memory."""
    code = (
        f"import os; os.sched_setaffinity(0, {set(cores)!r})\n"
        "import numpy as np\nx = np.ones(2**22)\nwhile True: x = np.sqrt(x + 1)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def one_gate(tally: Tally, extra: int, seed: int, seconds: float) -> None:
    """One gate in the current folder, and the customary rules after it."""
    from harness.gate.arena import Effort
    from harness.gate.live import gate
    from harness.plan import Options, make_plan

    write(Path(), extra, f"change {seed}")
    plan = make_plan(["losses.py"], Options(backends=("numpy",), seed=seed))
    start = perf_counter()
    found = gate(plan, "main", Effort(seconds=seconds))
    tally.seconds.append(perf_counter() - start)
    statuses = [row.status for row in found.rows]
    assert set(statuses) <= {"pass", "regressed", "improved", "inconclusive"}, found
    tally.gates += 1
    tally.rows += len(statuses)
    tally.regressed += statuses.count("regressed")
    tally.alarmed += "regressed" in statuses
    tally.inconclusive += statuses.count("inconclusive")
    for base, head in customary(seed):
        tally.mean_rule += fmean(head) > 1.05 * fmean(base)
        tally.min_rule += min(head) > 1.05 * min(base)


def customary(seed: int) -> list[tuple[list[float], list[float]]]:
    """Seconds per call in a block of base, then in a block of head, of each loss."""
    from harness.environment import allowed_cores
    from harness.gate.sides import sides
    from harness.plan import Options, make_plan
    from harness.process import Limits, WorkerProcess
    from harness.rounds import LONG_SAMPLE_S, SHORT_SAMPLE_S

    plan = make_plan(["losses.py"], Options(backends=("numpy",), seed=seed))
    limits = Limits(allowed_cores()[-1:], 60)
    found: list[list[list[float]]] = []
    with sides("main", plan.files) as both:
        for tree in (both.base, both.head):
            worker = WorkerProcess("numpy", limits, tree)
            blocks = []
            for workload in plan.workloads:
                spec = {
                    **{"problem": workload.problem.name, "file": workload.file},
                    **{"size": workload.size, "seed": seed, "operator": workload.operator},
                    **{"dtype": "float64", "device": "cpu", "threads": 1},
                    **{"backend": "numpy", "variant": "portable"},
                }
                given = both.in_base(spec) if tree is both.base else spec
                worker.request("prepare", spec=given, answer=None)
                target = {"short_s": SHORT_SAMPLE_S, "long_s": LONG_SAMPLE_S}
                calls = worker.request("calibrate", **target)["calls"]
                taken = [worker.request("sample", calls=calls)["seconds"] for _ in range(BLOCK)]
                blocks.append([seconds / calls for seconds in taken])
            worker.end()
            found.append(blocks)
    return list(zip(*found, strict=True))


def study(
    gates: int, injected: int, percents: list[int], loads: list[str], seconds: float
) -> Iterator[Tally]:
    """The tally of each condition, as soon as it is complete."""
    from contextlib import nullcontext

    from harness.environment import allowed_cores

    cores = allowed_cores()
    for load in loads:
        if load == "busy" and len(cores) < 2:
            print("there is no other core to keep busy", file=sys.stderr)
            continue
        with hammering(cores[:-1]) if load == "busy" else nullcontext():
            for extra in (0, *percents):
                name = f"{extra} % slower, {load}" if extra else f"A against A, {load}"
                tally = Tally(name, bool(extra))
                for seed in range(injected if extra else gates):
                    one_gate(tally, extra, seed, seconds)
                    print(f"\r{tally.condition}: {seed + 1}", end="", file=sys.stderr)
                print(file=sys.stderr)
                yield tally


def main() -> None:
    """Read the arguments, run the study, print or write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gate_study")
    parser.add_argument("--gates", type=int, default=300, help="A against A, of each load")
    parser.add_argument("--injected", type=int, default=100, help="of each slowdown and load")
    parser.add_argument("--percent", type=int, nargs="*", default=[5, 10])
    parser.add_argument("--seconds", type=float, default=10.0, help="budget of a row")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    load = parser.add_mutually_exclusive_group()
    load.add_argument("--busy", dest="loads", action="store_const", const=["busy"])
    load.add_argument("--quiet", dest="loads", action="store_const", const=["quiet"])
    given = parser.parse_args()
    loads = given.loads or ["quiet", "busy"]
    out = given.out.resolve() if given.out else None
    tallies = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        repository(Path(folder))
        for tally in study(given.gates, given.injected, given.percent, loads, given.seconds):
            tallies.append(tally)
            print(tally.line(), flush=True)
        os.chdir("/")
    if out is not None:
        out.write_text(page(tallies))


def page(tallies: list[Tally]) -> str:
    """Return the table as a page, with what it was made on."""
    from harness.environment import identity

    known = identity(())
    return "\n".join(
        [
            "# How often the gate cries wolf, and how often it misses",
            "",
            "Made by `make gate-study` (`tests/benchmarks/gate_study.py`, which says how) on "
            f"{known['cpu']}, Python {known['python']}, numpy {known['versions']['numpy']}.",
            "",
            HEADER,
            *(tally.line() for tally in tallies),
            "",
            "A gate has three rows. The last columns are the customary rules: one block of "
            f"{BLOCK} samples after the other, compared by mean or minimum, in rows.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
