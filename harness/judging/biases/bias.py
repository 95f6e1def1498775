"""A bias below the rounding of one number: found, and said where it lies.

A factor of 1.01 is within bfloat16's rounding in every number. All of them together show it. For
each hypothesis the size a of the errors along it is held against the sizes R that the same sum has
in K runs of rounding after every operation: those know which errors are made together, as by one
number that a whole row is multiplied by. a / (½ R) is then, at most, as a number of Student's
distribution with K degrees of freedom (rounding to nearest has 0.29 R).

A bias is stated if its level, by Holm over all hypotheses, is below `LEVEL`, its size is above ¾
eps, and it is there again, to the same side, on fresh inputs. Of several that are, the one
is told that explains most, the simpler of two that explain about as much.

Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.judging.biases.hypotheses import Hypothesis, hypotheses
from gradparity.harness.judging.biases.student import student_tail

LEVEL = 0.01
FLOOR, CUT = 0.75, 0.25
"""The least bias that is told, in eps; that of numbers which are cut off. Equal numbers are all
rounded alike, which makes a bias of half an eps in a right answer: 1/48, in all of a mean's."""

AGAIN = 2
"""On how many fresh inputs a bias has to be there again."""

_WHOLE = 0.15
"""How far from 1 the share of a formula's difference may be."""
_EXPLAINED = 0.5
"""The least share of the squared errors that another formula explains."""
_ROUNDING = 0.5
_NEAR = 0.998
"""Of two hypotheses that explain as much as this share of each other the simpler is told."""


@dataclass(frozen=True, slots=True)
class Bias:
    """What is told of one array. level: by Holm. share: of the squared errors that it explains."""

    hypothesis: Hypothesis
    level: float
    share: float


def biases(
    errors: Sequence[SignedErrors], fresh: Callable[[], Iterator[Sequence[SignedErrors]]]
) -> list[Bias]:
    """The bias of each array that has one.

    fresh: the errors at other inputs, of which `AGAIN` are asked for where something is found.
    """
    found = _significant(errors)
    if not found:
        return []
    seen = 0
    for again in fresh():
        known = {_key(x): x for x, _ in _significant(again)}
        found = [(x, p) for x, p in found if _alike(x, known.get(_key(x)))]
        seen += 1
        if seen == AGAIN or not found:
            break
    if seen < AGAIN:
        return []
    told = []
    for e in errors:
        own = [(x, p) for x, p in found if x.parameter == e.parameter and _explains(x, e)]
        if own:
            told.append(_best(own, e))
    return told


def _significant(errors: Sequence[SignedErrors]) -> list[tuple[Hypothesis, float]]:
    """The hypotheses that hold at `LEVEL`, each with its level after Holm's correction."""
    tried = [x for e in errors for x in hypotheses(e)]
    floors = {e.parameter: CUT if e.cut else FLOOR for e in errors}
    levels = sorted((_level(x), i) for i, x in enumerate(tried))
    found, worst = [], 0.0
    for rank, (level, i) in enumerate(levels):
        worst = max(worst, level * (len(tried) - rank))
        if worst > LEVEL:
            break
        if _is_large(tried[i], floors[tried[i].parameter]):
            found.append((tried[i], worst))
    return found


def _is_large(x: Hypothesis, floor: float) -> bool:
    """Above the floor, in eps; another formula's difference all in all, neither half nor twice."""
    return abs(x.size - 1) < _WHOLE if x.kind == "formula" else abs(x.size) > floor


def _level(x: Hypothesis) -> float:
    """How likely rounding makes a size like this one, or larger."""
    r = math.sqrt(float(np.mean(np.square(x.sizes)))) if len(x.sizes) else math.inf
    if r == 0:
        return 0.0 if x.size else 1.0
    return student_tail(abs(x.size) / (_ROUNDING * r), len(x.sizes) * _independent(x))


def _independent(x: Hypothesis) -> int:
    """Rowwise, each row is a size of its own; not more of them count than make a difference."""
    return min(x.free, 4)


def _key(x: Hypothesis) -> tuple[str, str, str, int, str]:
    return x.parameter, x.kind, x.where, x.shift, x.text


def _alike(x: Hypothesis, again: Hypothesis | None) -> bool:
    return again is not None and (x.size > 0) == (again.size > 0)


def _explains(x: Hypothesis, e: SignedErrors) -> bool:
    return x.kind != "formula" or x.explained >= _EXPLAINED * e.total


def _order(x: Hypothesis) -> tuple[int, bool, int, bool]:
    """The simpler first: a factor of few numbers that outweigh the rest is not simpler."""
    return x.free, x.kind not in ("factor", "formula"), -x.count, x.kind != "factor"


def _best(found: list[tuple[Hypothesis, float]], e: SignedErrors) -> Bias:
    """The one that explains most; of those that explain about as much the simplest and largest."""
    top = max(x.explained for x, _ in found)
    near = [(x, p) for x, p in found if x.explained >= _NEAR * top]
    best, level = min(near, key=lambda y: _order(y[0]))
    if best.kind == "formula":  # several may do the same here
        alike = [x.text for x, _ in near if (x.kind, x.where) == (best.kind, best.where)]
        best = replace(best, text=", or ".join(dict.fromkeys(alike)))
    return Bias(best, level, best.explained / max(e.total, 1e-300))
