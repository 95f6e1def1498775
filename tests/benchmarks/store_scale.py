"""What a store of a million samples costs: processor seconds and memory of every way to read it.

    python -m tests.benchmarks.store_scale                       400 runs of 100 cells
    python -m tests.benchmarks.store_scale --runs 1              one run of 40,000 cells
    python -m tests.benchmarks.store_scale --only write --out F  the store alone, in a file

The store is drawn from a seed: a cell has 25 samples of 2 processes, 4 backends share a problem,
every tenth problem has a cell that failed, and the reference has a control. Each way of reading is a
process of its own, the command as a user types it, and what is told is processor time (user and
system, with starting Python), since wall time on a busy machine is about the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Cell, Run, Sample
from gradparity.results.store.store import open_store
from tests import ROOT

CELLS = 40_000
SAMPLES = 25
BACKENDS = ("numpy", "tape", "jax", "torch")
WAYS = {
    "show RUN": ["show", "RUN"],
    "show --all": ["show", "--all"],
    "show RUN -f markdown": ["show", "RUN", "-f", "markdown"],
    "show RUN --scaling": ["show", "RUN", "--scaling"],
    "compare RUN RUN": ["compare", "RUN", "RUN", "-f", "csv"],
    "store check": ["store", "check"],
    **{
        f"export -f {form}": ["export", "RUN", "-f", form, "-o", os.devnull]
        for form in (
            *("csv", "json", "markdown", "latex", "parquet"),
            *("pytest-benchmark", "github-action-benchmark", "junit"),
        )
    },
}


def drawn_run(number: int) -> Run:
    """One of the runs, with an environment of a usual length."""
    pools = {name: [{"internal_api": "openblas", "num_threads": 1}] * 3 for name in BACKENDS}
    return Run(
        id=f"20261123-{number:06}-3fa9",
        started=f"2026-11-23T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}+00:00",
        finished="2026-11-24T00:00:00+00:00",
        status="finished",
        suite="scale",
        command="gradparity run scale",
        reference="numpy",
        options={"targets": ["scale"], "seed": 0, "rounds": SAMPLES},
        environment=Environment(cpu="Drawn CPU", cores=2, pools=pools, python="3.11.7"),
    )


def drawn_cells(rng: np.random.Generator, count: int) -> Iterator[Cell]:
    """The cells of one run, problem by problem."""
    for number in range(count // len(BACKENDS)):
        parameters = 10 ** (1 + number % 5)
        drift = rng.normal(0, 0.05, SAMPLES)
        for place, backend in enumerate(BACKENDS):
            failed = place == 3 and number % 10 == 0
            level = 1e-5 * (1 + place) + 1e-9 * parameters
            seconds = level * np.exp(drift + rng.normal(0, 0.02, (2, SAMPLES)))
            samples, control = (
                tuple(
                    Sample(r, place, 40, float(s), float(s) * 0.99, r % 2)
                    for r, s in enumerate(one)
                )
                for one in seconds
            )
            yield Cell(
                problem=f"problem-{number // 5}",
                size=("tiny", "small", "medium", "large", "huge")[number % 5],
                parameters=parameters,
                backend=backend,
                variant="portable",
                operator="gradient",
                dtype="float64",
                device="cpu",
                threads=1,
                status="crashed" if failed else "ok",
                reason="crashed: signal 9" if failed else "",
                max_error=None if failed else float(rng.uniform(0.1, 9.0)),
                bound=64.0,
                oracle="dual numbers",
                prepare_s=0.01,
                first_s=0.02,
                samples=() if failed else samples,
                control=control if place == 0 else (),
            )


def write(path: Path, runs: int, cells: int) -> float:
    """Fill a new store; processor seconds."""
    start = time.process_time()
    rng = np.random.default_rng(20261123)
    with open_store(path) as store:
        for number in range(runs):
            store.put(drawn_run(number), list(drawn_cells(rng, cells // runs)))
    return time.process_time() - start


def cost(arguments: list[str], store: Path | str) -> tuple[float, float, int]:
    """Processor seconds, MiB of memory at most, and exit code of a command on the store."""
    code = "from gradparity.harness.cli import main; main()"
    named = [drawn_run(0).id if one == "RUN" else one for one in arguments]
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            [sys.executable, "-c", code, *named, "--store", str(store)],
            stdout=out,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, child.returncode


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--cells", type=int, default=CELLS)
    parser.add_argument("--only", default="", help="ways whose name starts so; write: none")
    parser.add_argument("--out", type=Path, help="keep the store here; is taken if it is there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.out or Path(folder) / "scale.db"
        if not path.exists():
            # In a process of its own: a child's memory is counted from what its parent had.
            with ProcessPoolExecutor(1) as pool:
                seconds = pool.submit(write, path, given.runs, given.cells).result()
            print(f"written in {seconds:.1f} s of processor time")
        samples = given.cells * SAMPLES
        print(f"{given.runs:,} runs, {given.cells:,} cells, some {samples:,} samples and controls,")
        print(f"{path.stat().st_size / 2**20:.0f} MiB\n")
        print(f"{'':32}{'processor s':>12}{'MiB':>8}{'exit':>6}")
        for name, arguments in WAYS.items():
            if name.startswith(given.only):
                seconds, memory, code = cost(arguments, path)
                print(f"{name:32}{seconds:12.2f}{memory:8.0f}{code:6}", flush=True)


if __name__ == "__main__":
    main()
