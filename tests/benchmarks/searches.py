"""Whether L-BFGS and the trust region find the known minima, beside SciPy's; prints a table.

    python -m tests.benchmarks.searches [SEEDS]

First the two published collections (`tests/benchmarks/collections`), whose table is written to
`docs/searches.md`; then every problem of the catalogue that has an attained minimum, in its smallest size, some in the next
one too, from SEEDS (10) starts, with gradients and Hessian products of the tape. An evaluation is a
call of value, gradient (with the value) or hvp; the same point asked for twice in a row counts once.
A start is solved at the first evaluation that says f - f* <= 1e-8 (f₀ - f*), or, where there are many
minima, that ‖g‖ <= 1e-6 ‖g₀‖, for every method alike. A cell says how many starts were solved, and by
how many evaluations on average; the last lines compare the starts that both solved.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace

from tests.benchmarks.collections import methods

MANY_MINIMA = ("rastrigin", "ackley", "styblinski-tang", "himmelblau")
BUDGET = 10_000
LARGER = dict.fromkeys(
    ("rosenbrock", "regression-linear", "regression-logistic", "regression-poisson"), "small"
)


class Solved(Exception):
    """Raised by the objective at the evaluation that solves the start."""


class Exhausted(Exception):
    """Raised by the objective when its budget is spent."""


@dataclass
class Counted:
    """An objective (see `backends/optimizers/contract/optimizer.py`) on the tape, which counts and judges."""

    problem: object
    size: str
    seed: int
    evaluations: int = 0
    _asked: tuple = field(default=(None, None))

    def __post_init__(self):
        from gradparity.backends import Setting
        from gradparity.backends.catalogue import load
        from gradparity.problems.layout import Layout

        self.instance = self.problem.instance(self.size, self.seed)
        self.layout = Layout.of(self.instance.params)
        self.start = self.layout.flatten(self.instance.params)
        tape, zeros = load("tape"), self.instance.zeros()
        self.prepared = {
            operator: tape.prepare(self.problem, operator, zeros, Setting())
            for operator in ("gradient", "hvp")
        }
        self.minimum = self.problem.minimum(self.instance.data).value
        self.first, slope = self._gradient(self.start)
        self.first_norm = float((slope @ slope) ** 0.5)

    def _gradient(self, theta):
        import numpy as np

        at = replace(self.instance, params=self.layout.views(theta))
        with np.errstate(all="ignore"):
            answer = self.prepared["gradient"](at)
        return float(answer.value), self.layout.flatten(answer.derivative)

    def gradient(self, theta):
        if self._asked[0] is not None and (self._asked[0] == theta).all():
            return self._asked[1]
        self._spend()
        value, slope = self._gradient(theta)
        self._asked = theta.copy(), (value, slope)
        if abs(value - self.minimum) <= 1e-8 * (self.first - self.minimum):
            raise Solved
        if self.problem.name in MANY_MINIMA and (slope @ slope) ** 0.5 <= 1e-6 * self.first_norm:
            raise Solved
        return value, slope

    def value(self, theta):
        return self.gradient(theta)[0]

    def hvp(self, theta, direction):
        import numpy as np

        self._spend()
        at = replace(
            self.instance, params=self.layout.views(theta), direction=self.layout.views(direction)
        )
        with np.errstate(all="ignore"):
            return self.layout.flatten(self.prepared["hvp"](at).derivative)

    def _spend(self):
        if self.evaluations >= BUDGET:
            raise Exhausted
        self.evaluations += 1


METHODS = {
    "lbfgs": methods.METHODS["lbfgs"],
    "L-BFGS-B": methods.METHODS["scipy L-BFGS-B"],
    "trust-region": methods.METHODS["trust-region"],
    "trust-ncg": methods.METHODS["scipy trust-ncg"],
}
PAIRS = (("lbfgs", "L-BFGS-B"), ("trust-region", "trust-ncg"))


def evaluations(method, problem, size, seed):
    """How many evaluations the start took; None where it was not solved."""
    from gradparity.backends.optimizers.contract.optimizer import Stalled

    objective = Counted(problem, size, seed)
    try:
        METHODS[method](objective)
    except Solved:
        return objective.evaluations
    except (Exhausted, Stalled):
        pass
    return None


def cells():
    """(problem, size) of everything that has an attained minimum."""
    from gradparity.problems.catalogue import PROBLEMS

    for problem in PROBLEMS.values():
        if problem.minimum is None:
            continue
        for size in (next(iter(problem.sizes)), LARGER.get(problem.name)):
            if size and problem.minimum(problem.instance(size, 0).data).params is not None:
                yield problem, size


def main(seeds):
    """The table."""
    import warnings

    warnings.simplefilter("ignore")
    solved = dict.fromkeys(METHODS, 0)
    spent = {pair: [0, 0] for pair in PAIRS}
    starts = 0
    print(f"{'problem':24}{'size':8}" + "".join(f"{name:>18}" for name in METHODS))
    for problem, size in cells():
        counts = {
            method: [evaluations(method, problem, size, seed) for seed in range(seeds)]
            for method in METHODS
        }
        starts += seeds
        row = f"{problem.name:24}{size:8}"
        for method, found in counts.items():
            known = [count for count in found if count is not None]
            solved[method] += len(known)
            mean = f"{sum(known) / len(known):8.1f}" if known else "       -"
            row += f"{len(known):7}/{seeds}{mean}"
        print(row, flush=True)
        for pair in PAIRS:
            for mine, other in zip(*(counts[method] for method in pair), strict=True):
                if mine is not None and other is not None:
                    spent[pair][0] += mine
                    spent[pair][1] += other
    print(f"{'solved':32}" + "".join(f"{solved[method]:14}/{starts}" for method in METHODS))
    for pair in PAIRS:
        mine, other = spent[pair]
        print(f"evaluations, {pair[0]} / {pair[1]}: {mine} / {other} = {mine / other:.2f}")


if __name__ == "__main__":
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = "1"
    from pathlib import Path

    from tests.benchmarks.collections.table import table

    (Path(__file__).parents[2] / "docs" / "searches.md").write_text(table())
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
