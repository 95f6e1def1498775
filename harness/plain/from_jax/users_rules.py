"""Where a JAX loss uses a `jax.custom_vjp`, and what comes from above there.

The loss's jaxpr is evaluated equation by equation, calls included, so that the results of a rule
can be had. Of one inside a loop or a branch they cannot; the loss itself stands for it.
A `jax.custom_jvp` is linear in what comes from above, or JAX cannot transpose it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from gradparity.harness.plain.from_jax.ending import equations
from gradparity.harness.plain.from_jax.walk import library_function
from gradparity.harness.plain.steps.users_rules import RuleResult, Used

_Visit = Callable[[RuleResult, Any], Any]
"""(place, result) -> what the rest of the loss gets instead."""


def used(loss: Callable[..., Any]) -> Callable[..., list[Used]]:
    """(leaves, *args) -> where the loss uses a rule of its own, and the adjoints there."""

    def found(own: Any, *args: Any) -> list[Used]:
        try:
            closed, leaves = _traced(loss, own, args)
        except jax.errors.JAXTypeError:  # it looks at values while it runs
            return [Used(RuleResult("", 0), np.ones(()))]
        rules = list(map(_rule, equations(closed.jaxpr)))
        if not any(rules):
            return []
        zeros: dict[RuleResult, Any] = {}

        def note(place: RuleResult, y: Any) -> Any:
            zeros[place] = jax.numpy.zeros_like(y)
            return y

        def moved(nudges: Mapping[RuleResult, Any]) -> Any:
            return _evaluated(closed, leaves, lambda place, y: y + nudges[place])

        _evaluated(closed, leaves, note)
        adjoints = jax.grad(moved)(zeros) if zeros else {}
        seen = [Used(place, np.asarray(w, np.float64)) for place, w in adjoints.items()]
        hidden = {name for name in rules if name} - {place.name for place in zeros}
        return seen + [Used(RuleResult(name, 0), np.ones(())) for name in sorted(hidden)]

    return found


def weighed(loss: Callable[..., Any], weights: Mapping[RuleResult, Any]) -> Callable[..., Any]:
    """The loss Σ w · y instead, y being the results of these places."""

    def altered(own: Any, *args: Any) -> Any:
        if all(not place.number for place in weights):
            return sum(weights.values()) * loss(own, *args)
        parts: list[Any] = []

        def weigh(place: RuleResult, y: Any) -> Any:
            if place in weights:
                parts.append((jax.numpy.asarray(weights[place], y.dtype) * y).sum())
            return y

        value = _evaluated(*_traced(loss, own, args), weigh)
        return sum(parts[1:], parts[0]) if parts else 0 * value

    return altered


def _traced(loss: Callable[..., Any], own: Any, args: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The loss as a jaxpr of its leaves, and the leaves."""
    closed = jax.make_jaxpr(lambda leaves: loss(leaves, *args))(own)
    return closed, jax.tree.leaves(own)


def _evaluated(closed: Any, arrays: Sequence[Any], visit: _Visit) -> Any:
    """The loss, with what `visit` makes of the results of rules."""
    counts: dict[str, int] = {}
    (value,) = _run(closed.jaxpr, closed.consts, arrays, visit, counts)
    return value


def _run(
    jaxpr: Any, consts: Any, arrays: Sequence[Any], visit: _Visit, counts: dict[str, int]
) -> list[Any]:
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *arrays), strict=True))

    def read(variable: Any) -> Any:
        return variable.val if hasattr(variable, "val") else known[variable]

    for eqn in jaxpr.eqns:
        inputs = [read(v) for v in eqn.invars]
        if eqn.primitive.name == "jit":
            inner = eqn.params["jaxpr"]
            results = _run(inner.jaxpr, inner.consts, inputs, visit, counts)
        else:
            bound = eqn.primitive.get_bind_params(eqn.params)
            functions, statics = bound if isinstance(bound, tuple) else ((), bound)
            answer = eqn.primitive.bind(*functions, *inputs, **statics)
            results = list(answer) if eqn.primitive.multiple_results else [answer]
        if name := _rule(eqn):
            results = [_visited(name, y, visit, counts) for y in results]
        known.update(zip(eqn.outvars, results, strict=True))
    return [read(v) for v in jaxpr.outvars]


def _visited(name: str, y: Any, visit: _Visit, counts: dict[str, int]) -> Any:
    if not jax.numpy.issubdtype(y.dtype, np.floating):
        return y
    number = counts[name] = counts.get(name, 0) + 1
    return visit(RuleResult(name, number), y)


def _rule(eqn: Any) -> str:
    """The name of the function whose derivative the user wrote; "" if there is none."""
    if eqn.primitive.name != "custom_vjp_call":
        return ""
    jaxpr = eqn.params["call_jaxpr"]
    told = str(getattr(jaxpr, "jaxpr", jaxpr).debug_info.func_src_info or "the function")
    return "" if library_function(jaxpr) else told.partition(" at ")[0]
