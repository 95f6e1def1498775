"""The choices that a gradient has at the kinks of a loss, and whether an answer is one of them.

Where two numbers tie, a maximum, |x|, or a branch goes either way: a kink with two options, or with
as many as entries tie for a maximum. Each option has a gradient; an answer may weigh the options of
one kink, with one set of weights λ ≥ 0, Σ λ = 1, for every component of the gradient:

    g = g⁰ + Σ_k Σ_o λ_ko (g^ko - g⁰),   g^ko the gradient with option o at kink k alone.

So four tied maxima may share a slope, but not take it four times. Where a sort finds its tied
entries o equal at the places k, they are permuted: no entry comes to two places. What an entry adds
at a place is what it adds at any, times the slope γ_k that has reached the place: so the options of
n entries at n places are known from 2 n gradients, and the permutation that is farthest in some
direction sorts the entries against the slopes. That is all that it takes to find the choice nearest
to an answer (`nearest.py`). Kinks behind kinks are not linear in λ; that is tried out, and then
nothing is said.

Two numbers tie if rounding may exchange them: they differ by 64 eps M or less, M as in
`judging/rounding.py`, all parameters being rounded too.

Source: Clarke, Optimization and Nonsmooth Analysis (1983); Hardy, Littlewood and Pólya,
Inequalities (1934), theorem 368, for the permutation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers import evaluation
from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.numpy_tape.engine.runs import Runs
from gradparity.harness.findings.finding import EPS
from gradparity.harness.judging.branches import Branches, boxed
from gradparity.harness.judging.nearest import nearest
from gradparity.problems import Array, Arrays, InputError, Instance, Problem

_RUNS = 4
# Of the oracle's own arithmetic: what M says of one, over all steps.
_ROUNDINGS = 256
# Array elements, over all options.
_WORK = 20_000_000

Hull = dict[str, tuple[Array, Array]]
"""(least, largest) legitimate number of each component, by name."""

MOST = 2_000
"""Gradients to be found; where more ties, an answer is held against the hull of each component."""

_MOVE = "move the point, so that they differ"

_WITHIN = 2.0
"""How many slacks a component of the nearest choice may be off."""


@dataclass(frozen=True, slots=True)
class Kink:
    """Options that exclude each other, at one place or at several.

    rows: (options, P) longdouble, what each option adds to the gradient, the first nothing.
    factors: (places,), what that is multiplied by at each place; a sort gives each of its places
    one of the entries that tie, and none to two.
    """

    rows: Array
    factors: Array

    def extreme(self, direction: Array) -> Array:
        """What the options add that are farthest against a direction, (P,)."""
        order = np.argsort(self.rows @ direction)
        return self._sum(self.rows[order])

    def ends(self) -> tuple[Array, Array]:
        """The least and the largest that each component may have added, (P,) each."""
        ahead = np.sort(self.rows, axis=0)
        return self._sum(ahead), self._sum(ahead[::-1])

    def _sum(self, ahead: Array) -> Array:
        """The largest factors with the first rows, the most negative ones with the last."""
        factors = np.sort(self.factors)[::-1]
        up = factors[factors > 0]
        down = factors[len(up) :][::-1]
        added: Array = up @ ahead[: len(up)] + down @ ahead[::-1][: len(down)]
        return added


@dataclass(frozen=True, slots=True)
class Choices:
    """The gradients that a loss has at its kinks: base, with the first option everywhere, and more.

    moves: M by name, the largest of the options tried, of the value, "", too. What a unit that is
    just on gives is its rounding, which the truth, where it is off, knows nothing of. names,
    shapes: of the arrays that make up a gradient of P numbers.
    """

    base: Array
    kinks: list[Kink]
    moves: Arrays
    names: list[str]
    shapes: list[tuple[int, ...]]

    def holds(self, got: Arrays, slack: Arrays) -> bool:
        """Whether an answer is one of them, each component to within its slack."""
        short, off = _joined(slack, self.names), _joined(got, self.names) - self.base
        # In the units of the gradient an extreme point is found at once; in slacks all weigh alike.
        return any(
            self._near(off, short, unit) for unit in (np.full_like(short, max(short)), short)
        )

    def _near(self, off: Array, short: Array, unit: Array) -> bool:
        kinks = [Kink(kink.rows / unit, kink.factors) for kink in self.kinks]

        def extreme(direction: Array) -> Array:
            return sum((kink.extreme(direction) for kink in kinks), -off / unit)

        def near(left: Array) -> bool:
            return bool(np.all(np.abs(left) * unit <= _WITHIN * short))

        middle = sum(kink.factors.sum() * kink.rows.mean(axis=0) for kink in kinks)
        return near(nearest(extreme, middle - off / unit, near))

    def joined(self, hull: Hull) -> Hull:
        """Return (least, largest) of each component, by any of the choices and by `hull`."""
        ends = [kink.ends() for kink in self.kinks]
        low, high = (self._named(sum(side, self.base)) for side in zip(*ends, strict=True))
        own = {
            name: (np.minimum(x, hull[name][0]), np.maximum(high[name], hull[name][1]))
            for name, x in low.items()
        }
        return {**hull, **own}

    def _named(self, flat: Array) -> Arrays:
        found, at = {}, 0
        for name, shape in zip(self.names, self.shapes, strict=True):
            found[name] = flat[at : (at := at + math.prod(shape))].reshape(shape)
        return found


def ties(problem: Problem, instance: Instance, dtype: str, seed: int) -> Branches:
    """Return the ties of the loss at a point, within rounding of `dtype`."""
    branches = Branches(EPS[dtype])
    _run(problem, instance, branches, (seed, 7))
    return branches


def choices(
    problem: Problem, instance: Instance, branches: Branches, moves: Arrays
) -> Choices | None:
    """Return the choices at these ties; None if they are not linear.

    moves: M by name, how strongly rounding moves each component.
    Raises: InputError if there are too many to be tried, or they are not linear, and a sort is
    among them: what else ties is seen by looking at neighbours.
    """
    counts, groups = branches.options, _groups(branches.shared)
    if branches.cone or branches.pinned or not counts:
        return None
    runs = sum(counts[places[0]] - 1 + len(places) * (len(places) > 1) for places in groups)
    work = runs * measured(problem.loss, instance.params, instance.data)[1].total
    if runs > MOST or work > _WORK:
        if any(len(places) > 1 for places in groups):
            raise InputError(
                f"{max(counts)} numbers tie where they are sorted, too many to try all; {_MOVE}"
            )
        return None

    def added(*options: tuple[list[int], int]) -> Array:
        chosen = np.zeros(len(counts), int)
        for places, option in options:
            chosen[places] = option
        return _flat(_run(problem, instance, branches.taking(chosen), None)) - base

    base: Any = np.longdouble(0)
    base = added()
    rng = np.random.default_rng(len(counts))
    kinks = [_kink(added, places, counts[places[0]], rng) for places in groups]
    if not all(np.isfinite(kink.rows).all() for kink in kinks) or not np.isfinite(base).all():
        return None
    sizes = sum((np.abs(k.factors).max() * np.abs(k.rows).sum(axis=0) for k in kinks), abs(base))
    names = sorted(instance.params)
    slack = 1e-12 * sizes + _ROUNDINGS * evaluation.EPS * _joined(moves, names)
    for options in (np.zeros(len(counts), int), np.array(counts) - 1, rng.integers(0, counts)):
        run = _run(problem, instance, branches.taking(options), (len(counts), 8))
        moves = {name: np.fmax(x, _moves(run[name])) for name, x in moves.items()}
        found = _flat(run) - base
        expected = sum(
            factor * kink.rows[options[place]]
            for kink, places in zip(kinks, groups, strict=True)
            for place, factor in zip(places, kink.factors, strict=True)
        )
        if not np.all(np.abs(found - expected) <= slack):
            if any(len(places) > 1 for places in groups):
                raise InputError(
                    "numbers tie where they are sorted, and again in what is made of them, so that "
                    f"more gradients are lawful than can be tried; {_MOVE}"
                )
            return None
    shapes = [np.shape(instance.params[name]) for name in names]
    return Choices(base, kinks, moves, names, shapes)


def _groups(shared: list[Hashable]) -> list[list[int]]:
    """The places of each kink: those of a sort together, any other by itself."""
    found: dict[Hashable, list[int]] = {}
    for place, key in enumerate(shared):
        found.setdefault(place if key is None else (key,), []).append(place)
    return list(found.values())


def _kink(
    added: Callable[..., Array], places: list[int], count: int, rng: np.random.Generator
) -> Kink:
    """The options of a kink, by what they add at some of its places; then what they do at each.

    An entry adds the same at all places, times the slope that has reached the place.
    """
    mixed = [place for place in places if rng.integers(2)]
    others = [place for place in places if place not in mixed]
    for some in (mixed, others, places[:1], places[-1:]):  # slopes may cancel, or be 0
        rows = np.array([added((some, option)) for option in range(count)])
        sizes = np.sum(rows**2, axis=1)
        largest = int(np.argmax(sizes))
        if sizes[largest] > 0:
            break
    if len(places) == 1 or not sizes[largest] > 0:
        return Kink(rows, np.ones(len(places), np.longdouble))
    each = [added(([place], largest)) @ rows[largest] / sizes[largest] for place in places]
    return Kink(rows, np.array(each, np.longdouble))


def _run(problem: Problem, instance: Instance, branches: Branches, seed: Any) -> dict[str, Any]:
    """Value and gradient, in boxes that know how rounding moves them; unless seed is None."""
    runs = Runs(seed, 0 if seed is None else _RUNS, 0)
    params = {name: boxed(x, runs, branches, True) for name, x in instance.params.items()}
    data = {
        name: boxed(x, runs, branches, False) if np.asarray(x).dtype.kind == "f" else x
        for name, x in instance.data.items()
    }
    with np.errstate(all="ignore"):
        value, found = derivatives.value_and_gradient(problem.loss, params, data)
    return {"": value, **found}


def _moves(box: Any) -> Array:
    """The root mean square of the moves, 0 where nothing finite can be said."""
    if box.moves is None:
        return np.zeros(box.shape)
    with np.errstate(all="ignore"):
        found = np.sqrt(np.mean(np.square(box.moves, dtype=np.longdouble), axis=0))
    return np.where(np.isfinite(found), found, 0.0)


def _flat(boxes: dict[str, Any]) -> Array:
    """The gradient, as one array."""
    exact = {name: x.exact for name, x in boxes.items() if name}
    return _joined(exact, sorted(exact))


def _joined(arrays: Arrays, names: list[str]) -> Array:
    return np.concatenate([np.ravel(arrays[name]) for name in names]).astype(np.longdouble)
