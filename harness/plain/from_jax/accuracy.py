"""Whether a JAX loss is the result of a solver that stops when it is near enough.

Such a loss is off by the solver's tolerance, and so are the derivative of its steps and that of the
equation that it solves, each in its own way: neither is a wrong formula for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from gradparity.problems import Arrays

GOOD_TO = 1e-4
"""The coarsest tolerance, relative, that is taken for one."""


def coarse(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> tuple[str, float] | None:
    """What of the loss is known to be of low accuracy, in words, and how low; None if nothing."""
    with jax.enable_x64(True):
        leaves = {name: jax.numpy.asarray(x) for name, x in params.items()}
        try:
            program = jax.make_jaxpr(loss)(leaves)
        except jax.errors.JAXTypeError:  # it looks at values, so that nothing can be read off
            return None
    if not any(_asks_numbers(eqn) for eqn in _equations(program.jaxpr)):
        return None
    return "a loop of the loss ends when a number is small enough, as a solver's does", GOOD_TO


def _equations(jaxpr: Any) -> Iterator[Any]:
    """All equations, those of loops and functions inside too."""
    for eqn in jaxpr.eqns:
        yield eqn
        for value in eqn.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if hasattr(getattr(inner, "jaxpr", inner), "eqns"):
                    yield from _equations(getattr(inner, "jaxpr", inner))


def _asks_numbers(eqn: Any) -> bool:
    """Whether it is a loop whose condition compares floating numbers; a counter is an integer."""
    if eqn.primitive.name != "while":
        return False
    return any(
        one.primitive.name in ("gt", "ge", "lt", "le")
        and np.issubdtype(one.invars[0].aval.dtype, np.floating)
        for one in _equations(eqn.params["cond_jaxpr"].jaxpr)
    )
