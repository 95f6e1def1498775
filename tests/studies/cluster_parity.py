"""Does a run on a cluster say what the same run says here? `python -m tests.studies.cluster_parity`.

The suite quick (or another: the command takes what `run` does), twice here and once with `--cluster
local`: how many verdicts are the same, and of how many rows the intervals of the ratio overlap; here
and here is what the machine's noise makes of two equals. How the memory of a process lies shifts all
of its samples, and an interval of K processes spans about what they span. If that were all, those of
two equal runs would part with probability 2/C(2 K, K): a third for K = 2, 0.03 for `--processes 4`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import Any

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()", "run"]
KEY = ("problem", "size", "backend", "variant", "operator", "dtype")
WANTED = 0.95
"""Of rows whose intervals overlap."""

Rows = dict[tuple[Any, ...], dict[str, Any]]


def rows(*asked: str) -> Rows:
    """The rows of a run, by what they are of."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*COMMAND, *asked, "--no-pictures", "--store", "r.db", "--format", "json"],
            cwd=folder, stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
    return {tuple(row[name] for name in KEY): row for row in json.loads(done.stdout)["rows"]}


def compared(first: Rows, second: Rows) -> tuple[int, int, int]:
    """How many verdicts are the same; of how many rows with a ratio the intervals overlap."""
    same = sum(row["status"] == second[key]["status"] for key, row in first.items())
    pairs = [(row, second[key]) for key, row in first.items() if row["ratio"] not in (None, 1)]
    both = [(a, b) for a, b in pairs if b["ratio"] is not None]
    overlap = sum(
        a["ratio_low"] <= b["ratio_high"] and b["ratio_low"] <= a["ratio_high"] for a, b in both
    )
    return same, overlap, len(both)


def main() -> int:
    """Print both comparisons; 1 if verdicts differ, or ratios more often than allowed."""
    asked = sys.argv[1:] or ["quick"]
    here, again, there = rows(*asked), rows(*asked), rows(*asked, "--cluster", "local")
    for what, second in (("here, twice", again), ("here and on a cluster", there)):
        same, overlap, ratios = compared(here, second)
        told = f"{same} of {len(here)} verdicts are the same, {overlap} of {ratios} intervals"
        print(f"{what}: {told} of ratios overlap")
    return int(same < len(here) or overlap < WANTED * ratios)


if __name__ == "__main__":
    sys.exit(main())
