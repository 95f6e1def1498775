"""Kill -9 of a worker, the parent, the scheduler: `python -m tests.studies.cluster_kills [TIMES [ROUND ...]]`.

Each so many times (30), at random moments, or in these rounds of them alone. A line for each kill;
the last says how many lost something, made something twice, or left a process.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.cluster_kills import PARENT, SCHEDULER, WORKER, killed_in_turn

TIMES = 30


def main() -> int:
    """Print what became of each; 1 if anything did."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    bad: Counter[str] = Counter()
    rounds = [int(one) for one in sys.argv[2:]] or range(times)
    for number in rounds:
        rng = random.Random(number)
        order = [WORKER, PARENT, SCHEDULER]
        rng.shuffle(order)
        with tempfile.TemporaryDirectory() as folder:
            for one in killed_in_turn(order, Path(folder), rng):
                print(number, one, flush=True)
                bad[one.victim] += not one.good
    for victim in (WORKER, PARENT, SCHEDULER):
        print(
            f"{victim}: killed {len(rounds)} times, {bad[victim]} with something lost, twice or left"
        )
    return int(any(bad.values()))


if __name__ == "__main__":
    sys.exit(main())
