"""JAX's own value and gradient of a plain loss, compiled once for all calls that do the same.

A loss is traced anew in every call, so that one that draws random numbers in Python is found out;
what is compiled for a trace serves every other that is equal to it, equation by equation and
constant by constant. A loss, or somebody's rule in it, that looks at values while it runs cannot be
traced: it is called as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np

from gradparity.harness.plain.from_jax.ending import finished, waits
from gradparity.harness.plain.from_jax.hoisting import hoisted, large_of
from gradparity.problems import Array

AS_WRITTEN: dict[str, str | bool] = {"xla_allow_excess_precision": False}
"""A number that is rounded to bfloat16 and back stays rounded, as where JAX runs step by step."""


Program = Callable[[list[Array], Any], Any]
"""(large constants, leaves) -> what the function returns."""


def compiled_once() -> Callable[[Callable[[Any], Any], Any], Any]:
    """run(function, leaves) -> function(leaves), which remembers what it has compiled."""
    programs: list[tuple[str, list[Array], Program]] = []

    def compiled(traced: Any) -> Program:
        text, constants = str(traced.jaxpr), list(_constants(traced.jaxpr))
        for known, numbers, program in programs:
            if known == text and _equal(numbers, constants):
                return program
        program = _compiled(traced)
        programs.append((text, constants, program))
        return program

    def run(function: Callable[[Any], Any], leaves: Any) -> Any:
        try:
            traced = jax.jit(function).trace(leaves)
            program = compiled(traced)
        except jax.errors.JAXTypeError:
            return function(leaves)
        return program(large_of(traced.jaxpr), leaves)

    return run


def compiled_at_first(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of leaves, traced in its first call alone: for differences, by the hundred.

    A solver is traced for longer than it runs. Whether a function is the same in every call was
    found out before.
    """
    program: list[Callable[[Any], Any]] = []

    def run(leaves: Any) -> Any:
        if not program:
            try:
                traced = jax.jit(function).trace(leaves)
                large = large_of(traced.jaxpr)
                program.append(partial(_compiled(traced), large))
            except jax.errors.JAXTypeError:
                program.append(function)
        return program[0](leaves)

    return run


def _compiled(traced: Any) -> Program:
    """The program of a traced function, with loops that end."""
    closed = traced.jaxpr
    large = large_of(closed)
    if not large and not waits(closed.jaxpr):
        compiled: Callable[[Any], Any] = traced.lower().compile(compiler_options=AS_WRITTEN)
        return lambda large, leaves: compiled(leaves)
    lowered = jax.jit(hoisted(closed)).lower(large, list(closed.in_avals))
    program, form = (
        lowered.compile(compiler_options=AS_WRITTEN),
        jax.tree.structure(traced.out_info),
    )
    return lambda large, leaves: jax.tree.unflatten(
        form, finished(program(large, jax.tree.leaves(leaves)))
    )


def _constants(jaxpr: Any, outermost: bool = True) -> Iterator[Array]:
    """The arrays that a jaxpr holds, but for those that are handed over; of inner ones too."""
    handed = {*map(id, large_of(jaxpr))} if outermost else ()
    for x in (x for x in getattr(jaxpr, "consts", ()) if id(x) not in handed):
        is_key = hasattr(x, "dtype") and jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key)
        yield np.asarray(jax.random.key_data(x) if is_key else x)
    for eqn in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        for value in eqn.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if hasattr(getattr(inner, "jaxpr", inner), "eqns"):
                    yield from _constants(inner, outermost=False)


def _equal(some: list[Array], others: list[Array]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))
