"""Whether a rule that somebody wrote for a step multiplies by what comes from above.

A gradient is right of one loss. A `backward` in it, or a custom vjp, is used with one adjoint:
1 where its result is the loss itself, (1, ..., 1) where it is summed. What ignores that adjoint, or
takes its abs, its sum, or one entry of it, is right by chance, and wrong as soon as anything
follows. So where an adjoint has one sign or one size, the loss is Σ w · y instead, y being the
rule's result and w the adjoint with half and quarter sizes and both signs. Truth and gradient of
that loss are had as those of any other. |w| is below the adjoint: a backward that clips, and did
nothing here, does nothing there either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.harness.findings.finding import Cause, Diagnosis, Finding
from gradparity.harness.plain.native import PlainFunction
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.steps.users_rules import RuleResult, Used
from gradparity.harness.plain.trees import leaves_of, rebuilt
from gradparity.problems import Array, Arrays, InputError
from gradparity.results.records.statuses import TIMED

Judge = Callable[[PlainGradient], Finding]


def with_rules(asked: PlainGradient, found: Finding, judge: Judge, seed: int) -> Finding:
    """The finding; `formula` where a rule in the loss is right of this loss alone.

    judge: what is found of a gradient, without a cause.
    """
    rules = asked.home.rules
    if rules is None or not asked.automatic or found.status not in TIMED:
        return found
    dtype = asked.low or "float64"
    try:
        used = _of_params(rules.used(_of_leaves(asked)))
        places = asked.caller(dtype).answer(used)
    except InputError:  # under no watch
        return found
    rng = np.random.default_rng((seed, 12))
    for one in _nearest(places):
        weights = _weights(one.adjoint, rng)
        wrong = _judged(asked, one.place, weights, judge)
        if wrong is not None:
            cause = Cause("upstream", _fault(asked, one, weights))
            return replace(wrong, diagnosis=Diagnosis((cause,)), rule=one.place.name or "a rule")
    return found


def _nearest(places: Iterable[Used]) -> list[Used]:
    """Of each rule the last use at which its adjoint is too plain to show a mistake."""
    return list({one.place.name: one for one in places if _is_plain(one.adjoint)}.values())


def _is_plain(adjoint: Array) -> bool:
    """Whether all numbers that are not 0 have one sign, or one size."""
    own = adjoint[adjoint != 0]
    if not own.size or not np.isfinite(own).all():
        return False
    return len(np.unique(np.abs(own))) == 1 or len(np.unique(np.sign(own))) == 1


def _weights(adjoint: Array, rng: np.random.Generator) -> Array:
    """The adjoint times ±½ and ±¼, in float32 numbers; -½ if it is a single one."""
    sizes = rng.choice((-0.5, -0.25, 0.25, 0.5), adjoint.shape)
    sizes.ravel()[0] = -0.5
    return np.asarray(np.asarray(adjoint * sizes, np.float32), np.float64)


def _judged(asked: PlainGradient, place: RuleResult, w: Array, judge: Judge) -> Finding | None:
    """What is found with these weights, if it is wrong; None if it is right or cannot be had."""
    try:
        found = judge(_altered(asked, {place: w}))
    except InputError:
        return None
    return found if found.status in ("formula", "nonfinite") else None


def _altered(asked: PlainGradient, weights: dict[RuleResult, Array]) -> PlainGradient:
    home = asked.home
    assert home.rules is not None, "it is asked of libraries that have rules"
    assert home.gradient is not None, "a library with rules differentiates"
    loss = _of_params(home.rules.weighed(_of_leaves(asked), weights))
    return replace(asked, loss=loss, gradient=home.gradient(loss))


def _of_leaves(asked: PlainGradient) -> PlainFunction:
    return lambda leaves, *args: asked.loss(rebuilt(asked.params, leaves), *args)


def _of_params(function: PlainFunction) -> PlainFunction:
    return lambda params, *args: function(leaves_of(params), *args)


def _fault(asked: PlainGradient, one: Used, weights: Array) -> str:
    """What the rule makes of what comes from above, by what it answers to multiples of it."""

    def gradient(w: Any) -> Arrays:
        own = _altered(asked, {one.place: w})
        return own.caller(asked.low or "float64").gradient(own.gradient)[1]

    name = f"The backward of {one.place.name}" if one.place.name else "A backward"
    here, half, opposite = (gradient(k * weights) for k in (1.0, 0.5, -1.0))
    if _equal(here, half, 1) and _equal(here, opposite, 1):
        return f"{name} ignores what comes from above (grad_output, the cotangent)."
    if _equal(here, opposite, 1):
        return f"{name} makes the same of what comes from above and of its opposite, as abs does."
    if not _equal(here, half, 0.5) or not _equal(here, opposite, -1):
        return f"{name} is not linear in what comes from above (grad_output, the cotangent)."
    return f"{name} does not weigh each result by its own entry of what comes from above."


def _equal(some: Arrays, others: Arrays, factor: float) -> bool:
    return all(np.allclose(factor * some[k], others[k], 1e-9, 0.0) for k in some)
