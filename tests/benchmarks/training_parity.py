"""Where trajectories part: every backend in closed loop beside numpy; run as a module.

    python -m tests.benchmarks.training_parity [--steps 1000] [--update adam,...] [PROBLEM ...]

Same start, same rates, all cases in every batch, float64. A backend's own rounding, 1e-16 a step, is
carried on by the descent itself: where steps contract it dies out, along a ridge or at the edge of
stability it grows. Printed per backend: the largest difference of a parameter (over the larger of 1
and the parameter), and the first step at which it is over 1e-12, if there is one.
"""

from __future__ import annotations

import argparse

BACKENDS = ("tape", "jax", "torch")
RATES = {
    "regression-linear": 1e-2,
    "xor-tanh": 0.1,
    "mlp-digits": 1e-2,
    "rosenbrock": 1e-3,
    "price-ad-sqrt": 1e-2,
}
OVER = 1e-12


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--update", default="gd,momentum,nesterov,adagrad,rmsprop,adam,adamw,lion")
    options = parser.parse_args()

    from gradparity.problems.catalogue import PROBLEMS
    from tests.backends.steps import apart, step_of, trajectory

    print(f"{'problem':18}{'update':10}" + "".join(f"{name:>28}" for name in BACKENDS))
    for name in options.problems or RATES:
        problem = PROBLEMS[name]
        instance = problem.instance("tiny", seed=3)
        for update in options.update.split(","):
            rate = RATES[name] * (0.1 if update in ("momentum", "nesterov", "lion") else 1.0)
            batches, rates = [instance.data] * options.steps, [rate] * options.steps
            runs = {}
            for backend in ("numpy", *BACKENDS):
                step = step_of(backend, problem, update, {}, instance)
                runs[backend] = trajectory(step, instance.params, batches, rates)[0], step.how
            row = f"{name:18}{update:10}"
            for backend in BACKENDS:
                places, how = runs[backend]
                differences = [
                    apart([a], [b]) for a, b in zip(places, runs["numpy"][0], strict=True)
                ]
                over = next((k for k, x in enumerate(differences, 1) if not x <= OVER), None)
                since = "" if over is None else f" from {over}"
                row += f"{f'{how} {max(differences):.0e}{since}':>28}"
            print(row, flush=True)


if __name__ == "__main__":
    main()
