"""One step of the chain rule done wrongly: left out, counted twice, with another derivative.

Each step of the loss as it is written is altered in turn, and the gradient that comes out is held
against the answer: every parameter must agree, the right ones too.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.numpy_tape.engine.reverse_rules import adjoint_of
from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.words import listed
from gradparity.harness.judging.diagnosis.alterations import Alter, alterations
from gradparity.harness.judging.diagnosis.altered_chain import Chain, Step
from gradparity.harness.judging.diagnosis.evidence import EPS, Context, evidence, is_supposed
from gradparity.harness.judging.diagnosis.figures import figure
from gradparity.harness.judging.diagnosis.known_ratios import KnownRatio, known_ratios
from gradparity.harness.judging.diagnosis.ratio_causes import constant_ratio
from gradparity.problems import Array, Arrays

# Walks times multiplications, in longdouble and in float64: some seconds at most.
_WORK = (1_000_000_000, 2_000_000_000)


def chain_cause(context: Context, found: Chain) -> Cause | None:
    """Return the cause if one altered step of the chain rule gives the answer."""
    left = _WORK[found.end.dtype == np.float64] // found.work
    steps = [(k, j) for k, node in enumerate(found.nodes) for j in range(len(node.parents))]
    known = known_ratios(context.params, context.data)
    for step in reversed(steps[max(0, len(steps) - left) :]):
        left -= 1
        cause = _scaled(context, found, step, known) or _updated(context, found, step)
        if cause is not None:
            return cause
    for step in reversed(steps):
        for key, text, alter in alterations(found, step):
            left -= 1
            if left < 0:
                return None
            answer = _tried(found, step, alter)
            if answer is not None and is_supposed(context, answer):
                return _cause(context, found, step, key, text)
    return None


def _cause(context: Context, found: Chain, step: Step, key: str, text: str) -> Cause:
    wrong = context.wrong
    names, verb = listed(e.name for e in wrong), "is" if len(wrong) == 1 else "are"
    k = step[0]
    where = f"{found.name(k)} (operation {k + 1} of {len(found.nodes)} in the loss)"
    parameter = wrong[0].name if len(wrong) == 1 else ""
    return Cause(key, f"{names} {verb} what comes out if, at {where}, {text}.", parameter)


def _scaled(context: Context, found: Chain, step: Step, known: list[KnownRatio]) -> Cause | None:
    """The way back through one operand, times a constant: 0 cut, 2 counted twice, -1 the sign."""
    cut = _tried(found, step, lambda g, part: 0 * part)
    if cut is None:
        return None
    parts = []
    for e in context.every.values():
        rest = cut.get(e.name, np.zeros_like(e.true))
        size = np.abs(rest) + np.abs(e.true)
        scale = e.scale + 16 * EPS * size + 1e-3 * EPS * np.max(size, initial=0)
        parts.append(evidence(e.name, e.got - rest, e.true - rest, scale, e.theta))
    ratio = constant_ratio(parts)
    if ratio is None or ratio[2] < 2:
        return None
    factor, doubt, _ = ratio
    place = found.nodes[step[0]].parents[step[1]][0] + 1
    back = f"the way back through operand {place}"
    if abs(factor) <= 4 * doubt:
        return _cause(context, found, step, "term-missing", f"{back} is cut")
    for r in known:
        if abs(factor - r.value) <= 4 * doubt + 4 * EPS * abs(factor):
            if r.value == 2:
                return _cause(context, found, step, "term-added", f"{back} is counted twice")
            key = "sign" if r.value == -1 else "factor"
            text = f"{back} is multiplied by {r.text}: {r.meaning}"
            return _cause(context, found, step, key, text)
    return _cause(context, found, step, "factor", f"{back} is multiplied by {figure(factor)}")


def _updated(context: Context, found: Chain, step: Step) -> Cause | None:
    """A product with a parameter after its update: θ - η gradient instead of θ, η measured."""
    primitive, operands, z, static = found.nodes[step[0]].call
    place = found.nodes[step[0]].parents[step[1]][0]
    if primitive.name not in ("matmul", "multiply"):
        return None
    for name, e in context.every.items():
        at = [i for i, x in enumerate(operands) if i != place and x is context.params[name]]
        if not at:
            continue

        def moved(g: Array, part: Array, i: int = at[0], gradient: Array = e.true) -> Array:
            changed = (*operands[:i], gradient, *operands[i + 1 :])
            return part + adjoint_of(primitive)(place, g, z, changed, static)

        more = _tried(found, step, moved)
        if more is None:
            return None
        parts = [
            evidence(x.name, x.got - x.true, more[x.name] - x.true, x.scale, x.theta)
            for x in context.every.values()
        ]
        ratio = constant_ratio(parts)
        if ratio is not None and ratio[2] >= 2 and abs(ratio[0]) > 4 * ratio[1]:
            text = (
                f"{name} {'-' if ratio[0] < 0 else '+'} {figure(abs(ratio[0]))} times its gradient"
            )
            return _cause(
                context, found, step, "stale", f"{text} stands for {name}: updated too early"
            )
    return None


def _tried(found: Chain, step: Step, alter: Alter) -> Arrays | None:
    try:
        with np.errstate(all="ignore"):
            return found.walk(lambda k, j, g, part: alter(g, part) if (k, j) == step else part)
    except (ValueError, IndexError, TypeError):  # shapes that do not fit: no hypothesis
        return None
