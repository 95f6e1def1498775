"""Where it is wrong: a parameter, a unit, a component, or where an array is zero, or large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import component, listed, told_apart
from gradparity.harness.judging.diagnosis.evidence.evidence import Context, Evidence
from gradparity.harness.judging.diagnosis.evidence.figures import unit_name
from gradparity.problems import Array

# A threshold separates a few numbers by chance; so many of each side are asked for.
_EACH_SIDE = 4


def parameter_missing(e: Evidence) -> Cause | None:
    """Return the cause if the parameter's gradient is zero everywhere, and should not be."""
    if e.got.any():
        return None
    return Cause(
        "parameter-missing",
        f"{e.name} is zero everywhere: its gradient is never computed or is lost.",
        e.name,
    )


def one_component(e: Evidence) -> Cause | None:
    """Return the cause if a single component of several is wrong."""
    if e.wrong.sum() != 1 or e.true.size < 2:
        return None
    flat = int(np.argmax(e.wrong))
    index = tuple(int(i) for i in np.unravel_index(flat, e.true.shape))
    got, true = e.got[index], e.true[index]
    where = component(e.name, index)
    is_, should = told_apart(float(got), float(true))
    rest = "every other component is right"
    if got == 0 and e.true.ndim == 1 and e.true.size > 2 and flat in (0, e.true.size - 1):
        end = "first" if flat == 0 else "last"
        return Cause(
            "off-by-one",
            f"{where} is 0, should be {should}, and {rest}: a slice leaves out the {end}.",
            e.name,
            index,
        )
    if abs(got + true) <= e.scale[index]:
        # Where it is the only negative one, an absolute value does the same.
        alone = true < 0 and int((e.true < 0).sum()) == 1 and e.true.size > 2
        more = ", or an absolute value is taken: no other is negative" if alone else ""
        text = f"{where} has the wrong sign: {is_}, should be {should}; {rest}{more}."
        return Cause("one-component", text, e.name, index, sure=not alone)
    factor = _of_itself(got / true, e.scale[index] / abs(true), e.theta[index], where)
    if factor:
        text = f"{where} is multiplied by {factor}: {is_}, should be {should}; {rest}."
        return Cause("factor", text, e.name, index)
    return Cause("one-component", f"{where} is {is_}, should be {should}; {rest}.", e.name, index)


def _of_itself(ratio: Any, doubt: Any, x: Any, name: str) -> str:
    """Which function of the parameter a ratio is; "" for none."""
    if not np.isfinite(ratio) or not doubt < 1e-8 * abs(ratio):
        return ""
    for text, value in (
        (f"exp({name})", np.exp(x)),
        (f"exp(-{name}): the derivative of the exponential is left out", np.exp(-x)),
        (name, x),
        (f"1/{name}", 1 / x),
        (f"{name}²", x * x),
        (f"1/{name}²", 1 / (x * x)),
    ):
        if (
            np.isfinite(value)
            and abs(ratio - value) <= 4 * doubt + 1e-15 * abs(value)
            and abs(value - 1) > 1e-3
        ):
            return text
    return ""


def units_missing(e: Evidence) -> Cause | None:
    """Return the cause if whole rows, columns or slices are zero, and the rest is right."""
    if e.true.ndim < 2 and e.true.size < 3:
        return None
    for axis, off, n in _units(e):
        gone = np.moveaxis(e.got, axis, 0)[off]
        if gone.any() or len(off) > max(1, n // 2):
            continue
        first = (int(off[0]),)
        units = [unit_name(axis, e.true.ndim, int(i)) for i in off]
        if len(off) == 1 and off[0] in (0, n - 1):
            end = "first" if off[0] == 0 else "last"
            text = f"{e.name} is zero on {units[0]}, the {end}, and right elsewhere"
            return Cause("off-by-one", f"{text}: a slice leaves it out.", e.name, first)
        # Components that are scattered are no units.
        if e.true.ndim > 1 or len(off) == 1:
            some = listed(units[:4]) + (f" and {len(units) - 4} more" * (len(units) > 4))
            return Cause(
                "unit-missing", f"{e.name} is zero on {some}, and right elsewhere.", e.name, first
            )
    return None


def one_unit(e: Evidence) -> Cause | None:
    """Return the cause if one row, column or slice of several is wrong, and not zero."""
    if e.true.ndim < 2:
        return None
    for axis, off, n in _units(e):
        inside = np.moveaxis(e.wrong, axis, 0)[off]
        if len(off) == 1 and n > 2 and inside.sum() > max(1, inside.size // 2):
            unit = unit_name(axis, e.true.ndim, int(off[0]))
            return Cause(
                "one-unit",
                f"{e.name} is wrong on {unit} alone: {inside.sum()} of {inside.size} components.",
                e.name,
                (int(off[0]),),
            )
    return None


def separated(e: Evidence, context: Context) -> Cause | None:
    """Return the cause if wrong and right components differ by a simple property of an array.

    The array is the parameter, or one of its shape in the data; components whose truth is too near
    zero to be wrong are left out.
    """
    told = e.wrong | e.clear
    wrong = e.wrong[told]
    if wrong.sum() < 1 or wrong.all():
        return None
    arrays = {e.name: e.theta}
    arrays |= {k: x for k, x in context.data.items() if x.shape == e.true.shape and x.ndim}
    for name, x in arrays.items():
        for key, text, holds in _properties(name, x[told], wrong):
            if np.array_equal(holds, wrong):
                how = "zero" if not e.got[e.wrong].any() else "wrong"
                many = f"{wrong.sum()} of {e.true.size} components"
                return Cause(
                    key,
                    f"{e.name} is {how} exactly where {text}: {many}, and right elsewhere.",
                    e.name,
                )
    if e.true.ndim == 1 and e.true.size >= 4:
        odd = np.arange(e.true.size)[told] % 2
        for parity, word in ((0, "even"), (1, "odd")):
            if np.array_equal(odd == parity, wrong) and wrong.sum() > 1:
                return Cause("kink", f"{e.name} is wrong exactly at the {word} indices.", e.name)
    return None


def some_signs(e: Evidence) -> Cause | None:
    """Return the cause if several components have the wrong sign, and nothing else is wrong."""
    hypothesis = np.where(e.wrong, -e.true, e.true)
    if not e.agrees(hypothesis):
        return None
    count = int(e.wrong.sum())
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(e.wrong)), e.true.shape))
    text = f"{count} of {e.true.size} components of {e.name} have the wrong sign, the first"
    return Cause("sign", f"{text} {component(e.name, index)}; the rest is right.", e.name, index)


def _units(e: Evidence) -> Iterator[tuple[int, Array, int]]:
    """For each axis: it, the places along it where something is wrong, and its length."""
    for axis in range(e.true.ndim):
        others = tuple(a for a in range(e.true.ndim) if a != axis)
        bad = e.wrong.any(axis=others)
        if 0 < bad.sum() < len(bad):
            yield axis, np.flatnonzero(bad), len(bad)


def _properties(name: str, x: Array, wrong: Array) -> Iterator[tuple[str, str, Array]]:
    few = min(wrong.sum(), len(wrong) - wrong.sum())
    yield "kink", f"{name} is 0", x == 0
    if few >= 2 or len(wrong) >= 8:
        yield "kink", f"{name} < 0", x < 0
        yield "kink", f"{name} > 0", x > 0
    if few < _EACH_SIDE or len(wrong) < 3 * _EACH_SIDE:
        return
    size = np.abs(x)
    inner, outer = size[~wrong].max(), size[wrong].min()
    if inner < outer:
        yield "saturation", f"|{name}| > {float(inner):.4g}", size > inner
    inner, outer = size[wrong].max(), size[~wrong].min()
    if inner < outer:
        yield "saturation", f"|{name}| < {float(outer):.4g}", size < outer
    top, low = x[~wrong].max(), x[~wrong].min()
    yield "saturation", f"{name} > {float(top):.4g}", x > top
    yield "saturation", f"{name} < {float(low):.4g}", x < low
