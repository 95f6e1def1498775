"""What a store of a million samples on a PostgreSQL server costs: to write by four, to read, to sum up.

    python -m tests.benchmarks.server_scale                     400 runs of 100 cells, by 4 writers
    python -m tests.benchmarks.server_scale --cells 4000        a tenth of it, for a taste

The server is a new one (Debian's settings, fsync on) in a temporary folder on this machine. Each writer is
a process of its own that stores as `run` does: a workload's cells in a transaction, one run after the
other; what is written is drawn before the clock starts (`store_scale.py`). A second of the wall is told
beside the processor's, as the former is about how busy the machine is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

import numpy as np
from sqlalchemy import create_engine

from gradparity.results.store.store import open_store
from tests import ROOT
from tests.benchmarks.store_scale import BACKENDS, CELLS, SAMPLES, cost, drawn_cells, drawn_run
from tests.postgres import started

WORKLOAD = 5 * len(BACKENDS)
"""Cells of a transaction: a problem at five sizes... of four backends."""

SUMMARY = """
SELECT backend, dtype, count(*), sum(length(samples)) / 36,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY median_s),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY high_s / low_s)
FROM cells WHERE median_s IS NOT NULL GROUP BY backend, dtype ORDER BY backend
"""
"""Over all runs: how many cells and samples a backend has, its median time, and a usual interval's width."""


def write(url: str, first: int, runs: int, cells: int) -> None:
    """Be a writer: draw, say so, wait for a line, store; print the processor seconds of storing."""
    rng = np.random.default_rng(first)
    made = [(drawn_run(first + n), list(drawn_cells(rng, cells))) for n in range(runs)]
    samples = sum(len(cell.samples) + len(cell.control) for _, some in made for cell in some)
    print("drawn", flush=True)
    sys.stdin.readline()
    start = time.process_time()
    with open_store(url) as store:
        for run, some in made:
            store.begin(run)
            for at in range(0, len(some), WORKLOAD):
                store.add(run.id, *some[at : at + WORKLOAD])
            store.finish(run.id, "finished", "2026-11-24T00:00:00+00:00")
    print(samples, time.process_time() - start, flush=True)


def written(url: str, writers: int, runs: int, cells: int) -> tuple[int, float, float]:
    """How many samples the writers have stored, in how many seconds: of the wall, of the processor."""
    each = runs // writers
    code = "from tests.benchmarks import server_scale as s; s.write({!r}, {}, {}, {})"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code.format(url, n * each, each, cells // runs)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for n in range(writers)
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "drawn\n"
    start = time.monotonic()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    told = [child.communicate()[0].split() for child in children]
    wall = time.monotonic() - start
    return sum(int(one[0]) for one in told), wall, sum(float(one[1]) for one in told)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--cells", type=int, default=CELLS)
    given = parser.parse_args()
    runs = max(given.cells // 100, given.writers)
    with started(fsync=True) as server:
        os.environ["PGPASSFILE"] = str(server.passfile)
        url = server.url(server.database())
        open_store(url).close()
        before = server.processor_s()
        samples, wall, writers = written(url, given.writers, runs, given.cells)
        served = server.processor_s() - before
        print(
            f"{runs:,} runs, {given.cells:,} cells of {SAMPLES} samples, {samples:,} with controls"
        )
        print(f"written by {given.writers}: {wall:.1f} s, {samples / wall:,.0f} samples a second;")
        print(f"processor: {writers:.1f} s of the writers, {served:.1f} s of the server;")
        print(f"{samples / (writers + served):,.0f} samples a second of the processor")
        engine = create_engine(url)
        with engine.connect() as connection:
            size = connection.exec_driver_sql(
                "SELECT pg_database_size(current_database())"
            ).scalar()
            start = time.monotonic()
            found = connection.exec_driver_sql(SUMMARY).all()
            seconds = time.monotonic() - start
        engine.dispose()
        print(f"{size / 2**20:.0f} MiB, {size / given.cells:,.0f} bytes a cell\n")
        print(f"{'':32}{'wall s':>10}{'processor s':>13}")
        print(f"{'summary over all, by SQL':32}{seconds:10.2f}")
        assert sum(row[2] for row in found) > 0.9 * given.cells
        ways = (["show", "RUN"], ["show", "--all"], ["compare", "RUN", "RUN", "-f", "csv"])
        for words in (*ways, ["store", "check"]):
            start = time.monotonic()
            used, _, code = cost(list(words), url)
            assert code == 0, words
            print(f"{' '.join(words):32}{time.monotonic() - start:10.2f}{used:13.2f}", flush=True)


if __name__ == "__main__":
    main()
