"""Kinks: where a gradient jumps, which gradients of the neighbourhood are legitimate.

At the kink of a loss (relu at 0, a tie of max) every convention answers with some number between
the gradients on either side. Those are found by looking: at neighbours x ± hξ the gradient differs
from that at x by something that shrinks as h does, unless there is a jump. Components that jump may
be anywhere between the least and the largest value seen, all others must be right.

h is 64 eps of the dtype that is judged: closer to a kink than that, rounding decides on which side
a computation goes. Two of the neighbours move all parameters one way, the others at random.

Only what compares has kinks, or stands at the tip of a cone (`branches.py`): a smooth loss has
none, however steep it is. What several components choose together is in `choices.py`.
`LawfulAnswers` asks for all of it at a point, once.

Source: Clarke, Optimization and Nonsmooth Analysis (1983), for the hull of limits of gradients.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradparity.backends import Operator
from gradparity.backends.dual_numbers import evaluation
from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.branches import TYING, Branches
from gradparity.harness.judging.choices import Choices, Hull, choices, ties
from gradparity.harness.judging.rounding import NONE, Rounding, bound_in, perturbed
from gradparity.problems import Array, Arrays, Instance, Problem

PAIRS = 8
_FEWER = 2
_LARGE = 20_000
# The nearer neighbours; what is smooth is as many times nearer.
_NEARER = 64
# A longdouble this coarse is float64 under another name.
COARSE = 1e-17
_BACKWARD = ("gradient", "hvp", "hessian")
"""The operators for which the loss is differentiated as it is when ties are looked for."""
_EPS = float(np.finfo(np.longdouble).eps)


def hull(
    problem: Problem,
    instance: Instance,
    operator: Operator,
    seed: int,
    dtype: str,
    rounding: Rounding,
    weights: Array | None = None,
) -> Hull | None:
    """Return (least, largest) by name, longdouble of the answer's shapes; None if nothing jumps.

    rounding: of the same computation, at the instance itself, where something ties.
    """
    step = bound_in(dtype) * EPS[dtype]
    moves = rounding.moves
    # Neighbours alone count: what the oracle itself answers at the kink is one convention of many.
    low = {name: np.full_like(x, np.nan) for name, x in rounding.exact.items()}
    high = {name: np.full_like(x, np.nan) for name, x in rounding.exact.items()}
    jumping = {name: np.zeros(x.shape, bool) for name, x in low.items()}
    pairs = PAIRS if instance.parameters <= _LARGE else _FEWER
    rng = np.random.default_rng((seed, 4))
    for pair in range(pairs):
        xi = {name: _xi(rng, np.shape(x), pair == 0) for name, x in instance.params.items()}
        for side in (1.0, -1.0):
            near, far = (
                perturbed(
                    problem, _moved(instance, xi, side * h), operator, seed, NONE, weights
                ).exact
                for h in (step / _NEARER, step)
            )
            for name, x in rounding.exact.items():
                scale = moves[name] + np.abs(x)
                jumping[name] |= _jumps(near[name] - x, far[name] - x, scale, step)
                for seen in (near[name], far[name]):
                    low[name] = np.fmin(low[name], seen)
                    high[name] = np.fmax(high[name], seen)
    if not any(found.any() for found in jumping.values()):
        return None
    return {
        name: (np.where(jumping[name], low[name], x), np.where(jumping[name], high[name], x))
        for name, x in rounding.exact.items()
    }


def _xi(rng: np.random.Generator, shape: tuple[int, ...], alike: bool) -> Array:
    if alike:
        return np.ones(shape)
    return rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)


def _moved(instance: Instance, xi: Arrays, h: float) -> Instance:
    """The instance with its parameters moved, each by h of its size; a zero by h of the largest.

    What is infinite stays, as a mask among scores.
    """
    params = {}
    for name, given in instance.params.items():
        x = np.asarray(given, np.longdouble)
        finite = np.where(np.isfinite(x), np.abs(x), 0)
        top = np.max(finite, initial=0) or np.longdouble(1)
        params[name] = x + np.longdouble(h) * xi[name] * np.where(x == 0, top, finite)
    return replace(instance, params=params)


def _jumps(near: Array, far: Array, scale: Array, step: float) -> Array:
    """Where the change does not shrink as the step does."""
    with np.errstate(all="ignore"):
        near, far = np.abs(near) * _NEARER, np.abs(far)
        rounding = 64 * _NEARER * _EPS * scale
        uneven = (far > 4 * near + rounding) | (near > 4 * far + rounding)
        return uneven & (np.maximum(far, near / _NEARER) > step / 64 * scale)


class LawfulAnswers:
    """What is lawful at a point, for each dtype found once.

    rounding: of the operator there; it may be replaced by one of more runs.
    """

    def __init__(
        self,
        problem: Problem,
        instance: Instance,
        operator: Operator,
        seed: int,
        weights: Array | None,
        rounding: Rounding,
    ) -> None:
        self.rounding = rounding
        self._problem, self._instance = problem, instance
        self._operator, self._seed, self._weights = operator, seed, weights
        self._hulls: dict[str, Hull | None] = {}
        self._choices: dict[str, Choices | None] = {}
        self._tied: dict[str, Branches] = {}

    def hull(self, dtype: str) -> Hull | None:
        """Return the legitimate answers of a kink within rounding of `dtype`; None if none is."""
        if evaluation.EPS > COARSE or self.ties(dtype).smooth:
            return None
        if dtype not in self._hulls:
            self._hulls[dtype] = self.around(dtype, self._weights)
        return self._hulls[dtype]

    def around(self, dtype: str, weights: Array | None = None) -> Hull | None:
        """Return `kinks.hull`, whatever ties; of the whole answer, where no weights are given."""
        args = self._problem, self._instance, self._operator, self._seed
        return hull(*args, dtype, self.rounding, weights)

    def legitimate(self, dtype: str) -> Hull | None:
        """Return `hull`, with the choices at ties, of which neighbours may miss one of many."""
        found, known = self.hull(dtype), None if evaluation.EPS > COARSE else self.choices(dtype)
        if known is None:
            return found
        return known.joined(found or {name: (x, x) for name, x in self.rounding.exact.items()})

    def choices(self, dtype: str) -> Choices | None:
        """Return the gradients that the kinks of `hull` leave open; None if that is not known."""
        if self._operator != "gradient":
            return None
        if dtype not in self._choices:
            tied = self.ties(dtype)
            alike = [found for d, found in self._choices.items() if self.ties(d).alike(tied)]
            args = self._problem, self._instance, tied, self.rounding.moves
            self._choices[dtype] = alike[0] if alike else choices(*args)
        return self._choices[dtype]

    def ties(self, dtype: str) -> Branches:
        """What ties within rounding of `dtype`; what does not in float32 does not in float64."""
        for coarser in ("float32", dtype):
            if coarser not in self._tied:
                self._tied[coarser] = self._watched(coarser)
            if self._tied[coarser].smooth:
                return self._tied[coarser]
        return self._tied[dtype]

    def _watched(self, dtype: str) -> Branches:
        if self._operator in _BACKWARD and not self.rounding.primitives & TYING:
            return Branches(0.0)
        return ties(self._problem, self._instance, dtype, self._seed)

    def holds(self, around: Hull) -> bool:
        """Whether our own account of the truth is one of the gradients around a kink."""
        moves = self.rounding.moves
        for name, x in self.rounding.exact.items():
            low, high = around[name]
            slack = 1e-12 * (moves[name] + np.abs(x))
            if not np.all((x >= low - slack) & (x <= high + slack)):
                return False
        return True
