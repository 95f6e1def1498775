"""Other functions of the true gradient: its absolute value, clipped, averaged along an axis."""

from __future__ import annotations

import itertools

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import component
from gradparity.harness.judging.diagnosis.evidence.evidence import Evidence
from gradparity.harness.judging.diagnosis.evidence.figures import figure
from gradparity.problems import Array


def nonfinite(e: Evidence) -> Cause | None:
    """Return the cause if infinity or NaN stands where a number should, or the reverse."""
    off = e.wrong & ~(np.isfinite(e.got) & np.isfinite(e.true))
    if not off.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
    got, true = float(e.got[index]), float(e.true[index])
    many = f"{int(off.sum())} of {off.size} components"
    text = f"{component(e.name, index)} is {got:g}, should be {true:.6g}; {many} are so."
    return Cause("nonfinite", text, e.name, index)


def function_of(e: Evidence) -> Cause | None:
    """Return the cause if each component is a simple function of the true one."""
    if not e.clear.any():
        return None
    size = np.abs(e.true)
    for key, text, hypothesis, slope in (
        ("absolute-value", "the absolute value of what it should be", size, 1),
        ("absolute-value", "minus the absolute value of what it should be", -size, 1),
        ("function", "the square of what it should be", e.true**2, 2 * size),
        ("function", "the sign of what it should be", np.sign(e.true), 0),
        ("function", "the tanh of what it should be", np.tanh(e.true), 1),
    ):
        # The sign of a number within rounding is anything.
        told = np.any(slope != 0) or bool(np.all(e.clear | (e.true == 0)))
        if told and e.agrees(hypothesis, e.scale * np.maximum(1, slope)):
            return Cause(key, f"{e.name} is {text}, component by component.", e.name)
    return _clipped(e)


def _clipped(e: Evidence) -> Cause | None:
    low, high = e.got.min(), e.got.max()
    # Limits within rounding are those of a zero.
    if e.true.size < 3 or max(abs(low), abs(high)) <= np.max(e.scale):
        return None
    if low == high:
        return None
    # At least two at an end, or both ends at the same distance from 0: else it is one component.
    ends = int((e.got == low).sum()), int((e.got == high).sum())
    cut = (e.true < low - e.scale).any(), (e.true > high + e.scale).any()
    pairs = max(n for n, c in zip(ends, cut, strict=True) if c or not any(cut))
    if (
        any(cut)
        and (pairs >= 2 or (all(cut) and low == -high))
        and e.agrees(np.clip(e.true, low, high))
    ):
        return Cause(
            "clipped",
            f"{e.name} is limited to {figure(low)} ... {figure(high)}, and right inside.",
            e.name,
        )
    return None


def broadcast(e: Evidence) -> Cause | None:
    """Return the cause if it is constant along an axis: the mean, sum, first or last of the truth.

    Along all axes too: one number for the whole parameter.
    """
    axes = [*((a,) for a in range(e.true.ndim)), *itertools.combinations(range(e.true.ndim), 2)]
    constant = [axis for axis in axes if _constant(e, axis)]
    # Of several that fit, a sum or a mean is what one meets.
    for likely in (True, False):
        for axis in constant:
            allowed = np.broadcast_to(e.scale.sum(axis, keepdims=True), e.true.shape)
            for text, one in _sums(e, axis) if likely else _ends(e, axis):
                if e.agrees(np.broadcast_to(one, e.true.shape), allowed):
                    alone = e.true.ndim > 1 and len(axis) == 1
                    along = f"along axis {axis[0]}" if alone else "everywhere"
                    said = f"{e.name} is the same {along}: {text} of what it should be there."
                    return Cause("broadcast-sum", said, e.name)
    return None


def _constant(e: Evidence, axis: tuple[int, ...]) -> bool:
    apart = np.abs(e.got - e.got.mean(axis, keepdims=True))
    several = any(e.true.shape[a] > 1 for a in axis)
    return several and bool(np.all(apart <= e.scale.max(axis, keepdims=True)))


def _sums(e: Evidence, axis: tuple[int, ...]) -> list[tuple[str, Array]]:
    total = e.true.sum(axis, keepdims=True)
    return [("the sum", total), ("the mean", total / np.prod([e.true.shape[a] for a in axis]))]


def _ends(e: Evidence, axis: tuple[int, ...]) -> list[tuple[str, Array]]:
    found = [("the largest", e.true.max(axis, keepdims=True))]
    if len(axis) == 1:
        found += [
            (f"the {end}", np.take(e.true, [at], axis[0]))
            for end, at in (("first", 0), ("last", -1))
        ]
    return found
