"""Are right gradients ever accused? Judge all that are available, and print the worst.

python -m tests.harness.right_gradients_study SEEDS [--sizes tiny,small] [--operators gradient]
    [--backends numpy,tape,jax,torch] [--problems mlp-digits]

Each backend's answers in both dtypes are judged at instances as drawn and near the minimum, and with
the loss scaled by 10⁻⁶ and 10⁶. `--sizes large --problems mlp-digits` is the largest network.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from backends import Unsupported
from backends.catalogue import load
from backends.numpy_tape.compile import compile_operator
from harness.gradient_check import answered, checked
from harness.truth import Truth
from problems import InputError
from problems.catalogue import PROBLEMS

BACKENDS = ("numpy", "tape", "tape-eager", "jax", "torch", "torch-func", "autograd")
"""Those that take no minutes to prepare."""

STATES = ("fresh", "trained", "1e-6", "1e6")
STEPS = 300
FAR = 1e6
"""Where training of a loss without a minimum ends."""


@dataclass(frozen=True)
class Case:
    """One judged pair of answers; part: the larger u as a part of the bound."""

    part: float
    status: str
    where: str


def in_state(problem, instance, state):
    """The problem and the instance in one of `STATES`."""
    if state == "fresh":
        return problem, instance
    if state == "trained":
        return problem, trained(problem, instance)
    return scaled(problem, float(state)), instance


def scaled(problem, factor):
    """The problem with its loss and its residuals times `factor`."""
    residuals = None
    if problem.residuals is not None:

        def residuals(xp, params, data):
            return factor * problem.residuals(xp, params, data)

    def loss(xp, params, data):
        return factor * problem.loss(xp, params, data)

    return replace(problem, loss=loss, residuals=residuals, idiomatic={}, minimum=None)


def trained(problem, instance, steps=STEPS):
    """The instance after gradient steps, a fifth longer after a success, half as long after none."""
    params = {name: np.array(x) for name, x in instance.params.items()}
    run = compile_operator("gradient", problem.loss, params, instance.data).run
    with np.errstate(all="ignore"):
        value, gradient = _copied(run(params, instance.data))
        norm = np.sqrt(sum(np.sum(g**2) for g in gradient.values()))
        step = 0.1 / max(1e-300, norm)
        for _ in range(steps):
            tried = {name: x - step * gradient[name] for name, x in params.items()}
            reached, slope = _copied(run(tried, instance.data))
            within = all(np.all(np.abs(x) < FAR) for x in tried.values())
            if reached < value and within:
                params, value, gradient, step = tried, reached, slope, 1.2 * step
            else:
                step /= 2
    return replace(instance, params=params).rounded()


def _copied(answer):
    """Value and gradient, in arrays that the next run does not overwrite."""
    value, gradient = answer
    return float(value), {name: np.array(g) for name, g in gradient.items()}


def contestants(problem, state, names):
    """(label, problem, backend) of all that can compute this problem in this state."""
    for name in names:
        backend = load(name)
        if backend.unavailable():
            continue
        if name == "numpy" and state not in ("fresh", "trained"):
            continue  # a derivation by hand knows nothing of a factor
        yield name, problem, backend
        if name in problem.idiomatic:
            yield f"{name} (idiomatic)", problem.idiomatic_for(name), backend


def study(seeds, sizes, operators, names, problems, states=STATES):
    """Every case."""
    for name in problems:
        for size in (size for size in sizes if size in PROBLEMS[name].sizes):
            for seed in range(seeds):
                for state in states:
                    drawn = PROBLEMS[name].instance(size, seed)
                    problem, instance = in_state(PROBLEMS[name], drawn, state)
                    for operator in operators:
                        yield from judged(
                            problem, instance, operator, names, state, f"{size} {state} {seed}"
                        )


def judged(problem, instance, operator, names, state, where):
    """The cases of one instance and operator."""
    if operator == "jacobian" and problem.residuals is None:
        return
    truth = Truth(problem, instance, operator)
    for label, own, backend in contestants(problem, state, names):
        if backend.unsupported(own, operator) or ("idiomatic" in label and operator == "jacobian"):
            continue
        try:
            answers = [
                answered(own, backend, operator, instance, d) for d in ("float64", "float32")
            ]
        except (Unsupported, InputError):
            continue
        found = checked(truth, label, *answers)
        u = found.ruling.u64, found.ruling.u32
        part = max(u) / truth.bound if None not in u else float("inf")
        said = f"{where} {found.line()} [u64 {u[0]:.3g}, u32 {u[1]:.3g}]"
        yield Case(part, found.status, said)


def main():
    """Print how many were judged, how many accused, and the worst ten."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int)
    parser.add_argument("--sizes", default="tiny,small")
    parser.add_argument("--operators", default="gradient")
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--states", default=",".join(STATES))
    given = parser.parse_args()
    lists = [
        text.split(",")
        for text in (given.sizes, given.operators, given.backends, given.problems, given.states)
    ]
    cases = list(study(given.seeds, *lists))
    statuses = Counter(case.status for case in cases)
    accused = sum(count for status, count in statuses.items() if status not in ("ok", "convention"))
    print(f"{len(cases)} judged, {accused} accused; {dict(statuses)}")
    for case in sorted(cases, key=lambda case: -case.part)[:10]:
        print(f"{case.part:.3f} C  {case.status:14} {case.where}")


if __name__ == "__main__":
    main()
