"""A constant ratio between what was got and what is true: over a parameter, a unit, or known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.evidence.evidence import CLEAR, EPS, Context, Evidence
from gradparity.harness.judging.diagnosis.evidence.figures import (
    CHANCE,
    LIKELY,
    figure,
    short_number,
    unit_name,
)
from gradparity.harness.judging.diagnosis.evidence.known_ratios import KnownRatio
from gradparity.problems import Array

# How close a ratio must be to a known one, relative to what is known of it.
_CLOSE = 4


def constant_ratio(parts: list[Evidence]) -> tuple[Any, Any, int] | None:
    """Return the ratio got/true if it is constant: it, its uncertainty, and components behind it.

    None if it is not, or if no component is clear enough to tell.
    """
    true, got = _joined(parts, "true"), _joined(parts, "got")
    scale, clear = _joined(parts, "scale"), _joined(parts, "clear")
    if not clear.any():
        return None
    best = int(np.argmax(np.abs(true) / np.maximum(scale, EPS * np.abs(true) + 1e-300) * clear))
    ratio = got[best] / true[best]
    size = max(1, abs(ratio))
    doubt = (scale[best] * size + 4 * EPS * abs(got[best])) / abs(true[best])
    for e in parts:
        if not e.agrees(ratio * e.true, e.scale * size + np.abs(e.true) * doubt):
            return None
    return ratio, doubt, int(clear.sum())


def meanings(fitting: list[KnownRatio]) -> str:
    """Write what a ratio may come from: one meaning, or all that fit."""
    usual = [r for r in fitting if r.usual] or fitting
    several = list(dict.fromkeys(r.meaning for r in usual))
    return several[0] if len(several) == 1 else f"either {'; or '.join(several)}"


def whole(parts: list[Evidence], known: list[KnownRatio], everything: bool) -> Cause | None:
    """Return the cause if the ratio is one and the same over all of these parameters."""
    found = constant_ratio(parts)
    if found is None or abs(found[0]) <= _CLOSE * found[1]:
        return None
    ratio, doubt, count = found
    # Of components that differ by less than the ratio says, others are right: then it is none.
    off = np.concatenate([np.ravel(e.wrong) for e in parts])
    told = np.concatenate([np.ravel(np.abs(e.true * (ratio - 1)) > 2 * e.scale) for e in parts])
    if not np.any(off & told) or np.any(off & ~told & _joined(parts, "clear")):
        return None
    names = [e.name for e in parts]
    parameter = names[0] if len(names) == 1 else ""
    subject = "the whole gradient" if everything else listed(names)
    verb = "is" if everything or len(names) == 1 else "are"
    they = "it" if verb == "is" else "they"
    where = ", everywhere" if count > 1 else ""
    fitting = [r for r in known if r.fits(ratio, doubt)]
    if fitting:
        key = "sign" if fitting[0].value == -1 else "factor"
        text = f"{subject} {verb} {fitting[0].text} times what {they} should be{where}"
        return Cause(key, f"{text}: {meanings(fitting)}.", parameter)
    # One number alone has some ratio always; a short one, 1.01, is no chance.
    if count < 2 and not _short(ratio, doubt, CHANCE):
        return None
    sentence = f"{subject} {verb} wrong by a factor of {figure(ratio)}{where}."
    return Cause("factor", sentence, parameter)


def likely_ratio(e: Evidence) -> Cause | None:
    """Return what may be the cause: one number alone, wrong by a factor of few digits."""
    found = constant_ratio([e])
    if found is None or not _short(found[0], found[1], LIKELY):
        return None
    text = f"{e.name} may be wrong by a factor of {figure(found[0])}."
    return Cause("factor", text, e.name, sure=False)


def _short(ratio: Any, doubt: Any, chance: float) -> bool:
    return any(short_number(abs(x), doubt, chance) is not None for x in (ratio, ratio - 1))


def by_unit(e: Evidence, context: Context) -> Cause | None:
    """Return the cause if each row, column or slice has a ratio of its own."""
    if e.true.ndim < 2 and e.true.size < 3:
        return None
    for axis in range(e.true.ndim):
        found = _ratios(e, axis)
        if found is None:
            continue
        ratios, doubts = found
        off = np.flatnonzero(np.abs(ratios - 1) > _CLOSE * doubts)
        # Rows that are zero to rounding have no ratio.
        if not np.any(np.abs(ratios[off]) > _CLOSE * doubts[off]):
            continue
        if len(off) == 1:
            unit = unit_name(axis, e.true.ndim, int(off[0]))
            ratio = ratios[off[0]]
            text = f"{e.name} is {figure(ratio)} times what it should be on {unit}"
            return Cause("factor", f"{text}, and right elsewhere.", e.name, (int(off[0]),))
        units = unit_name(axis, e.true.ndim, 0).split()[0]
        for what, vector in _vectors(context, len(ratios)):
            for how, factors in (
                ("multiplied by its entry", vector),
                ("divided by its entry", 1 / vector),
                ("divided by the square of its entry", 1 / (vector * vector)),
                ("multiplied by the square of its entry", vector * vector),
            ):
                if np.all(np.abs(ratios - factors) <= _CLOSE * doubts + 8 * EPS * np.abs(factors)):
                    return Cause("factor", f"each {units} of {e.name} is {how} of {what}.", e.name)
        low, high = figure(ratios.min()), figure(ratios.max())
        text = f"each {units} of {e.name} has a factor of its own, {low} to {high}"
        sentence = f"{text}; {len(off)} of {len(ratios)} are not 1."
        return Cause("factor", sentence, e.name, sure=False)
    return None


def elementwise(e: Evidence, context: Context) -> Cause | None:
    """Return the cause if the ratio is, entry by entry, a known array of the same shape."""
    if not e.clear.any():
        return None
    arrays = {e.name: e.theta}
    for group in (context.params, context.data):
        for name, x in group.items():
            if x.shape == e.true.shape and x.dtype.kind == "f":
                arrays.setdefault(name, x)
    for name, x in arrays.items():
        own = f"{name} itself" if name == e.name else name
        with np.errstate(all="ignore"):
            for text, factor in (
                (f"multiplied by {own}", x),
                (f"divided by {own}", 1 / x),
                (f"multiplied by the square of {own}", x * x),
                (f"multiplied by |{name}|", np.abs(x)),
                (f"multiplied by the sign of {own}", np.sign(x)),
                (f"multiplied by 1 - {name}²", 1 - x * x),
                (f"multiplied by exp({name})", np.exp(x)),
            ):
                hypothesis = e.true * factor
                if np.all(np.isfinite(hypothesis)) and e.agrees(
                    hypothesis, e.scale * np.maximum(1, np.abs(factor))
                ):
                    return Cause("factor", f"{e.name} is {text}, component by component.", e.name)
    return None


def _ratios(e: Evidence, axis: int) -> tuple[Array, Array] | None:
    """The ratio of each slice along the axis and its doubt, if all are constant and well seen."""
    true, got, scale, clear, wrong = (
        np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
        for x in (e.true, e.got, e.scale, e.clear, e.wrong)
    )
    counts = clear.sum(axis=1)
    bad = wrong.any(axis=1)
    if len(true) < 2 or true.shape[1] < 2 or not bad.any() or np.any(counts[bad] < 2):
        return None
    best = np.argmax(np.where(clear, np.abs(true), -1), axis=1)
    rows = np.arange(len(true))
    bottom = np.where(true[rows, best] == 0, 1, true[rows, best])
    ratios = np.where(bad, got[rows, best] / bottom, 1)
    size = np.maximum(1, np.abs(ratios))
    doubts = (scale[rows, best] * size + 4 * EPS * np.abs(got[rows, best])) / np.abs(bottom)
    allowed = scale * size[:, None] + np.abs(true) * doubts[:, None] + CLEAR * EPS * EPS
    good = np.abs(got - ratios[:, None] * true) <= allowed + 4 * EPS * np.abs(got)
    return (ratios, doubts) if good.all() else None


def _vectors(context: Context, n: int) -> Iterator[tuple[str, Array]]:
    for group in (context.params, context.data):
        for name, x in group.items():
            if x.shape == (n,):
                yield name, x
    for name, e in context.every.items():
        if e.true.shape == (n,):
            yield f"the gradient of {name}", e.true


def _joined(parts: list[Evidence], what: str) -> Array:
    return np.concatenate([np.ravel(getattr(e, what)) for e in parts])
