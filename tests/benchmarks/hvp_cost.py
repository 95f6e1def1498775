"""What a Hessian times a vector costs, in gradients; run as a module, prints a table.

    python -m tests.benchmarks.hvp_cost [ROUNDS]

For every problem and size above 1,000 parameters, on numpy and tape: hvp and gradient in turn
(turns.py), five milliseconds each; the ratio is the median of the paired ones, with its 95 %
interval.
"""

from __future__ import annotations

import sys
from functools import partial

from tests.benchmarks.turns import one_core, race


def main(rounds: int) -> None:
    """Every backend x problem x size."""
    import numpy as np

    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.problems.catalogue import PROBLEMS
    from gradparity.results.times.statistics import median_interval

    np.seterr(all="ignore")
    rng = np.random.default_rng(0)
    for problem in PROBLEMS.values():
        for size in problem.sizes:
            instance = problem.instance(size, seed=0)
            if instance.parameters <= 1_000:
                continue
            for name in ("numpy", "tape"):
                backend = load(name)
                if backend.unsupported(problem, "hvp"):
                    continue
                runs = {}
                for operator in ("gradient", "hvp"):
                    prepared = backend.prepare(problem, operator, instance.zeros(), Setting())
                    native = prepared.encode(instance)
                    runs[operator] = partial(prepared.run, native)
                times = race(runs, rounds, 0.005, rng)
                found = median_interval(list(times["hvp"] / times["gradient"]))
                where = f"{problem.name} {size}"
                print(
                    f"{name:6} {where:28} {instance.parameters:>10,} parameters"
                    f"   hvp = {found.estimate:.2f} gradients  [{found.low:.2f}, {found.high:.2f}]",
                    flush=True,
                )


if __name__ == "__main__":
    one_core()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 16)
