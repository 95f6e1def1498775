"""The search for a cause: hypotheses in order, the more specific first.

First what explains all wrong parameters at once, then one parameter at a time, then what takes new
gradients of the loss, and last what is true of whatever is left: the place, and the worst error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from gradparity.harness.findings.finding import Cause, Diagnosis
from gradparity.harness.findings.notation import component, told_apart
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain, chain
from gradparity.harness.judging.diagnosis.chain.case_causes import case_cause
from gradparity.harness.judging.diagnosis.chain.chain_causes import chain_cause
from gradparity.harness.judging.diagnosis.chain.counts import counts
from gradparity.harness.judging.diagnosis.comparisons.order_causes import (
    of_another,
    reordered,
    swapped,
)
from gradparity.harness.judging.diagnosis.comparisons.place_causes import (
    one_component,
    one_unit,
    parameter_missing,
    separated,
    some_signs,
    units_missing,
)
from gradparity.harness.judging.diagnosis.comparisons.precision_causes import (
    only_narrow,
    rounded_inside,
    short_format,
)
from gradparity.harness.judging.diagnosis.comparisons.ratio_causes import (
    by_unit,
    elementwise,
    likely_ratio,
    whole,
)
from gradparity.harness.judging.diagnosis.comparisons.term_causes import term, whole_term
from gradparity.harness.judging.diagnosis.comparisons.value_causes import (
    broadcast,
    function_of,
    nonfinite,
)
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS, Deadline, OutOfTimeError
from gradparity.harness.judging.diagnosis.evidence.evidence import (
    Context,
    Evidence,
    evidence,
    in_longdouble,
)
from gradparity.harness.judging.diagnosis.evidence.figures import CHANCE, LIKELY
from gradparity.harness.judging.diagnosis.evidence.known_ratios import KnownRatio, known_ratios
from gradparity.harness.judging.diagnosis.point_causes import point_cause
from gradparity.problems import Array, Arrays, Loss

# Up to so many parameters the loss is differentiated again in longdouble.
_PARAMETERS = 2_000


def diagnose(
    got: Arrays,
    true: Arrays,
    *,
    params: Arrays,
    data: Arrays,
    loss: Loss | None = None,
    scale: Arrays,
    narrow: Arrays | None = None,
    seconds: float = SECONDS,
) -> Diagnosis:
    """Return why `got` is not the gradient `true`, as far as arithmetic can tell.

    got, true: gradients by parameter, float64 and longdouble. scale: per component, the error that
    rounding allows; a smaller difference is none. loss: the loss, where it may be differentiated
    again. narrow: the float32 answer. seconds: how long causes that differentiate it are looked
    for; `ran_out` of the diagnosis says if that was too short.
    """
    every = {k: evidence(k, got[k], g, scale[k], params[k]) for k, g in true.items()}
    # Products of large matrices are slow in longdouble; float64 leaves enough below `scale`.
    small = sum(np.size(x) for x in params.values()) <= _PARAMETERS
    wide = in_longdouble if small else _arrays
    deadline = Deadline.after(seconds)
    context = Context(every, wide(params), wide(data), loss, narrow, deadline)
    right = tuple(name for name, e in every.items() if not e.wrong.any())
    with np.errstate(all="ignore"):
        return replace(_diagnosis(context), right=right)


def _arrays(arrays: Arrays) -> Arrays:
    return {name: np.asarray(x) for name, x in arrays.items()}


def _diagnosis(context: Context) -> Diagnosis:
    wrong = context.wrong
    if not wrong:
        return _of(only_narrow(context) or Cause("none", "every component is right."))
    if cause := next(filter(None, map(nonfinite, wrong)), None):
        return _of(cause)
    taped = _chain(context)
    known = _known(context, taped)
    if cause := _together(context, known):
        return _of(cause)
    alone = {e.name: _alone(e, context, known) for e in wrong}
    if len(wrong) > 1:  # one component of each is where, not why
        places = {name: c for name, c in alone.items() if c and c.key == "one-component"}
        alone |= {name: replace(cause, sure=False) for name, cause in places.items()}
    found = tuple(filter(None, alone.values()))
    # Of several parameters the cause must explain all; else the loss may tell more.
    if len(found) == len(wrong) and all(cause.sure for cause in found):
        return Diagnosis(found)
    ran_out, near = None, wrong
    try:
        if cause := short_format(context):
            return _of(cause)
        context.deadline.keep()
        near = wrong if taped is None else sorted(wrong, key=_nearness(taped))
        if taped is not None and (cause := case_cause(context, taped)):
            return _of(cause)
        if cause := point_cause(context):
            return _of(cause)
        if taped is not None and (cause := chain_cause(context, taped)):
            return _of(cause)
    except OutOfTimeError:
        ran_out = context.deadline.seconds
    return replace(_rest(context, near, alone), ran_out=ran_out)


def _rest(context: Context, near: list[Evidence], alone: dict[str, Cause | None]) -> Diagnosis:
    """What is left to be said where no cause explains all: a place, or what may be.

    near: the wrong parameters, the nearest to the loss first.
    """
    wrong = context.wrong
    if all(e.true.size == 1 for e in wrong):
        for chance in (CHANCE, LIKELY):
            ratios = [likely_ratio(e) if chance == LIKELY else None for e in wrong]
            pairs = zip(ratios, wrong, strict=True)
            terms = tuple(filter(None, (r or term(e, context, chance) for r, e in pairs)))
            if len(terms) == len(wrong):
                return Diagnosis(terms)
    found = tuple(filter(None, (alone[e.name] for e in near)))
    if len(found) == len(wrong):
        return Diagnosis(found)
    if cause := rounded_inside(context):
        return _of(cause)
    if (own := alone[near[0].name]) is not None:
        part = replace(own, sure=False)
        return Diagnosis((part,), unexplained=tuple(e.name for e in wrong if e is not near[0]))
    return _of(one_unit(near[0]) or _other(near))


def _nearness(taped: Chain) -> Callable[[Evidence], int]:
    """How far from the loss a parameter is last used; parameters that are not used come last."""
    last = {id(parent): k for k, node in enumerate(taped.nodes) for _, parent in node.parents}
    return lambda e: -last.get(id(taped.parameters.get(e.name)), -1)


def _of(cause: Cause) -> Diagnosis:
    return Diagnosis((cause,))


def _together(context: Context, known: list[KnownRatio]) -> Cause | None:
    wrong = context.wrong
    if len(wrong) < 2:
        return None
    return (
        swapped(context)
        or (whole(wrong, known, len(wrong) == len(context.every)))
        or whole_term(context)
    )


def _alone(e: Evidence, context: Context, known: list[KnownRatio]) -> Cause | None:
    return next(_each(e, context, known), None)


def _each(e: Evidence, context: Context, known: list[KnownRatio]) -> Iterator[Cause]:
    causes: tuple[Callable[[], Cause | None], ...] = (
        lambda: parameter_missing(e),
        lambda: whole([e], known, everything=False),
        lambda: one_component(e),
        lambda: of_another(e, context),
        lambda: reordered(e),
        lambda: function_of(e),
        lambda: units_missing(e),
        lambda: by_unit(e, context),
        lambda: broadcast(e),
        lambda: separated(e, context),
        lambda: elementwise(e, context),
        lambda: some_signs(e),
        # A single number is some multiple of anything: hypotheses without a figure come first.
        lambda: term(e, context) if e.true.size > 1 else None,
    )
    for cause in causes:
        found = cause()
        if found is not None:
            yield found


def _chain(context: Context) -> Chain | None:
    if context.loss is None:
        return None
    try:
        return chain(context.loss, context.params, context.data, context.deadline)
    except Exception:  # a user's loss may fail in any way in longdouble
        return None


def _known(context: Context, taped: Chain | None) -> list[KnownRatio]:
    value = None if taped is None or not taped.nodes else taped.nodes[-1].call[2]
    squares = sum(np.sum(np.square(e.true)) for e in context.every.values())
    found = known_ratios(context.params, context.data, value, np.sqrt(squares))
    return found + (list(counts(taped)) if taped is not None else [])


def _other(near: list[Evidence]) -> Cause:
    worst = near[0]
    index = tuple(
        int(i) for i in np.unravel_index(int(np.argmax(_excess(worst))), worst.true.shape)
    )
    got, true = told_apart(float(worst.got[index]), float(worst.true[index]))
    count = int(worst.wrong.sum())
    many = f"the worst of {count} wrong components of {worst.true.size}"
    text = (
        f"{component(worst.name, index)} is {got}, should be {true}, {many}; no simple cause fits."
    )
    return Cause("other", text, worst.name, index)


def _excess(e: Evidence) -> Array:
    """Errors in units of what rounding allows, 0 where right."""
    top = np.max(np.abs(e.true), initial=0) * 1e-30 + 1e-300
    return np.where(e.wrong, np.abs(e.got - e.true) / (e.scale + top), 0)
