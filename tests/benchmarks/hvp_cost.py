"""What a Hessian times a vector costs, in gradients; run as a module, prints a table.

    python -m tests.benchmarks.hvp_cost [ROUNDS]

For every problem and size above 1,000 parameters, on numpy and tape: hvp and gradient are
timed in turn, in random order; the ratio is the median of the paired ones, with its 95 % interval.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter


def main(rounds: int) -> None:
    """Every backend x problem x size."""
    import numpy as np

    from backends import Setting
    from backends.catalogue import load
    from problems.catalogue import PROBLEMS
    from results.statistics import median_interval

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
                    runs[operator] = (prepared.run, prepared.encode(instance))
                run, native = runs["gradient"]
                run(native)
                start = perf_counter()
                run(native)
                calls = max(1, int(0.005 / (perf_counter() - start)))
                ratios = []
                for _ in range(rounds):
                    seconds = {}
                    for operator in rng.permutation(list(runs)):
                        run, native = runs[operator]
                        start = perf_counter()
                        for _ in range(calls):
                            run(native)
                        seconds[operator] = perf_counter() - start
                    ratios.append(seconds["hvp"] / seconds["gradient"])
                found = median_interval(ratios[1:])
                where = f"{problem.name} {size}"
                print(
                    f"{name:6} {where:28} {instance.parameters:>10,} parameters"
                    f"   hvp = {found.estimate:.2f} gradients  [{found.low:.2f}, {found.high:.2f}]",
                    flush=True,
                )


if __name__ == "__main__":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = "1"
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 16)
