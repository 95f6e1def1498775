"""The right numbers in wrong places: transposed, shifted, permuted, exchanged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import component
from gradparity.harness.judging.diagnosis.evidence.evidence import Context, Evidence
from gradparity.harness.judging.diagnosis.evidence.figures import unit_name
from gradparity.problems import Array


def swapped(context: Context) -> Cause | None:
    """Return the cause if the gradients of two parameters of one shape are exchanged."""
    for a, b in itertools.combinations(context.wrong, 2):
        if a.true.size != b.true.size:
            continue
        if a.agrees(b.true.reshape(a.true.shape), b.scale.reshape(a.true.shape)) and b.agrees(
            a.true.reshape(b.true.shape), a.scale.reshape(b.true.shape)
        ):
            return Cause(
                "swapped", f"the gradients of {a.name} and {b.name} are exchanged.", a.name
            )
    return None


def of_another(e: Evidence, context: Context) -> Cause | None:
    """Return the cause if the parameter was given the gradient of another one of its size."""
    for other in context.every.values():
        if other is not e and other.true.size == e.true.size and other.clear.any():
            shape = e.true.shape
            if e.agrees(other.true.reshape(shape), other.scale.reshape(shape)):
                return Cause("swapped", f"{e.name} has the gradient of {other.name}.", e.name)
    return None


def reordered(e: Evidence) -> Cause | None:
    """Return the cause if the components are the true ones in another order."""
    if e.true.size < 2 or not e.clear.any():
        return None
    for key, text, moved, allowed in _orders(e):
        if e.agrees(moved, allowed):
            return Cause(key, f"{e.name} is {text}.", e.name)
    shifted = _shifted(e)
    if shifted is not None:
        return shifted
    return _permuted(e)


def _orders(e: Evidence) -> Iterator[tuple[str, str, Array, Array]]:
    shape = e.true.shape
    for a, b in itertools.combinations(range(len(shape)), 2):
        swap = [np.swapaxes(x, a, b) for x in (e.true, e.scale)]
        if len(shape) > 2 or shape[a] == shape[b] or 1 not in shape:
            sides = "" if len(shape) == 2 else f" in axes {a} and {b}"
            exact = f"the transpose of what it should be{sides}"
            if shape[a] != shape[b]:
                exact += ", poured into its shape: the order of the entries is wrong"
            yield "transposed", exact, swap[0].reshape(shape), swap[1].reshape(shape)
    if len(shape) > 1 and 1 not in shape:
        moved = [x.ravel().reshape(shape, order="F") for x in (e.true, e.scale)]
        yield "transposed", "read in column order where rows are meant", moved[0], moved[1]
    if len(shape) > 1 and sum(n > 1 for n in shape) > 1:
        turned = [np.flip(x) for x in (e.true, e.scale)]
        yield "permuted", "reversed along all axes, turned by 180 degrees", turned[0], turned[1]
    for axis in range(len(shape)):
        if shape[axis] < 2:
            continue
        along = f" along axis {axis}" if len(shape) > 1 else ""
        # Of two places, a roll is a flip; a flip is what one meets.
        flipped = [np.flip(x, axis) for x in (e.true, e.scale)]
        yield "permuted", f"reversed{along}", flipped[0], flipped[1]
        for step in (1, -1):
            rolled = [np.roll(x, step, axis) for x in (e.true, e.scale)]
            yield "off-by-one", f"shifted by {step} around{along}", rolled[0], rolled[1]


def _shifted(e: Evidence) -> Cause | None:
    """Shifted by one without going around; what is at the end does not matter."""
    for axis in range(e.true.ndim):
        if e.true.shape[axis] < 3:
            continue
        got, true, scale, clear = (
            np.moveaxis(x, axis, 0) for x in (e.got, e.true, e.scale, e.clear)
        )
        for step, inside, source in (
            (1, slice(1, None), slice(None, -1)),
            (-1, slice(None, -1), slice(1, None)),
        ):
            if clear[source].sum() >= 2 and np.all(
                np.abs(got[inside] - true[source]) <= scale[source]
            ):
                along = f" along axis {axis}" if e.true.ndim > 1 else ""
                return Cause("off-by-one", f"{e.name} is shifted by {step}{along}.", e.name)
    return None


def _permuted(e: Evidence) -> Cause | None:
    for axis in range(e.true.ndim):
        order = _permutation(e, axis)
        if order is not None:
            off = np.flatnonzero(order != np.arange(len(order)))
            units = unit_name(axis, e.true.ndim, 0).split()[0]
            if len(off) == 2:
                a, b = (unit_name(axis, e.true.ndim, int(i)).split(" ", 1)[1] for i in off)
                return Cause(
                    "permuted",
                    f"{units}s {a} and {b} of {e.name} are exchanged.",
                    e.name,
                    (int(off[0]),),
                )
            first = unit_name(axis, e.true.ndim, int(off[0]))
            text = f"the {units}s of {e.name} are in another order: {first} holds number"
            return Cause("permuted", f"{text} {order[off[0]]}.", e.name, (int(off[0]),))
    flat = [np.ravel(x) for x in (e.got, e.true, e.scale)]
    here, there = np.argsort(flat[0]), np.argsort(flat[1])
    if e.true.ndim > 1 and np.all(np.abs(flat[0][here] - flat[1][there]) <= flat[2][there]):
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(e.wrong)), e.true.shape))
        text = f"{e.name} holds the right numbers in other places, the first at"
        return Cause("permuted", f"{text} {component(e.name, index)}.", e.name, index)
    return None


def _permutation(e: Evidence, axis: int) -> Array | None:
    """The order of slices along the axis that the answer is in; found by a random projection."""
    n = e.true.shape[axis]
    if n < 2:
        return None
    got, true, scale = (np.moveaxis(x, axis, 0).reshape(n, -1) for x in (e.got, e.true, e.scale))
    weights = np.random.default_rng(0).uniform(0.5, 1.5, got.shape[1])
    here, there = (
        np.argsort(got @ weights, kind="stable"),
        np.argsort(true @ weights, kind="stable"),
    )
    order = np.empty(n, int)
    order[here] = there
    if np.all(np.abs(got - true[order]) <= scale[order]):
        return order
    return None
