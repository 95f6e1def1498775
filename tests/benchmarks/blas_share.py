"""How much of what BLAS delivers the hand-written MLP gets; run as a module, prints a table.

    python -m tests.benchmarks.blas_share [ROUNDS]

Beside the gradient of mlp-digits large, in turn with it (turns.py), it times
- the bare matrix products of that gradient, the same shapes, layout and buffers, and nothing else;
- the product of the largest layer alone, as BLAS's rate.
"""

from __future__ import annotations

import sys

from tests.benchmarks.turns import one_core, race


def main(rounds: int) -> None:
    import numpy as np

    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.problems.catalogue import PROBLEMS

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
    times = race(contestants, rounds, 0.0, rng)
    operations = {
        "gradient": sum(map(work, products)),
        "its products alone": sum(map(work, products)),
        "largest product": work(largest),
    }
    for name, seconds in times.items():
        median = np.median(seconds)
        print(f"{name:20} {median * 1e3:8.2f} ms {operations[name] / median / 1e9:8.1f} GFLOP/s")
    for name in ("its products alone", "largest product"):
        pairs = times[name] / operations[name] / times["gradient"]
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
    one_core()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
