"""What of a JAX loss is good to fewer digits than float64 has: a function, or a solver's loop.

Measured on JAX 0.10 against mpmath: log_ndtr below -20 is the sum of three terms of a series, and
its derivative is taken from its value (`tests/harness/plain/test_library_functions.py`).

A loss that is the result of a solver which stops when it is near enough is off by its tolerance,
and so are the derivative of its steps and that of the equation that it solves, each in its own way:
neither is a wrong formula for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from gradparity.harness.plain.from_jax.ending import equations, waits
from gradparity.harness.plain.from_jax.walk import EXACT, INNER, library_function
from gradparity.problems import Arrays

VALUE_GOOD_TO = {"log_ndtr": 3e-11}
"""JAX's own function -> the relative error that its value may have."""

GOOD_TO = {"log_ndtr": 5e-9}
"""JAX's own function -> the relative error that its derivative may have."""

SOLVERS_GOOD_TO = 1e-4
"""The coarsest tolerance of a solver, relative, that is taken for one."""


CONSTANTS_GOOD_TO = 2.0**-20
"""What XLA may differ by from itself where it computes with arrays of float32 twice."""


def values_good_to(jaxpr: Any) -> float:
    """The relative error that a value on the way may have; 0 where nothing is known to be off."""
    known = [VALUE_GOOD_TO[name] for name in _called(jaxpr) & {*VALUE_GOOD_TO}]
    rounds = _rounds_constants(jaxpr, {*jaxpr.invars})
    return max([*known, CONSTANTS_GOOD_TO] if rounds else known, default=0.0)


def coarse(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> tuple[str, float] | None:
    """What of the loss is known to be of low accuracy, in words, and how low; None if nothing."""
    with jax.enable_x64(True):
        leaves = {name: jax.numpy.asarray(x) for name, x in params.items()}
        try:
            program = jax.make_jaxpr(loss)(leaves)
        except jax.errors.JAXTypeError:  # it looks at values, so that nothing can be read off
            return None
    if waits(program.jaxpr):
        told = "a loop of the loss ends when a number is small enough, as a solver's does"
        return told, SOLVERS_GOOD_TO
    if _rounds_constants(program.jaxpr, {*program.jaxpr.invars}):
        told = "constants of the loss are computed in float32, otherwise in its gradient"
        return told, CONSTANTS_GOOD_TO
    known = sorted(_called(program.jaxpr) & {*GOOD_TO}, key=lambda name: -GOOD_TO[name])
    if not known:
        return None
    worst = GOOD_TO[known[0]]
    return f"the derivative of JAX's {known[0]} is good to {worst:.0e}", worst


def _rounds_constants(jaxpr: Any, moving: set[Any]) -> bool:
    """Whether float32 arrays that do not move are computed with; moving: the variables that do."""
    for eqn in jaxpr.eqns:
        given = [not hasattr(x, "val") and x in moving for x in eqn.invars]
        if not any(given):
            single = any(str(x.aval.dtype) == "float32" for x in eqn.outvars)
            if single and eqn.primitive.name not in {*EXACT, "convert_element_type"}:
                return True
            continue
        moving |= {*eqn.outvars}
        if eqn.primitive.name in INNER:
            inner = eqn.params[INNER[eqn.primitive.name]]
            program = getattr(inner, "jaxpr", inner)
            own = {x for x, moves in zip(program.invars, given, strict=True) if moves}
            if _rounds_constants(program, own):
                return True
    return False


def _called(jaxpr: Any) -> set[str]:
    """The names of JAX's own functions that are called."""
    return {
        library_function(eqn.params["call_jaxpr"])
        for eqn in equations(jaxpr)
        if "call_jaxpr" in eqn.params
    }
