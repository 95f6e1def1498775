"""How much of what BLAS delivers the hand-written MLP gets; run as a module, prints a table.

    python -m tests.benchmarks.blas_share [ROUNDS]

Beside the gradient of mlp-digits large, in the same rounds and in random order, it times
- the bare matrix products of that gradient, the same shapes, layout and buffers, and nothing else;
- the product of the largest layer alone, as BLAS's rate.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter

CORE = max(os.sched_getaffinity(0))


def main(rounds: int) -> None:
    import numpy as np

    from backends import Setting
    from backends.catalogue import load
    from problems.catalogue import PROBLEMS

    problem = PROBLEMS["mlp-digits"]
    instance = problem.instance("large", seed=0)
    prepared = load("numpy").prepare(problem, "gradient", instance, Setting())
    native = prepared.encode(instance)
    rng = np.random.default_rng(0)
    weights = [w for name, w in instance.params.items() if name.startswith("w")]
    cases = len(instance.data["x"])
    products = []
    for layer, w in enumerate(weights):
        inputs, outputs = w.shape
        a, delta = rng.normal(size=(inputs, cases)), rng.normal(size=(outputs, cases))
        products.append((w.T, a, np.empty((outputs, cases))))
        products.append((a, delta.T, np.empty((inputs, outputs))))
        if layer:
            products.append((w, delta, np.empty((inputs, cases))))
    largest = max(products, key=work)

    def bare() -> None:
        for left, right, out in products:
            np.dot(left, right, out)

    contestants = {
        "gradient": lambda: prepared.run(native),
        "its products alone": bare,
        "largest product": lambda: np.dot(*largest),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 2):
        for name in rng.permutation(list(contestants)):
            start = perf_counter()
            contestants[name]()
            if number >= 2:
                times[name].append(perf_counter() - start)
    operations = {
        "gradient": sum(map(work, products)),
        "its products alone": sum(map(work, products)),
        "largest product": work(largest),
    }
    for name, seconds in times.items():
        median = np.median(seconds)
        print(f"{name:20} {median * 1e3:8.2f} ms {operations[name] / median / 1e9:8.1f} GFLOP/s")
    for name in ("its products alone", "largest product"):
        pairs = np.array(times[name]) / operations[name] / np.array(times["gradient"])
        shares = np.sort(pairs * operations["gradient"])
        low, high = shares[int(0.1 * rounds)], shares[int(0.9 * rounds)]
        print(
            f"the gradient reaches {np.median(shares):.1%} of the rate of {name!r}, paired, "
            f"80 % of {rounds} rounds within {low:.1%} ... {high:.1%}"
        )


def work(product: tuple) -> int:
    """Floating-point operations of left @ right."""
    left, right, _ = product
    return 2 * left.shape[0] * left.shape[1] * right.shape[1]


if __name__ == "__main__":
    os.sched_setaffinity(0, {CORE})
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = "1"
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
