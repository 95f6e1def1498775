"""How fast compiled gradients are beside other backends; run as a module, prints a table.

    python -m tests.benchmarks.tape_speed [--rounds 30] [--against numpy,jax,torch] [PROBLEM ...]

One core, one thread, float64, everybody in turn (turns.py), about two milliseconds each; a ratio is
the median of the rounds'.
"""

from __future__ import annotations

import argparse

from tests.benchmarks.turns import one_core, race


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--against", default="numpy,jax,torch")
    parser.add_argument("--milliseconds", type=float, default=2.0)
    options = parser.parse_args()
    rivals = options.against.split(",")

    import numpy as np

    from gradparity.problems.catalogue import PROBLEMS

    rng = np.random.default_rng(0)
    ratios: dict[str, list[float]] = {rival: [] for rival in rivals}
    print(f"{'problem':24}{'size':8}{'tape, us':>11}" + "".join(f"{'/ ' + r:>9}" for r in rivals))
    for name in options.problems or PROBLEMS:
        for size in PROBLEMS[name].sizes:
            runs = contestants(name, size, rivals)
            times = race(runs, options.rounds, options.milliseconds / 1e3, rng)
            row = f"{name:24}{size:8}{np.median(times['tape']) * 1e6:11.2f}"
            for rival in rivals:
                if rival not in times:
                    row += f"{'-':>9}"
                    continue
                ratios[rival].append(float(np.median(times["tape"] / times[rival])))
                row += f"{ratios[rival][-1]:9.2f}"
            print(row, flush=True)
    row = f"{'geometric mean':43}"
    print(row + "".join(f"{np.exp(np.mean(np.log(ratios[r]))):9.3f}" for r in rivals))
    print(f"{'largest':43}" + "".join(f"{max(ratios[r]):9.2f}" for r in rivals))


def contestants(name: str, size: str, rivals: list[str]) -> dict[str, object]:
    """Contestant -> run(); rivals that do not have the problem are absent."""
    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.backends.numpy_tape.compile import compile_operator
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS[name]
    instance = problem.instance(size, seed=0)
    params, data = instance.params, instance.data
    compiled = compile_operator("gradient", problem.loss, params, data).run
    runs = {"tape": lambda: compiled(params, data)}
    for rival in rivals:
        backend = load(rival)
        if backend.unavailable() or backend.unsupported(problem, "gradient"):
            continue
        prepared = backend.prepare(problem, "gradient", instance, Setting())
        native = prepared.encode(instance)
        runs[rival] = lambda run=prepared.run, native=native: run(native)
    return runs


if __name__ == "__main__":
    one_core()
    main()
