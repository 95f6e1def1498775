"""Measures the rows that are named, or all, and writes the page."""

from __future__ import annotations

import argparse
import subprocess
import sys
from time import process_time

from tests.benchmarks.turns import one_core, race


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed")
    parser.add_argument("problems", nargs="*", help="problems, or families; all where none")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--milliseconds", type=float, default=2.0)
    parser.add_argument("--missing", action="store_true", help="only those never measured")
    parser.add_argument("--page", action="store_true", help="write the page, measure nothing")
    options = parser.parse_args()

    import numpy as np

    from gradparity.problems.catalogue import PROBLEMS
    from tests import ROOT
    from tests.benchmarks.speed.contestants import contestants
    from tests.benchmarks.speed.page import PAGE, page
    from tests.benchmarks.speed.rows import SpeedRow, keep, kept

    rows, rng = kept(), np.random.default_rng(0)
    git = ["git", "-C", str(ROOT), "rev-parse", "--short=8", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    named = [
        (name, size)
        for name, problem in PROBLEMS.items()
        for size in problem.sizes
        if not options.problems
        or any(name == x or name.startswith(f"{x}-") for x in options.problems)
    ]
    for name, size in [] if options.page else named:
        if options.missing and f"{name} {size}" in rows:
            continue
        start = process_time()
        with np.errstate(all="ignore"):
            parameters, runs = contestants(name, size)
            seconds = race(runs, options.rounds, options.milliseconds / 1e3, rng, process_time)
        row = SpeedRow(name, size, parameters, commit, {k: list(x) for k, x in seconds.items()})
        rows = {**kept(), row.name: row}
        order = {f"{n} {s}": i for i, (n, p) in enumerate(PROBLEMS.items()) for s in p.sizes}
        keep({key: rows[key] for key in sorted(rows, key=lambda x: order.get(x, 0))})
        told = " ".join(
            f"{ours}/{theirs} {found[0]:.2f}"
            for ours in ("numpy", "tape")
            for theirs in ("jax", "torch", "autograd")
            if (found := row.ratio(ours, theirs))
        )
        sys.stderr.write(f"{row.name:32} {process_time() - start:5.1f} s  {told}\n")
    PAGE.write_text(page(rows))


if __name__ == "__main__":
    one_core()
    main()
