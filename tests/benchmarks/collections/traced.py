"""An objective on a problem of a collection, which counts and remembers; when a start is solved.

An evaluation is a call of value, gradient (with the value), residuals or hvp; a Hessian or a
Jacobian counts for as many as there are parameters. The same point asked for twice in a row counts
once. A start is solved if the best loss seen is within 1e-5 of one of its known minima, relative to
the minimum or, where that is less than 1e-11, to 1e-11; at the first evaluation that says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.contract.optimizer import Stalled
from gradparity.problems.layout import Layout
from tests.benchmarks.collections.fit import Fit

BUDGET = 5_000
CLOSE, SMALL = 1e-5, 1e-11


class Spent(Exception):
    """Raised by the objective when its budget is spent, or the lowest minimum found."""


def tolerance(minimum):
    """How far from a minimum of Σ r² still counts."""
    return CLOSE * max(abs(minimum), SMALL)


@dataclass
class Traced:
    """An objective (see `backends/optimizers/contract/optimizer.py`) by a backend.

    best: the lowest Σ r² seen after each evaluation.
    """

    fit: Fit
    backend: str = "tape"
    best: list[float] = field(default_factory=list)
    _asked: tuple = field(default=(None, None))

    def __post_init__(self):
        self.problem = self.fit.problem()
        self.instance = self.problem.instance("tiny", 0)
        self.layout = Layout.of(self.instance.params)
        self.start = self.layout.flatten(self.instance.params)
        self._prepared = {}

    def gradient(self, theta):
        if self._asked[0] is None or not np.array_equal(self._asked[0], theta):
            answer = self._answer("gradient", theta)
            found = float(answer.value), self.layout.flatten(answer.derivative)
            self._asked = theta.copy(), found
            self._spend(1, 2.0 * found[0])
        value, gradient = self._asked[1]
        return value, gradient.copy()

    def value(self, theta):
        return self.gradient(theta)[0]

    def hvp(self, theta, direction):
        self._spend(1)
        return self.layout.flatten(self._answer("hvp", theta, direction).derivative)

    def hessian(self, theta):
        self._spend(theta.size)
        return np.asarray(self._answer("hessian", theta).derivative["hessian"])

    def residuals(self, theta):
        """r at theta, (m,)."""
        r = self.fit.residuals(np_namespace(), theta, self.instance.data)
        self._spend(1, float(r @ r))
        return r

    def jacobian(self, theta):
        """∂r/∂θ at theta, (m, n)."""
        self._spend(theta.size)
        if self.backend == "numpy":
            return self.fit.jacobian(theta, self.instance.data)
        return np.asarray(self._answer("jacobian", theta).derivative["jacobian"])

    def _answer(self, operator, theta, direction=None):
        # A hand-written gradient has no second derivatives: the tape's stand in.
        second = operator in ("hvp", "hessian") and self.backend == "numpy"
        if operator not in self._prepared:
            backend = load("tape" if second else self.backend)
            zeros = self.instance.zeros()
            self._prepared[operator] = backend.prepare(self.problem, operator, zeros, Setting())
        at = replace(self.instance, params=self.layout.views(theta))
        if direction is not None:
            at = replace(at, direction=self.layout.views(direction))
        with np.errstate(all="ignore"):
            return self._prepared[operator](at)

    def _spend(self, evaluations, squares=np.inf):
        best = min(self.best[-1] if self.best else np.inf, squares)
        self.best += [best] * evaluations
        lowest = min(self.fit.minima)
        if len(self.best) >= BUDGET or best <= lowest + tolerance(lowest):
            raise Spent


def np_namespace():
    """NumPy's operations, as residuals ask for them."""
    from gradparity.problems.namespace import NUMPY

    return NUMPY


def evaluations(run, fit, backend):
    """How many evaluations `run(objective)` took to solve the start; None where it did not."""
    objective = Traced(fit, backend)
    try:
        with np.errstate(all="ignore"):
            run(objective)
    except (Spent, Stalled):
        pass
    if not objective.best:
        return None
    for minimum in fit.minima:
        if abs(objective.best[-1] - minimum) <= tolerance(minimum):
            reached = np.array(objective.best) <= minimum + tolerance(minimum)
            return int(np.argmax(reached)) + 1
    return None
