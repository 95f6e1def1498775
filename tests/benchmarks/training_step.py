"""How fast a training step is beside jitted optax and torch.optim; run as a module, prints a table.

    python -m tests.benchmarks.training_step [--rounds 15] [--update adam,momentum,gd] [PROBLEM ...]

One core, one thread, float64, all cases in every batch, everybody in turn (turns.py), about five
milliseconds each; a ratio is the median of the rounds'. jax and torch run with the portable and
with their idiomatic loss, and count with the faster of the two. The rate is small, so that nothing
ends or diverges.

On a busy machine JAX loses more than the others, for it hands its work to a thread of its own: the
last line, which compares everybody's fastest rounds, is what a quiet one would show.
"""

from __future__ import annotations

import argparse

from tests.benchmarks.turns import one_core, race

OURS, RIVALS = ("numpy", "tape"), ("jax", "torch")
RATE = 1e-6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--update", default="adam,momentum,gd")
    parser.add_argument("--milliseconds", type=float, default=5.0)
    options = parser.parse_args()

    import numpy as np

    from gradparity.problems.catalogue import PROBLEMS

    rng = np.random.default_rng(0)
    pairs = [(ours, rival) for ours in OURS for rival in RIVALS]
    logs: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    fastest: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    head = "".join(f"{f'{ours}/{rival}':>13}" for ours, rival in pairs)
    print(f"{'problem':13}{'size':8}{'update':10}{'numpy, us':>11}{head}")
    names = options.problems or ["mlp-digits", "xor-sigmoid", "xor-tanh", "xor-relu"]
    for name in names:
        for size in PROBLEMS[name].sizes:
            for update in options.update.split(","):
                steps = contestants(name, size, update)
                times = race(steps, options.rounds, options.milliseconds / 1e3, rng)
                best = {label: [min(found)] for label, found in times.items()}
                row = f"{name:13}{size:8}{update:10}{np.median(times['numpy']) * 1e6:11.1f}"
                for pair in pairs:
                    ratio = faster(times, *pair)
                    logs[pair].append(np.log(ratio))
                    fastest[pair].append(np.log(faster(best, *pair)))
                    row += f"{ratio:13.2f}"
                print(row, flush=True)
    for title, found in (("geometric mean", logs), ("of the fastest rounds", fastest)):
        row = "".join(f"{np.exp(np.mean(found[pair])):13.3f}" for pair in pairs)
        print(f"{title:42}{row}")


def faster(times: dict[str, list[float]], ours: str, rival: str) -> float:
    """Ours over the faster of the rival's losses: the larger of the median ratios."""
    import numpy as np

    variants = [label for label in times if label.partition(" ")[0] == rival]
    return max(float(np.median(np.divide(times[ours], times[label]))) for label in variants)


def contestants(name: str, size: str, update: str) -> dict[str, object]:
    """Contestant -> its step()."""
    from gradparity.problems.catalogue import PROBLEMS

    problem = PROBLEMS[name]
    steps = {label: stepping(label, problem, update, size) for label in OURS}
    for rival in RIVALS:
        steps[rival] = stepping(rival, problem, update, size)
        if rival in problem.idiomatic:
            label = f"{rival} (idiomatic)"
            steps[label] = stepping(rival, problem.idiomatic_for(rival), update, size)
    return steps


def stepping(backend: str, problem: object, update: str, size: str) -> object:
    """step(): one training step of the backend, on from where the last one ended."""
    from gradparity.backends import Setting, Training
    from gradparity.backends.catalogue import load
    from gradparity.backends.training_step import training_step

    instance = problem.instance(size, seed=0)
    made = training_step(load(backend), problem, Training(update), instance.zeros(), Setting())
    assert made.how == {"jax": "optax", "torch": "torch.optim"}.get(backend, "ours")
    state, batch, run = made.start(instance.params), made.batch(instance.data), made.run

    def step() -> None:
        nonlocal state
        state, _ = run(state, batch, RATE)

    return step


if __name__ == "__main__":
    one_core()
    main()
