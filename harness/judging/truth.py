"""The truth about one operator at one instance, as far as it can be known, and how it was found."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from gradparity.backends import Answer, Operator
from gradparity.backends.dual_numbers.evaluation import EPS, measured
from gradparity.harness.findings.finding import EPS as EPS_OF
from gradparity.harness.judging.answers import by_name
from gradparity.harness.judging.cross_check import WITHIN, Disagreement, agreement
from gradparity.harness.judging.kinks import COARSE, LawfulAnswers
from gradparity.harness.judging.rounding import (
    AT_ONCE,
    FIRST,
    LARGE,
    MORE,
    NONE,
    bound,
    first_look,
    perturbed,
    residual_count,
)
from gradparity.problems import Array, Arrays, InputError, Instance, Problem

_MATRICES = ("hessian", "jacobian")
# Array elements, over all directions, up to which a matrix is run as a whole.
_WHOLE = 500_000
# Of a larger one: combinations of all rows, and single rows.
_COMBINATIONS, _ROWS = 4, 4


class Truth:
    """What an answer is held against.

    exact: the true answer, longdouble arrays by name, the value, if there is one, under "".
    moves: M, likewise. bound: C. weights: (r, rows) if a matrix is too large: then `exact` and
    `moves` are of weights @ matrix; else None.
    tip: whether only slopes of the loss tell: the oracles differ at the tip of a cone, or what the
    loss computes at this point alone has another gradient than all around it.
    lawful: which other answers are right, at a kink.
    oracle: which oracle judged, its precision, and how well another agrees, for a reader.
    Raises: InputError if the loss cannot be run; Disagreement if the oracles disagree.
    """

    def __init__(
        self, problem: Problem, instance: Instance, operator: Operator = "gradient", seed: int = 0
    ) -> None:
        self.problem, self.instance, self.operator = problem, instance, operator
        self._seed = seed
        self._sharp = False
        self._stepped: dict[str, Arrays] = {}
        self._recovered: dict[str, Arrays] = {}
        self.rows = 0
        self.tip = False
        self.weights = self._weights() if operator in _MATRICES else None
        self._rounding = first_look(problem, instance, operator, (seed, 0), self.weights)
        args = problem, instance, operator, seed, self.weights
        self.lawful = LawfulAnswers(*args, self._rounding)
        self.exact = self._rounding.exact
        self.bound = bound(self._rounding.longest)
        self.oracle = self._certified() if EPS > COARSE else self._checked()

    def at(self, dtype: str) -> Truth:
        """Return the truth about the instance that `dtype` sees: float32 an exact one rounded."""
        return self._rounded if dtype == "float32" and self.problem.exact else self

    @cached_property
    def _rounded(self) -> Truth:
        return Truth(self.problem, self.instance.rounded(), self.operator, self._seed)

    @property
    def moves(self) -> Arrays:
        """M by name."""
        return self._rounding.moves

    def moves_in(self, dtype: str, recovered: bool = True) -> Arrays:
        """M by name, of the first order; more once `step` or `recover` was called of this dtype.

        recovered: whether what `recover` has found counts, which is not for every answer.
        """
        moves = self.moves
        for more in (self._stepped.get(dtype), self._recovered.get(dtype) if recovered else None):
            if more is not None:
                moves = {name: np.maximum(x, more[name]) for name, x in moves.items()}
        return moves

    def step(self, dtype: str) -> None:
        """Take M of all orders of rounding to `dtype`; of a large problem the first is enough."""
        if dtype in self._stepped or self.instance.parameters > LARGE:
            return
        args = self.problem, self.instance, self.operator, (self._seed, 2), FIRST, self.weights
        self._stepped[dtype] = perturbed(*args, step=EPS_OF[dtype]).moves

    def recover(self, dtype: str) -> None:
        """Take M of slopes from results and powers from logarithms, see `saturation.py`."""
        if dtype in self._recovered or self.instance.parameters > LARGE:
            return
        args = self.problem, self.instance, self.operator, (self._seed, 3), FIRST, self.weights
        eps = EPS_OF[dtype]
        self._recovered[dtype] = perturbed(*args, step=eps, recover=True).moves

    def in_range(self, dtype: str, above: bool = True) -> Arrays:
        """Return the answer in full precision, if every step stays in the range of `dtype`.

        above: whether what overflows is infinite; else the range has no upper end.
        """
        args = self.problem, self.instance, self.operator, self._seed, NONE, self.weights
        range_of = "float32" if dtype == "bfloat16" else dtype  # the two share their exponents
        narrow = dtype != "float64" and self.instance.parameters > LARGE
        return perturbed(*args, within=range_of, above=above, double=narrow).exact

    def runs(self, count: int) -> Arrays:
        """Return how each of `count` runs of rounding moves the answer, (count, *shape) by name."""
        args, seed = (self.problem, self.instance, self.operator), (self._seed, 9)
        if self.instance.parameters <= LARGE:
            return perturbed(*args, seed, (count, 0), each=True).each
        parts = [
            perturbed(*args, (*seed, i), (min(AT_ONCE, count - i), 0), each=True, double=True).each
            for i in range(0, count, AT_ONCE)
        ]
        return {name: np.concatenate([x[name] for x in parts]) for name in parts[0]}

    def sharpen(self) -> bool:
        """Take more runs for M; False if that has been done before."""
        if self._sharp:
            return False
        self._sharp = True
        more = perturbed(
            self.problem, self.instance, self.operator, (self._seed, 1), MORE, self.weights
        )
        self._rounding = self.lawful.rounding = self._rounding.joined(more)
        return True

    def seen(self, answer: Answer) -> tuple[Arrays, Arrays]:
        """Return of an answer what is compared, and what its own rounding adds to M; by name."""
        found = by_name(answer)
        if self.weights is None:
            return found, {name: np.zeros(()) for name in found}
        matrix = found[self.operator].astype(np.longdouble)
        with np.errstate(all="ignore"):
            rounded = np.sqrt(np.square(self.weights, dtype=np.longdouble) @ np.square(matrix))
            combined = self.weights.astype(np.longdouble) @ matrix
        return {self.operator: combined}, {self.operator: np.nan_to_num(rounded.astype(np.float64))}

    def combined(self, weights: Array) -> Array:
        """Return weights @ matrix, longdouble (r, P), of a Hessian or Jacobian."""
        args = self.problem, self.instance, self.operator
        return perturbed(*args, self._seed, NONE, weights).exact[self.operator]

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of an answer's arrays, by name; those of the whole matrix."""
        found = {name: x.shape for name, x in self.exact.items()}
        if self.operator in _MATRICES:
            found[self.operator] = (self.rows, self.instance.parameters)
        return found

    def _weights(self) -> Array | None:
        """The combinations of rows to look at; None for all rows."""
        columns = self.instance.parameters
        if self.operator == "hessian":
            self.rows = passes = columns
        else:
            if self.problem.residuals is None:
                name = self.problem.name
                raise InputError(f"{name} states no residuals, so that it has no Jacobian")
            self.rows = residual_count(self.problem, self.instance)
            passes = min(self.rows, columns)
        _, work = measured(self.problem.loss, self.instance.params, self.instance.data)
        if passes * (work.total + columns) + self.rows * columns <= _WHOLE:
            return None
        rng = np.random.default_rng((self._seed, 6))
        shape = _COMBINATIONS, self.rows
        mixed = rng.choice((-1.0, 1.0), shape) * (1 + rng.integers(0, 4, shape) / 4)
        single = np.eye(self.rows)[rng.choice(self.rows, min(_ROWS, self.rows), replace=False)]
        return np.concatenate([mixed, single])

    def _checked(self) -> str:
        """Compare with dual numbers; return what is to be said of the oracles."""
        args = self.problem, self.instance, self.operator, self._seed
        known = self.exact, self.moves, self.weights
        far, where, seen = agreement(*args, *known)
        if far > WITHIN:  # what vanishes in the first order is to be held against the second
            self.step("float64")
            known = self.exact, self.moves_in("float64"), self.weights
            far, where, seen = agreement(*args, *known)
        kink = ""
        around = self.lawful.hull("float64") if far > WITHIN else None
        if around is not None and self.lawful.holds(around):
            # The two may follow different conventions, both of them legitimate.
            far, where, seen = agreement(*args, *known, around)
            kink = ", at a kink"
        if far > WITHIN and where.startswith("gradient") and self.lawful.ties("float64").cone:
            # At the tip of a norm there is no chain rule: `no_derivative.py` asks the slopes.
            self.tip = True
        elif math.isinf(far) and where.startswith("gradient"):
            raise Disagreement(
                f"the chain rule gives no finite number at {where.removeprefix('gradient ')}"
            )
        elif far > WITHIN:
            raise Disagreement(
                f"two oracles disagree on {self.problem.name}, {where}: the tape in longdouble "
                f"and dual numbers on the loss differ by {far:.1e} eps; no verdict is given"
            )
        self.tip |= self._is_pinned()
        some = "" if self.weights is None else f"{len(self.weights)} combinations of the rows, "
        return (
            f"the tape in longdouble (eps {EPS:.1e}), {some}checked by dual numbers on the loss, "
            f"{seen}: {far:.1g} eps of float64 apart{kink}"
        )

    def _is_pinned(self) -> bool:
        small = self.operator == "gradient" and self.instance.parameters <= LARGE
        if not small or not self.lawful.ties("float64").pinned:
            return False
        around = self.lawful.around("float64")
        return around is not None and not self.lawful.holds(around)

    def _certified(self) -> str:
        """Take certified balls for the truth, where longdouble is float64."""
        try:
            import flint  # noqa: F401
        except ImportError:
            raise InputError(
                "this machine's longdouble is float64, too coarse to judge by; certified balls "
                "take over: type pip install 'gradparity[arb]'"
            ) from None
        from gradparity.backends.arb_balls.backend import certified

        value, derivative, radius = certified(self.problem, self.instance, self.operator)
        exact = by_name(Answer(value, derivative))
        if self.weights is not None:
            exact[self.operator] = self.weights.astype(np.longdouble) @ exact[self.operator]
        self.exact = {name: exact[name] for name in self._rounding.exact}
        largest = max((float(np.max(r, initial=0)) for r in radius.values()), default=0.0)
        return f"certified balls, within {largest:.1e}"
