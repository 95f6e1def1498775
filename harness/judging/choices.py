"""The choices that a gradient has at the kinks of a loss, and whether an answer is one of them.

Where two numbers tie, a maximum, |x|, or a branch goes either way: a kink with two options, or with
as many as entries tie for a maximum. Each option has a gradient; an answer may weigh the options of
one kink, with one set of weights λ ≥ 0, Σ λ = 1, for every component of the gradient:

    g = g⁰ + Σ_k Σ_o λ_ko (g^ko - g⁰),   g^ko the gradient with option o at kink k alone.

So four tied maxima may share a slope, but not take it four times. Where a sort finds its tied
entries o equal at the places k, they are permuted: no entry comes more than once, Σ_k λ_ko ≤ 1, and
weights that keep to that are those of permutations (Birkhoff). The λ that come nearest to an answer
are found by non-negative least squares, in which each of these sums is an equation with a slack of
its own. Kinks behind kinks are not linear in λ; that is tried out, and then nothing is said.

Two numbers tie if rounding may exchange them: they differ by 64 eps M or less, M as in
`judging/rounding.py`, all parameters being rounded too.

Source: Clarke, Optimization and Nonsmooth Analysis (1983); Lawson and Hanson, Solving Least Squares
Problems (1974), ch. 23; Birkhoff, Tres observaciones sobre el algebra lineal (1946).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers import evaluation
from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.engine.perturbed import Runs
from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.branches import Branches, boxed
from gradparity.problems import Array, Arrays, Instance, Problem

_RUNS = 4
# Of the oracle's own arithmetic: what M says of one, over all steps.
_ROUNDINGS = 256
# Array elements, over all options.
_WORK = 20_000_000

Hull = dict[str, tuple[Array, Array]]
"""(least, largest) legitimate number of each component, by name."""

MOST = 128
"""Options of all kinks together; beyond, an answer is held against the hull of each component."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The gradients that a loss has at its kinks.

    base: with the first option everywhere, by name. steps: what each other option adds to it.
    kinks: of which kink each step is. options: which option of it. shared: of each kink, see
    `Branches`.
    """

    base: Arrays
    steps: list[Arrays]
    kinks: list[int]
    options: list[int]
    shared: list[Hashable]

    def holds(self, got: Arrays, slack: Arrays) -> bool:
        """Whether an answer is one of them, each component to within its slack."""
        short = _flat(slack).astype(np.float64)
        wanted = (_flat(got) - _flat(self.base)) / short
        columns = [_flat(step) / short for step in self.steps]
        matrix = np.array(columns, np.float64).reshape(len(columns), len(short)).T
        weight = 16 * max(float(np.max(np.abs(matrix), initial=0)), 1.0)
        sums, most = self._sums()
        whole = np.block(
            [
                [matrix, np.zeros((len(short), len(most)))],
                [weight * sums, weight * np.eye(len(most))],
            ]
        )
        aim = np.concatenate([wanted.astype(np.float64), weight * most])
        found = nonnegative(whole, aim, 0.1)
        return bool(np.max(np.abs(whole @ found - aim), initial=0) <= 2)

    def _sums(self) -> tuple[Array, Array]:
        """(rows, most): that λ, one weight a step, are lawful says rows @ λ ≤ most."""
        owner, option = np.array(self.kinks), np.array(self.options)
        rows, most = [owner == kink for kink in range(len(self.shared))], [1.0] * len(self.shared)
        for key in dict.fromkeys(self.shared):
            places = [kink for kink, own in enumerate(self.shared) if own == key]
            if key is None or len(places) < 2:
                continue
            steps = np.isin(owner, places)
            # What is left of the weights of each place is that of its first option.
            rows.append(-1.0 * steps)
            most.append(1.0 - len(places))
            for one in np.unique(option[steps]):
                rows.append(steps & (option == one))
                most.append(1.0)
        return np.array(rows, np.float64), np.array(most)

    def joined(self, hull: Hull) -> Hull:
        """Return (least, largest) of each component, by any of the choices and by `hull`."""
        found, owner = dict(hull), np.array(self.kinks)
        for name, base in self.base.items():
            rows = np.array([step[name] for step in self.steps])
            low, high = base.copy(), base.copy()
            for kink in np.unique(owner):
                low += np.minimum(rows[owner == kink].min(axis=0), 0)
                high += np.maximum(rows[owner == kink].max(axis=0), 0)
            found[name] = np.minimum(low, hull[name][0]), np.maximum(high, hull[name][1])
        return found


def ties(problem: Problem, instance: Instance, dtype: str, seed: int) -> Branches:
    """Return the ties of the loss at a point, within rounding of `dtype`."""
    branches = Branches(EPS[dtype])
    _gradient(problem, instance, branches, (seed, 7))
    return branches


def choices(
    problem: Problem, instance: Instance, branches: Branches, moves: Arrays
) -> Choices | None:
    """Return the choices at these ties; None if there are too many, or they are not linear.

    moves: M by name, how strongly rounding moves each component.
    """
    counts = branches.options
    others = sum(counts) - len(counts)
    if branches.cone or not counts or others > MOST:
        return None
    if others * measured(problem.loss, instance.params, instance.data)[1].total > _WORK:
        return None
    first = np.zeros(len(counts), int)

    def chosen(options: Array) -> Arrays:
        return _gradient(problem, instance, branches.taking(options), None)

    base = chosen(first)
    steps, owner, at = [], [], []
    for kink, count in enumerate(counts):
        for option in range(1, count):
            options = first.copy()
            options[kink] = option
            found = chosen(options)
            steps.append({name: x - base[name] for name, x in found.items()})
            owner.append(kink)
            at.append(option)
    if not all(np.isfinite(x).all() for step in (base, *steps) for x in step.values()):
        return None
    whole = Choices(base, steps, owner, at, branches.shared)
    rng = np.random.default_rng(len(counts))
    for options in (np.array(counts) - 1, rng.integers(0, counts)):
        taken = [options[k] == o for k, o in zip(owner, at, strict=True)]
        for name, x in chosen(options).items():
            parts = [step[name] for step, used in zip(steps, taken, strict=True) if used]
            size = np.abs(x) + sum((np.abs(step[name]) for step in steps), np.abs(base[name]))
            slack = 1e-12 * size + _ROUNDINGS * evaluation.EPS * moves[name]
            if not np.all(np.abs(x - base[name] - sum(parts)) <= slack):
                return None
    return whole


def nonnegative(matrix: Array, aim: Array, within: float = 0.0) -> Array:
    """Return x ≥ 0, longdouble, with the least ‖matrix x - aim‖, by active sets.

    within: how long a part of the residual, along a column, is none.
    """
    count = matrix.shape[1]
    x, active = np.zeros(count, np.longdouble), np.zeros(count, bool)
    sizes = np.linalg.norm(matrix, axis=0)
    least = max(within, 1e-17 * float(np.linalg.norm(aim)))
    for _ in range(4 * count):
        slope = matrix.T @ _left(matrix, aim, x)
        open_ = ~active & (sizes > 0)
        steep = np.where(open_, slope / np.where(sizes > 0, sizes, 1), 0)
        if not open_.any() or np.max(steep) <= least:
            break
        active[int(np.argmax(steep))] = True
        while True:
            tried = np.zeros(count, np.longdouble)
            for _ in range(2):  # the second time for the digits that the first one loses
                left = _left(matrix, aim, tried)
                tried[active] += np.linalg.lstsq(matrix[:, active], left, rcond=None)[0]
            low = active & (tried <= 0)
            if not low.any():
                x = tried
                break
            reach = np.min(x[low] / np.maximum(x[low] - tried[low], 1e-300))
            x = x + reach * (tried - x)
            active &= x > 1e-15
            x[~active] = 0
    return x


def _left(matrix: Array, aim: Array, x: Array) -> Array:
    """What is left of the aim, computed in longdouble, as float64."""
    return np.asarray(aim - matrix @ x, np.float64)


def _gradient(problem: Problem, instance: Instance, branches: Branches, seed: Any) -> Arrays:
    runs = Runs(seed, 0 if seed is None else _RUNS, 0)
    params = {name: boxed(x, runs, branches, True) for name, x in instance.params.items()}
    data = {
        name: boxed(x, runs, branches, False) if np.asarray(x).dtype.kind == "f" else x
        for name, x in instance.data.items()
    }
    with np.errstate(all="ignore"):
        _, found = derivatives.value_and_gradient(problem.loss, params, data)
    return {name: x.exact for name, x in found.items()}


def _flat(arrays: Arrays) -> Array:
    return np.concatenate([np.ravel(x) for _, x in sorted(arrays.items())]).astype(np.longdouble)
