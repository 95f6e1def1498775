"""Whether a JAX loss rounds to a low precision, wherever in it, translated or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from gradparity.harness.plain.steps.translation import refuse_rounding
from gradparity.problems import Arrays


def refuse_low(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> None:
    """Raise InputError, which names the primitive, if the loss rounds to bfloat16 or float16."""
    with jax.enable_x64(True):
        leaves = {name: jax.numpy.asarray(x) for name, x in params.items()}
        try:
            program = jax.make_jaxpr(loss)(leaves).jaxpr
        except jax.errors.JAXTypeError:  # it looks at values, so that nothing can be read off
            return
    _walk(program, {*program.invars})


def _walk(jaxpr: Any, moving: set[Any]) -> None:
    """moving: the variables of this jaxpr that depend on the parameters."""
    for eqn in jaxpr.eqns:
        if not any(not hasattr(x, "val") and x in moving for x in eqn.invars):
            continue
        moving |= {*eqn.outvars}
        for x in eqn.outvars:
            refuse_rounding(str(getattr(x.aval, "dtype", "")), eqn.primitive.name)
        for value in eqn.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                program: Any = getattr(inner, "jaxpr", inner)
                if hasattr(program, "eqns"):
                    _walk(program, {*program.invars})
