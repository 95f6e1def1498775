"""How often the gate cries wolf, and how often it misses; run as a module, prints a table.

    python -m tests.studies.gate_study [--gates 300] [--injected 100] [--percent 5 10]
        [--load quiet hammered] [--kept gates.jsonl] [--out docs/gate-study.md]

Every gate is a real one: a git repository with small losses, a commit, a change, fresh processes.
A against A: the change is a comment. Injected: the gradient, a loop over a hundred equal blocks of
its data, does 5 or 10 of them twice. The load is a word for what else the machine does; "hammered"
has another process hammer the other core, any other word is for whoever starts the study to make
true. Every gate is kept in a file as soon as it has ended: the study goes on where it was stopped,
and files of several studies (--first parts their seeds) can be joined.

Beside the gate stand the customary rules, on the same losses right after it: a block of samples of
base, then a block of samples of head, each in a process of its own, compared by their mean or their
minimum, as pytest-benchmark's `--benchmark-compare-fail=mean:5%` and `min:5%` do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any

BLOCK = 50
"""Samples in a block of the customary rules."""

LOSSES = '''
import numpy as np
from gradparity import Instance, Problem

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
            counted = float(block >= 0)  # what is done again does as much, and adds nothing
            residual = X[part] @ w - y[part]
            total += counted * np.sum(value(residual))
            g += counted * (X[part].T @ slope(residual))
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """One gate: its condition, the rows' statuses, what the customary rules say of each row."""

    load: str
    percent: int
    statuses: list[str]
    mean_rule: list[bool]
    min_rule: list[bool]
    seconds: float


def line(load: str, percent: int, gates: list[Outcome]) -> str:
    """Return a line of the table: the gates of one condition, counted in gates and in rows."""

    def count(every: Iterable[Any]) -> str:
        found = list(every)
        return f"{sum(map(bool, found))} of {len(found)}"

    rows = [status for gate in gates for status in gate.statuses]
    beside = {"quiet": "nothing else running", "hammered": "the other core hammered"}.get(
        load, load
    )
    words = (
        f"{percent} % slower, {beside}" if percent else f"A against A, {beside}",
        count("regressed" in gate.statuses for gate in gates),
        count(status == "regressed" for status in rows),
        count(status == "inconclusive" for status in rows),
        count(said for gate in gates for said in gate.mean_rule),
        count(said for gate in gates for said in gate.min_rule),
        f"{median(gate.seconds for gate in gates):.0f} s",
    )
    return "| " + " | ".join(words) + " |"


def table(gates: list[Outcome]) -> list[str]:
    """Return a line per condition, in the order in which they were begun."""
    conditions: dict[tuple[str, int], list[Outcome]] = {}
    for gate in gates:
        conditions.setdefault((gate.load, gate.percent), []).append(gate)
    return [line(load, percent, found) for (load, percent), found in conditions.items()]


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
    """Keep a core other than the timing one busy with arithmetic and memory, while we live."""
    code = (
        f"import os; os.sched_setaffinity(0, {set(cores)!r})\n"
        "import numpy as np\nx = np.ones(2**22)\n"
        f"while os.getppid() == {os.getpid()}: x = np.sqrt(x + 1)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def one_gate(load: str, percent: int, seed: int, seconds: float) -> Outcome:
    """One gate in the current folder, and the customary rules after it."""
    from gradparity.harness.gate.effort import Effort
    from gradparity.harness.gate.live import gate
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.plan import make_plan

    write(Path(), percent, f"change {seed}")
    plan = make_plan(["losses.py"], Options(backends=("numpy",), seed=seed))
    start = perf_counter()
    found = gate(plan, "main", Effort(seconds=seconds))
    took = perf_counter() - start
    statuses = [row.status for row in found.rows]
    assert set(statuses) <= {"pass", "regressed", "improved", "inconclusive"}, found
    blocks = customary(seed)
    return Outcome(
        load,
        percent,
        statuses,
        [fmean(head) > 1.05 * fmean(base) for base, head in blocks],
        [min(head) > 1.05 * min(base) for base, head in blocks],
        round(took, 2),
    )


def customary(seed: int) -> list[tuple[list[float], list[float]]]:
    """Seconds per call in a block of base, then in a block of head, of each loss."""
    from gradparity.harness.gate.sides import sides
    from gradparity.harness.messages.timed import Calibrate, Prepare, TakeSample
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.plan import Subject, make_plan
    from gradparity.harness.processes.environment import allowed_cores
    from gradparity.harness.processes.limits import Limits
    from gradparity.harness.processes.process import WorkerProcess
    from gradparity.harness.timing.rounds import LONG_SAMPLE_S, SHORT_SAMPLE_S

    plan = make_plan(["losses.py"], Options(backends=("numpy",), seed=seed))
    limits = Limits(allowed_cores()[-1:], 60)
    found: list[list[list[float]]] = []
    with sides("main", plan.files) as both:
        for tree in (both.base, both.head):
            worker = WorkerProcess("numpy", limits, tree)
            blocks = []
            for workload in plan.workloads:
                spec = plan.spec(workload, Subject("numpy"))
                given = both.in_base(spec) if tree is both.base else spec
                worker.request(Prepare(given, None))
                calls = worker.request(Calibrate(SHORT_SAMPLE_S, LONG_SAMPLE_S)).calls
                taken = [worker.request(TakeSample(calls)).seconds for _ in range(BLOCK)]
                blocks.append([seconds / calls for seconds in taken])
            worker.end()
            found.append(blocks)
    return list(zip(*found, strict=True))


def kept(file: Path) -> list[Outcome]:
    """Return the gates that a file holds; none where there is no file."""
    if not file.exists():
        return []
    return [Outcome(**json.loads(one)) for one in file.read_text().splitlines()]


def study(wanted: dict[int, int], loads: list[str], seconds: float, file: Path, first: int) -> None:
    """Run the gates that the file still lacks. wanted: percent slower -> number of gates."""
    from gradparity.harness.processes.environment import allowed_cores

    cores = allowed_cores()
    for load in loads:
        if load == "hammered" and len(cores) < 2:
            print("there is no other core to hammer", file=sys.stderr)
            continue
        with hammering(cores[:-1]) if load == "hammered" else nullcontext():
            for percent, number in wanted.items():
                done = [g for g in kept(file) if (g.load, g.percent) == (load, percent)]
                for seed in range(first + len(done), first + number):
                    done.append(one_gate(load, percent, seed, seconds))
                    with file.open("a") as opened:
                        opened.write(json.dumps(asdict(done[-1])) + "\n")
                    print("\r" + line(load, percent, done), end="", file=sys.stderr)
                print(file=sys.stderr)


def main() -> None:
    """Read the arguments, run the study, print or write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.gate_study")
    parser.add_argument("--gates", type=int, default=300, help="A against A, of each load")
    parser.add_argument("--injected", type=int, default=100, help="of each slowdown and load")
    parser.add_argument("--percent", type=int, nargs="*", default=[5, 10])
    parser.add_argument("--seconds", type=float, default=10.0, help="budget of a row")
    parser.add_argument("--load", nargs="*", default=["quiet", "hammered"])
    parser.add_argument("--first", type=int, default=0, help="seed of the first gate")
    parser.add_argument("--kept", type=Path, default=Path(".gradparity/gate-study.jsonl"))
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    given = parser.parse_args()
    out = given.out.resolve() if given.out else None
    file = given.kept.resolve()
    file.parent.mkdir(exist_ok=True)
    wanted = {0: given.gates, **dict.fromkeys(given.percent, given.injected)}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        repository(Path(folder))
        study(wanted, given.load, given.seconds, file, given.first)
        os.chdir("/")
    text = page(kept(file))
    print(text)
    if out is not None:
        out.write_text(text)


def page(gates: list[Outcome]) -> str:
    """Return the table as a page, with what it was made on."""
    from gradparity.harness.processes.environment import identity

    known = identity(())
    return "\n".join(
        [
            "# How often the gate cries wolf, and how often it misses",
            "",
            "Made by `make gate-study` (`tests/studies/gate_study.py`, which says how) on "
            f"{known.cpu}, Python {known.python}, numpy {known.versions['numpy']}.",
            "",
            HEADER,
            *table(gates),
            "",
            "A gate has three rows. The last columns but one are the customary rules: one block of "
            f"{BLOCK} samples after the other, compared by mean or minimum, in rows. The last is a "
            "gate's median duration.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
