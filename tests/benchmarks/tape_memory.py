"""Memory of a gradient of mlp-digits large, tape against numpy; run as a module, prints a table.

    python -m tests.benchmarks.tape_memory

Each backend in a fresh process: the high-water mark of its resident memory during prepare and three
runs, above what was resident before prepare (the library, the data and the encoded arguments).
Linux only: the mark is reset through /proc/self/clear_refs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BACKENDS = ("numpy", "tape", "tape-eager")


def measure(backend: str) -> float:
    """MiB above the state before prepare; in this process."""
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS["mlp-digits"]
    engine = load(backend)
    small = problem.instance("tiny", seed=0)
    engine.prepare(problem, "gradient", small, Setting())(small)  # imports
    instance = problem.instance("large", seed=0)
    keep = engine.prepare(problem, "gradient", small, Setting()).encode(instance)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    prepared = engine.prepare(problem, "gradient", instance.zeros(), Setting())
    for _ in range(3):
        prepared.run(keep)
    return (status("VmHWM") - before) / 1024


def status(key: str) -> int:
    """A figure of /proc/self/status, in KiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise LookupError(key)


def main() -> None:
    """One process per backend."""
    peaks = {}
    for backend in BACKENDS:
        command = [sys.executable, "-m", "tests.benchmarks.tape_memory", backend]
        peaks[backend] = float(subprocess.run(command, check=True, capture_output=True).stdout)
        ratio = peaks[backend] / peaks[BACKENDS[0]]
        print(f"{backend:12} {peaks[backend]:8.1f} MiB   {ratio:.2f} x {BACKENDS[0]}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(measure(sys.argv[1]))
    else:
        main()
