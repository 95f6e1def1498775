"""The judge says whether each backend's value and derivatives are right.

Errors are relative, and held against one fixed bound per dtype.

- A component of a gradient or of an hvp: |g_i - g*_i| / (max_j |g*_j| + S_i), over the parameter's
  array; S_i is its sensitivity to rounding of the inputs (`harness/oracle.py`).
- Along a random direction d: |Σ d_i g_i - d·g*| / (‖g*‖ + S_d). ‖g*‖ is the root mean square of
  the derivatives along the directions, or the largest component seen. Their entries are
  ±{1, 1¼, 1½, 1¾}, so that two components that were exchanged do not cancel along all of them.
- The value, or the slope along the direction: |f - f*| / (|f*| + S_f).
- A Hessian or a Jacobian: rows and combinations of rows, each judged as a gradient
  (`harness/matrix_judge.py`).

S costs as much as the derivative: it stands in the scale of an answer only where that answer's
error is beyond 32 eps without it.

An array whose every component is judged is small. Of a large one the judge sees four random
directions, the largest component of every answer, and the component at which two answers differ
most. What fails along a direction is located by bisection: directions that are zero outside
a part of the array, eight parts at a time.

The bound is 4096 eps of the dtype.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from backends import Answer, Operator
from harness.array_judge import ArrayJudge, array_judges, relative
from harness.derived_oracles import Rows, hessian_rows, jacobian_rows, slope_oracle
from harness.matrix_judge import EVERY_ROW, MatrixJudge
from harness.oracle import Oracle
from harness.scalar_judge import ScalarJudge
from harness.verdict import Finding, Judgement, Pair, Verdict, explained, place
from problems import Instance, Problem

__all__ = ["CONSTANT", "Judge", "Judgement", "Pair", "Verdict"]

# The worst right answers, in eps, of either dtype. NumPy, JAX and torch, all problems and sizes:
# value 73 (Styblinski-Tang at a million variables), gradient 28. JAX up to medium, torch up to
# small, at most 1,300 parameters for a matrix: jvp 27 (Ackley), hvp 18 (Rastrigin), Hessian 28
# (XOR, tanh), Jacobian 1. Long float32 sums and worse conditioned losses have the rest.
CONSTANT = 4096

Part = ScalarJudge | ArrayJudge | MatrixJudge


class Judge:
    """Judges answers to one problem at one instance.

    dtype: that of the answers. seed: of the random directions and of the oracle's moves; the same
    seed gives the same judgement.
    Raises: InputError if the loss cannot be evaluated on dual numbers, or there are no residuals.
    """

    def __init__(
        self, problem: Problem, instance: Instance, operator: Operator, dtype: str, seed: int
    ) -> None:
        self._problem = problem
        self._instance = instance
        self._operator = operator
        self._seed = seed
        precision = np.finfo(dtype)
        self._bound = CONSTANT * float(precision.eps)
        # Below this, gradual underflow or flushing to zero costs digits: no backend can keep them.
        self._floor = float(precision.smallest_normal) / float(precision.eps)
        self._shapes = {name: np.shape(x) for name, x in instance.params.items()}
        if operator in ("hessian", "jacobian"):
            self._shapes[operator] = (self._rows.count, instance.parameters)
        elif operator == "hvp":
            self._slope.describe()
        else:
            self._oracle.describe()

    @cached_property
    def _oracle(self) -> Oracle:
        return Oracle(self._problem.loss, self._instance, self._seed)

    @cached_property
    def _slope(self) -> Oracle:
        return slope_oracle(self._problem, self._instance, self._seed)

    @cached_property
    def _rows(self) -> Rows:
        rows_of = hessian_rows if self._operator == "hessian" else jacobian_rows
        return rows_of(self._problem, self._instance, self._seed)

    def judge(self, answers: Mapping[str, Answer]) -> Judgement:
        """Return verdicts and pairs for {label: answer}, of the names and shapes of the problem.

        A Jacobian may have another number of rows than it should: that is a wrong one.
        """
        verdicts = {label: self._misshapen(answer) for label, answer in answers.items()}
        fit = {label: answer for label, answer in answers.items() if verdicts[label] is None}
        parts = self._parts(fit)
        pairs = [self._pair(a, b, parts) for a, b in itertools.combinations(fit, 2)]
        found = {label: seen or self._verdict(label, parts) for label, seen in verdicts.items()}
        return Judgement(self._describe(), self._bound, found, pairs)

    def _misshapen(self, answer: Answer) -> Verdict | None:
        if self._operator != "jacobian":
            return None
        rows, should = len(answer.derivative["jacobian"]), self._rows.count
        if rows == should:
            return None
        return Verdict(
            "wrong jacobian", f"jacobian has {rows} rows, should have {should}", math.inf
        )

    def _describe(self) -> str:
        if self._operator == "value":
            return self._oracle.precision()
        if self._operator == "jvp":
            return f"{self._oracle.precision()}, along the direction"
        if self._operator == "gradient":
            return self._oracle.describe()
        if self._operator == "hvp":
            return self._slope.describe()
        some = "" if self._rows.count <= EVERY_ROW else "4 random combinations of the rows, "
        method, _, seen = self._rows.row(0).describe().rpartition(", ")
        return f"{method}, {some}{seen}"

    def _parts(self, answers: dict[str, Answer]) -> list[Part]:
        """The judges of what the operator answers: the value first, if there is one."""
        if not answers:
            return []
        rng = np.random.default_rng(self._seed)
        limits = self._bound, self._floor
        derivatives = {label: answer.derivative for label, answer in answers.items()}
        values = {label: answer.value for label, answer in answers.items()}
        if self._operator in ("hessian", "jacobian"):
            matrices = {label: d[self._operator] for label, d in derivatives.items()}
            params = self._instance.params
            return [MatrixJudge(self._operator, self._rows, params, matrices, *limits, rng)]
        if self._operator == "hvp":
            return [*array_judges(self._slope, self._instance.params, derivatives, *limits, rng)]
        truth = self._oracle
        parts: list[Part] = [ScalarJudge("", values, truth.value, truth.value_sensitivity, *limits)]
        if self._operator == "gradient":
            parts += array_judges(truth, self._instance.params, derivatives, *limits, rng)
        if self._operator == "jvp":
            slopes = {label: d["jvp"] for label, d in derivatives.items()}
            truth = self._slope
            parts.append(ScalarJudge("jvp", slopes, truth.value, truth.value_sensitivity, *limits))
        return parts

    def _verdict(self, label: str, parts: list[Part]) -> Verdict:
        errors = [part.findings[label].error for part in parts]
        error = max(errors)
        if error <= self._bound:
            return Verdict("ok", "", error)
        # What is not finite goes first, then a wrong value, then the worst of the rest.
        least = math.inf if math.isinf(error) else self._bound
        failing = [p for p, e in zip(parts, errors, strict=True) if e >= least and e > self._bound]
        worst = failing[0]
        if worst.name:
            worst = max(failing, key=lambda part: part.findings[label].error)
        found = worst.located(label)
        status = f"wrong {self._operator if found.parameter else 'value'}"
        return Verdict(
            "nonfinite" if math.isinf(error) else status,
            self._explained(found) + self._forgotten(found),
            max(error, found.error),
        )

    def _explained(self, found: Finding) -> str:
        if found.index is None:
            what = f"{found.parameter} along a random direction"
        else:
            what = place(found.parameter, self._index(found.parameter, found.index))
        return explained(what, found.got, found.true, found.error, self._bound)

    def _forgotten(self, found: Finding) -> str:
        """Which parameter a wrong jvp left out, if its slope is what the others alone give."""
        if found.parameter != "jvp" or self._operator != "jvp" or not math.isfinite(found.error):
            return ""
        for name, direction in self._instance.direction.items():
            share = self._oracle.derivatives(name, np.asarray(direction)[np.newaxis])[0]
            scale = abs(found.true) + abs(share) + self._floor
            if relative(found.got, found.true - share, scale) <= self._bound:
                return f"; that is the slope with {name} standing still"
        return ""

    def _index(self, parameter: str, flat: int) -> tuple[int, ...]:
        shape = self._shapes.get(parameter, ())
        return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()

    def _pair(self, first: str, second: str, parts: list[Part]) -> Pair:
        worst = Pair(first, second, 0.0, "", ())
        for part in parts:
            error, flat = part.pair(first, second)
            if error > worst.error:
                worst = Pair(first, second, error, part.name, self._index(part.name, flat))
        return worst
