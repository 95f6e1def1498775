"""How strongly rounding alone moves an answer, and how large an error may be.

M, of one number of an answer, is the root mean square over K runs of how far rounding every
operation moves it, in units of the precision (`backends/numpy_tape/engine/perturbed.py`). The error
of a right answer is held against eps (M + |true|), and may be

    C = max(64, ½√n)

times that, n being the longest accumulation of the computation. M² is the sum of two means: over
runs with a random error for every entry, and over runs with one for every array.

Where the first order vanishes, as at the optimum of r² with r = 0, M is that of all orders, for one
dtype: of an accused answer alone, since it takes a run more.

The same computation is done in longdouble on the way: that is the tape's account of the truth.

A small matrix is run as a whole. Of a large one combinations of rows are, uᵀH as a Hessian's
product with u, uᵀJ as the gradient of u · r.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends import Operator
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.engine.loss_call import call
from gradparity.backends.numpy_tape.engine.perturbed import Perturbed
from gradparity.backends.numpy_tape.engine.reverse import ReverseBox, Tape
from gradparity.backends.numpy_tape.engine.runs import Runs
from gradparity.harness.judging.saturation import recovering
from gradparity.problems import Array, Arrays, Instance, Loss, Namespace, Problem
from gradparity.problems.layout import Layout

LEAST = 64.0
"""C where no sum is long. The worst right answers: `tests/studies/right_gradients_study.py`."""

LOW = 8.0
"""C in bfloat16 and float16, whose sums are taken in float32: 64 eps of them would be everything.
The worst right answers have 2: `tests/harness/plain/test_check_low.py`."""

FIRST = (3, 1)
"""Runs with independent errors, and with shared ones, of a first look."""
MORE = (10, 2)
"""What a doubtful accusation adds to them."""

NONE = (0, 0)
"""No runs: the exact answer alone."""

LARGE = 20_000
"""Parameters up to which an accusation is worth a look at other forms, and all orders."""

HUGE = 300_000
"""Parameters from which on the first look is taken in parts, and one direction is compared."""

AT_ONCE = 3
"""Runs of a large problem that are made at a time: all arrays on a tape are there at once."""

_WEIGHTS = "weights of the rows"


def bound(longest: int) -> float:
    """Return C = max(64, ½√n), n the longest accumulation."""
    return max(LEAST, 0.5 * math.sqrt(longest))


def bound_in(dtype: str, ordinary: float = LEAST) -> float:
    """Return C of a dtype, `ordinary` being that of float32 and float64."""
    return LOW if dtype in ("bfloat16", "float16") else ordinary


@dataclass(frozen=True)
class Rounding:
    """One computation with its rounding errors. The value, if there is one, is under "".

    exact: longdouble, by name. independent, shared: sums over the runs of the squares of the moves,
    longdouble, by name. runs: how many of either kind. longest: the longest accumulation. each: the
    moves of the independent runs, float64 (K, *shape), where they were asked for. primitives: the
    names of all that was computed.
    """

    exact: Arrays
    independent: Arrays
    shared: Arrays
    runs: tuple[int, int]
    longest: int
    each: Arrays = field(default_factory=dict)
    primitives: frozenset[str] = frozenset()

    @property
    def moves(self) -> Arrays:
        """M by name; 0 where nothing finite can be said."""
        found = {}
        for name, squares in self.independent.items():
            both = squares / self.runs[0] + self.shared[name] / self.runs[1]
            found[name] = np.sqrt(np.where(np.isfinite(both), both, 0.0)).astype(np.float64)
        return found

    def joined(self, other: Rounding) -> Rounding:
        """Return the runs of both."""
        return Rounding(
            self.exact,
            {name: x + other.independent[name] for name, x in self.independent.items()},
            {name: x + other.shared[name] for name, x in self.shared.items()},
            (self.runs[0] + other.runs[0], self.runs[1] + other.runs[1]),
            max(self.longest, other.longest),
            primitives=self.primitives | other.primitives,
        )


def perturbed(
    problem: Problem,
    instance: Instance,
    operator: Operator,
    seed: Any,
    runs: tuple[int, int] = FIRST,
    weights: Array | None = None,
    step: float = 0.0,
    within: str | None = None,
    recover: bool = False,
    each: bool = False,
    above: bool = True,
    double: bool = False,
) -> Rounding:
    """Return the answer of `operator` at the instance, and how rounding moves it.

    weights: (r, rows): of a Hessian or Jacobian A, weights @ A instead of the whole. step, within,
    above, double: see `Runs`. recover: whether slopes may be had from results, see `saturation.py`,
    and powers from logarithms. each: whether the moves of every run are kept, of a gradient.
    Raises: InputError if the loss cannot be run on the tape.
    """
    inside = None if within is None else np.dtype(within)
    by_hand = recover or instance.parameters > LARGE
    drawn = Runs(seed, *runs, step, inside, by_hand, above, double)

    def boxed(arrays: Arrays, moves: bool = False) -> Arrays:
        return {
            name: np.asarray(x)
            if np.asarray(x).dtype.kind != "f"
            else recovering(x, drawn, moves)
            if recover
            else Perturbed(x, drawn)
            for name, x in arrays.items()
        }

    params = boxed(instance.params, moves=True)
    data, direction = boxed(instance.data), boxed(instance.direction)
    with np.errstate(all="ignore"):
        found = _answer(problem, operator, params, data, direction, weights, boxed)
    exact: Arrays = {}
    squares: tuple[Arrays, Arrays] = ({}, {})
    for name, pieces in found.items():
        parts = [_parted(x, drawn) for x in pieces]
        whole = [np.concatenate([np.ravel(part[i]) for part in parts]) for i in range(3)]
        shape = parts[0][0].shape if weights is None else (len(parts), -1)
        exact[name], squares[0][name], squares[1][name] = (x.reshape(shape) for x in whole)
    kept = {name: _each(x, drawn) for name, (x, *_) in found.items()} if each else {}
    names = frozenset(drawn.primitives)
    return Rounding(exact, *squares, runs, drawn.longest, kept, names)


def first_look(
    problem: Problem, instance: Instance, operator: Operator, seed: Any, weights: Array | None
) -> Rounding:
    """Return `perturbed` with the runs `FIRST`; of a huge gradient in parts, to save memory."""
    args = problem, instance, operator
    if operator != "gradient" or instance.parameters <= HUGE:
        return perturbed(*args, seed, FIRST, weights)
    found = perturbed(*args, seed, (1, FIRST[1]))
    return found.joined(perturbed(*args, (*seed, 1), (FIRST[0] - 1, 0), double=True))


def weighted(residuals: Loss) -> Loss:
    """Return the loss u · r, u among the data."""

    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        own = {name: x for name, x in data.items() if name != _WEIGHTS}
        flat = xp.reshape(residuals(xp, params, own), (-1,))
        return xp.sum(flat * data[_WEIGHTS])

    return loss


def _answer(
    problem: Problem,
    operator: Operator,
    params: Arrays,
    data: Arrays,
    direction: Arrays,
    weights: Array | None,
    boxed: Any,
) -> dict[str, list[Any]]:
    """Name -> the answer, or the rows of it."""
    loss = problem.loss
    if operator == "value":
        return {"": [derivatives.value(loss, params, data)]}
    if operator == "gradient":
        value, gradient = derivatives.value_and_gradient(loss, params, data)
        return {"": [value], **{name: [g] for name, g in gradient.items()}}
    if operator == "jvp":
        value, slope = derivatives.jvp(loss, params, data, direction)
        return {"": [value], "jvp": [slope]}
    if operator == "hvp":
        found = derivatives.hvp(loss, params, data, direction)
        return {name: [g] for name, g in found.items()}
    if operator == "hessian":
        if weights is None:
            return {operator: [derivatives.hessian(loss, params, data)]}
        layout = Layout.of(params)
        rows = [derivatives.hvp(loss, params, data, boxed(layout.views(u))) for u in weights]
        return {operator: [_flat(row) for row in rows]}
    assert problem.residuals is not None
    if weights is None:
        return {operator: [derivatives.jacobian(problem.residuals, params, data)]}
    own = weighted(problem.residuals)
    rows = [
        derivatives.value_and_gradient(own, params, {**data, **boxed({_WEIGHTS: u})})[1]
        for u in weights
    ]
    return {operator: [_flat(row) for row in rows]}


def residual_count(problem: Problem, instance: Instance) -> int:
    """Return how many residuals there are."""
    assert problem.residuals is not None
    tape = Tape(1, np.dtype(np.float64))
    with np.errstate(all="ignore"):
        found = call(
            problem.residuals, instance.params, instance.data, lambda _, x: ReverseBox(x, tape)
        )
    return math.prod(found.shape)


def _flat(row: Arrays) -> Any:
    from gradparity.backends.numpy_tape.primitives import primitive as p

    parts = [p.reshape(x, shape=(math.prod(x.shape),)) for x in row.values()]
    return parts[0] if len(parts) == 1 else p.concat(*parts, axis=0)


def _parted(x: Any, drawn: Runs) -> tuple[Array, Array, Array]:
    """The exact array, and the sums of squares of either kind of run."""
    if not isinstance(x, Perturbed) or x.moves is None:
        exact = x.exact if isinstance(x, Perturbed) else np.asarray(x, np.longdouble)
        return exact, np.zeros(exact.shape), np.zeros(exact.shape)
    kinds = x.moves[: drawn.independent], x.moves[drawn.independent :]
    return x.exact, _squares(kinds[0]), _squares(kinds[1])


def _each(x: Any, drawn: Runs) -> Array:
    """The moves of the independent runs, zero where nothing finite is known."""
    if not isinstance(x, Perturbed) or x.moves is None:
        return np.zeros((drawn.independent, *np.shape(getattr(x, "exact", x))))
    return np.nan_to_num(x.moves[: drawn.independent], posinf=0.0, neginf=0.0)


def _squares(moves: Array) -> Array:
    """The sum of the runs' squares, in longdouble, where none overflows or vanishes."""
    total = np.zeros(moves.shape[1:], np.longdouble)
    with np.errstate(all="ignore"):
        for run in moves:
            total += np.square(run, dtype=np.longdouble)
    return total
