"""What a cause is tested against: one parameter's two gradients, and what rounding allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gradparity.harness.judging.diagnosis.evidence.deadline import Deadline
from gradparity.problems import Array, Arrays, Loss

LONG = np.longdouble
EPS = float(np.finfo(np.float64).eps)
# A component counts as known where it is this many times what rounding allows.
CLEAR = 100


@dataclass(frozen=True, eq=False)
class Evidence:
    """One parameter's gradient, in longdouble.

    got, true, scale, theta: the answer, the truth, the error that rounding allows, the parameter;
    all of one shape. wrong: where they differ by more than that. clear: where the truth is far
    above it.
    """

    name: str
    got: Array
    true: Array
    scale: Array
    theta: Array
    wrong: Array
    clear: Array

    def agrees(self, hypothesis: Array, allowed: Array | None = None) -> bool:
        """Whether every component is as supposed, within `allowed` (default: scale)."""
        allowed = self.scale if allowed is None else allowed
        slack = 4 * EPS * (np.abs(hypothesis) + np.abs(self.got))
        return bool(np.all(np.abs(self.got - hypothesis) <= allowed + slack))


@dataclass(frozen=True, eq=False)
class Context:
    """All that is known: evidence by parameter, in their order, the arrays, and the loss.

    params, data: floating arrays in longdouble, or in float64 if they are many.
    narrow: the float32 answer, if there is one. deadline: until when causes are looked for.
    """

    every: dict[str, Evidence]
    params: Arrays
    data: Arrays
    loss: Loss | None
    narrow: Arrays | None
    deadline: Deadline

    @property
    def wrong(self) -> list[Evidence]:
        """The parameters with a wrong component."""
        return [e for e in self.every.values() if e.wrong.any()]


def evidence(name: str, got: Array, true: Array, scale: Array, theta: Array) -> Evidence:
    """Return the evidence of one parameter; arrays of one shape."""
    got, true, scale, theta = (np.asarray(x, LONG) for x in (got, true, scale, theta))
    same = (got == true) | (np.isnan(got) & np.isnan(true))
    with np.errstate(all="ignore"):
        wrong = ~same & ~(np.abs(got - true) <= scale)
        clear = np.abs(true) > CLEAR * scale
    return Evidence(name, got, true, scale, theta, wrong, clear)


def is_supposed(context: Context, supposed: Arrays, names: Iterable[str] | None = None) -> bool:
    """Whether the answer is the supposed gradient, on these parameters (default: all).

    Other terms than those of the truth may cancel in it: what is allowed grows with its size. No
    if it is the true gradient as well, within what is allowed: then it explains nothing.
    """
    told = False
    for name in context.every if names is None else names:
        e, hypothesis = context.every[name], supposed[name]
        if not np.all(np.isfinite(hypothesis)):
            return False
        allowed = allowed_of(e, hypothesis)
        if not e.agrees(hypothesis, allowed):
            return False
        told = told or bool(np.any(e.wrong & (np.abs(hypothesis - e.true) > 2 * allowed)))
    return told


def allowed_of(e: Evidence, hypothesis: Array) -> Array:
    """Return what a supposed gradient may be off, by component: more where it is larger."""
    top = np.max(np.abs(e.true), initial=0)
    size = max(1, np.max(np.abs(hypothesis), initial=0) / top) if top > 0 else 1
    return np.asarray(4 * size * e.scale + np.max(e.scale, initial=0))


def in_longdouble(arrays: Arrays) -> Arrays:
    """Return the arrays, floating ones in longdouble."""
    return {
        name: np.asarray(x, LONG) if np.asarray(x).dtype.kind == "f" else np.asarray(x)
        for name, x in arrays.items()
    }
