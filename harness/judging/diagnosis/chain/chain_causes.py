"""One step of the chain rule done wrongly: left out, counted twice, with another derivative.

Each step of the loss as it is written, the nearest to the loss first, is altered in turn: by a
known factor, by what people do wrongly (`alterations.py`), at all steps of its kind, by a factor of
its own. The gradient that comes out is held against the answer: every parameter must agree, the
right ones too. `projections.py` tells which alterations are worth it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.chain.alterations import alterations
from gradparity.harness.judging.diagnosis.chain.altered_chain import (
    Alter,
    Altered,
    Bypass,
    Chain,
    Step,
    unaltered,
)
from gradparity.harness.judging.diagnosis.chain.composites import composites
from gradparity.harness.judging.diagnosis.chain.counts import counts
from gradparity.harness.judging.diagnosis.chain.logits import of_logits
from gradparity.harness.judging.diagnosis.chain.projections import Projections
from gradparity.harness.judging.diagnosis.chain.repeated_steps import repeated
from gradparity.harness.judging.diagnosis.chain.residuals import mistaken
from gradparity.harness.judging.diagnosis.chain.wrong_derivatives import of_composite
from gradparity.harness.judging.diagnosis.comparisons.ratio_causes import constant_ratio, meanings
from gradparity.harness.judging.diagnosis.evidence.evidence import (
    EPS,
    Context,
    evidence,
    is_supposed,
)
from gradparity.harness.judging.diagnosis.evidence.figures import figure, short_number
from gradparity.harness.judging.diagnosis.evidence.known_ratios import KnownRatio, known_ratios
from gradparity.problems import Array, Arrays


def chain_cause(context: Context, found: Chain) -> Cause | None:
    """Return the cause if one altered step of the chain rule gives the answer.

    Raises: OutOfTimeError.
    """
    return next(_causes(context, found, Projections(context, found)), None)


def _causes(context: Context, found: Chain, seen: Projections) -> Iterator[Cause]:
    known = known_ratios(context.params, context.data) + list(counts(found))
    factors = [(step, c) for step in found.steps if (c := _factor(found, seen, step)) is not None]
    for step, c in factors:
        if abs(c) < 1e-6 or _meant(c, known):
            yield from _scaled(context, found, step, known)
    for step in found.steps:
        yield from _updated(context, found, step)
    every = list(composites(found))
    for one in every:
        g = found.adjoints.get(id(found.nodes[one.top]))
        if g is None:
            continue
        part = found.within(one.top, one.bottom, g)
        for key, text, change in of_composite(found, one):
            with np.errstate(all="ignore"):
                delta = change(g) - part
            if np.all(np.isfinite(delta)) and seen.explains(seen.of(one.bottom, delta)):
                answer = tried(found, unaltered, {one.top: (one.bottom, change)})
                if answer is not None and is_supposed(context, answer):
                    yield _cause(context, f"at the {one.name}, {text}", key)
    for step in found.steps:
        for key, text, alter in alterations(found, step):
            if seen.explains(_change(found, seen, step, alter)):
                answer = tried(found, _at(step, alter))
                if answer is not None and is_supposed(context, answer):
                    yield _cause(context, f"at {_place(found, step)}, {text}", key)
    several = (of_logits(found, seen), repeated(found, every))
    for key, text, altered, bypass in itertools.chain(*several):
        answer = tried(found, altered, bypass)
        if answer is not None and is_supposed(context, answer):
            yield _cause(context, text, key)
    for step, _ in factors:
        yield from _scaled(context, found, step, known)
    for key, text, altered, bypass in mistaken(found, seen, known):
        answer = tried(found, altered, bypass)
        if answer is not None and is_supposed(context, answer):
            yield _cause(context, text, key)


def _place(found: Chain, step: Step) -> str:
    _, operands, _, _ = found.nodes[step[0]].call
    owners = [name for x in operands if (name := found.owner(x))]
    return found.name(step[0]) + (f" with {listed(owners)}" if owners else "")


def _cause(context: Context, text: str, key: str) -> Cause:
    wrong = context.wrong
    names, verb = listed(e.name for e in wrong), "is" if len(wrong) == 1 else "are"
    parameter = wrong[0].name if len(wrong) == 1 else ""
    return Cause(key, f"{names} {verb} what comes out if, {text}.", parameter)


def _at(step: Step, alter: Alter) -> Altered:
    return lambda k, j, g, part: alter(g, part) if (k, j) == step else part


def _change(found: Chain, seen: Projections, step: Step, alter: Alter) -> Array:
    """What an alteration adds to the products with the directions; NaN if it does not fit."""
    node = found.nodes[step[0]]
    g = found.adjoints.get(id(node))
    none = np.full(len(seen.error), np.nan)
    if g is None:
        return none
    found.deadline.keep()
    part = found.contribution(node, step[1], g)
    parent = node.parents[step[1]][1]
    try:
        with np.errstate(all="ignore"):
            return seen.of(parent, alter(g, part)) - seen.of(parent, part)
    except (ValueError, IndexError, TypeError):  # shapes that do not fit: no hypothesis
        return none


def tried(found: Chain, altered: Altered, bypass: Bypass | None = None) -> Arrays | None:
    """Return the gradient with this alteration; None if its shapes do not fit."""
    try:
        with np.errstate(all="ignore"):
            return found.walk(altered, bypass)
    except (ValueError, IndexError, TypeError):  # shapes that do not fit: no hypothesis
        return None


def _factor(found: Chain, seen: Projections, step: Step) -> float | None:
    """By how much the way back through one operand may be multiplied; None if by nothing."""
    change = _change(found, seen, step, lambda g, part: 2 * part)
    with np.errstate(all="ignore"):
        multiple = seen.multiple(change)
    return None if multiple is None else float(1 + multiple)


def _meant(c: float, known: list[KnownRatio]) -> bool:
    return any(abs(c - float(r.value)) <= 1e-6 * abs(c) for r in known)


def _scaled(context: Context, found: Chain, step: Step, known: list[KnownRatio]) -> Iterator[Cause]:
    """The way back through one operand, times a constant: 0 cut, 2 counted twice, -1 the sign."""
    cut = tried(found, _at(step, lambda g, part: 0 * part))
    if cut is None:
        return
    parts = []
    for e in context.every.values():
        rest = cut.get(e.name, np.zeros_like(e.true))
        size = np.abs(rest) + np.abs(e.true)
        scale = e.scale + 16 * EPS * size + 1e-3 * EPS * np.max(size, initial=0)
        parts.append(evidence(e.name, e.got - rest, e.true - rest, scale, e.theta))
    ratio = constant_ratio(parts)
    if ratio is None or ratio[2] < 2 or abs(ratio[0] - 1) <= 4 * ratio[1]:
        return
    factor, doubt, _ = ratio
    place = found.nodes[step[0]].parents[step[1]][0] + 1
    back = f"at {_place(found, step)}, the way back through operand {place}"
    if abs(factor) <= 4 * doubt:
        yield _cause(context, f"{back} is cut", "term-missing")
        return
    fitting = [r for r in known if r.fits(factor, doubt)]
    if not fitting:
        short = any(short_number(abs(x), doubt, 1e-4) is not None for x in (factor, factor - 1))
        verb = "is" if short else "may be"
        text = f"{back} {verb} multiplied by {figure(factor)}"
        yield replace(_cause(context, text, "factor"), sure=short)
    elif fitting[0].value == 2 and meanings(fitting) == fitting[0].meaning:
        yield _cause(context, f"{back} is counted twice", "term-added")
    else:
        key = "sign" if fitting[0].value == -1 else "factor"
        text = f"{back} is multiplied by {fitting[0].text}: {meanings(fitting)}"
        yield _cause(context, text, key)


def _updated(context: Context, found: Chain, step: Step) -> Iterator[Cause]:
    """A product with a parameter after its update: θ - η gradient instead of θ, η measured."""
    primitive, operands, z, static = found.nodes[step[0]].call
    place = found.nodes[step[0]].parents[step[1]][0]
    if primitive.name not in ("matmul", "multiply"):
        return
    for name, e in context.every.items():
        at = [i for i, x in enumerate(operands) if i != place and x is context.params[name]]
        if not at or e.true.size == 1:  # of one number any other is θ - η gradient
            continue

        def moved(g: Array, part: Array, i: int = at[0], gradient: Array = e.true) -> Array:
            changed = (*operands[:i], gradient, *operands[i + 1 :])
            return part + adjoint_of(primitive)(place, g, z, changed, static)

        more = tried(found, _at(step, moved))
        if more is None:
            return
        parts = [
            evidence(x.name, x.got - x.true, more[x.name] - x.true, x.scale, x.theta)
            for x in context.every.values()
        ]
        ratio = constant_ratio(parts)
        if ratio is not None and ratio[2] >= 2 and abs(ratio[0]) > 4 * ratio[1]:
            sign = "-" if ratio[0] < 0 else "+"
            text = f"{name} {sign} {figure(abs(ratio[0]))} times its gradient stands for {name}"
            where = f"at {_place(found, step)}, {text}: updated too early"
            yield _cause(context, where, "stale")
