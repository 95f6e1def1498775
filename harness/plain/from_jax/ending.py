"""JAX functions that end: a `lax.while_loop` on numbers is left after so many rounds.

`while error > 1e-12` may never end in float32, and nothing can be done from outside once XLA is at
it. So a function's jaxpr is run with a counter in every such loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from gradparity.harness.plain.from_jax.walk import INNER
from gradparity.harness.plain.steps.endless import Endless

MOST_ROUNDS = 1_000_000


def equations(jaxpr: Any) -> Iterator[Any]:
    """All equations, those of loops and functions inside too."""
    for eqn in jaxpr.eqns:
        yield eqn
        for value in eqn.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if hasattr(getattr(inner, "jaxpr", inner), "eqns"):
                    yield from equations(getattr(inner, "jaxpr", inner))


def waits(jaxpr: Any) -> bool:
    """Whether a loop of it ends by comparing floating numbers; a counter is an integer."""
    return any(
        one.primitive.name in ("gt", "ge", "lt", "le")
        and np.issubdtype(one.invars[0].aval.dtype, np.floating)
        for eqn in equations(jaxpr)
        if eqn.primitive.name == "while"
        for one in equations(eqn.params["cond_jaxpr"].jaxpr)
    )


def ending(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with loops that end.

    Raises, when called: Endless where one goes on after `MOST_ROUNDS`.
    """

    def called(*args: Any) -> Any:
        leaves, form = jax.tree.flatten(args)
        arrays = [i for i, x in enumerate(leaves) if isinstance(x, jax.Array)]

        def of_arrays(*given: Any) -> Any:
            whole = list(leaves)
            for i, x in zip(arrays, given, strict=True):
                whole[i] = x
            return function(*jax.tree.unflatten(form, whole))

        given = [leaves[i] for i in arrays]
        try:
            closed, shape = jax.make_jaxpr(of_arrays, return_shape=True)(*given)
        except (TypeError, jax.errors.JAXTypeError):  # it looks at values: run as it is
            return function(*args)
        if not waits(closed.jaxpr):
            return function(*args)
        results = finished(jax.jit(bounded(closed.jaxpr, closed.consts))(given))
        return jax.tree.unflatten(jax.tree.structure(shape), results)

    return called


def bounded(jaxpr: Any, consts: Sequence[Any]) -> Callable[[Sequence[Any]], tuple[list[Any], Any]]:
    """arrays -> the results of a jaxpr, and whether every loop ended by itself."""
    return lambda arrays: _run(jaxpr, consts, arrays, jax.numpy.asarray(True))


def finished(answer: tuple[list[Any], Any]) -> list[Any]:
    """The results that `bounded` had. Raises: Endless if a loop did not end."""
    results, ended = answer
    if not ended:
        raise Endless(f"a lax.while_loop goes on after {MOST_ROUNDS:,} rounds")
    return results


def _run(jaxpr: Any, consts: Any, arrays: Sequence[Any], ended: Any) -> tuple[list[Any], Any]:
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *arrays), strict=True))

    def read(variable: Any) -> Any:
        return variable.val if hasattr(variable, "val") else known[variable]

    for eqn in jaxpr.eqns:
        results, ended = _equation(eqn, [read(v) for v in eqn.invars], ended)
        known.update(zip(eqn.outvars, results, strict=True))
    return [read(v) for v in jaxpr.outvars], ended


def _equation(eqn: Any, inputs: list[Any], ended: Any) -> tuple[list[Any], Any]:
    name, params = eqn.primitive.name, eqn.params
    if any(one.primitive.name == "while" for one in equations(_Alone(eqn))):
        if name == "while":
            return _while(params, inputs, ended)
        if name == "scan":
            return _scan(params, inputs, ended)
        if name == "cond":
            return _cond(params, inputs, ended)
        if name in INNER:
            return _called(params[INNER[name]], inputs, ended)
    bound = eqn.primitive.get_bind_params(params)
    functions, statics = bound if isinstance(bound, tuple) else ((), bound)
    results = eqn.primitive.bind(*functions, *inputs, **statics)
    return list(results) if eqn.primitive.multiple_results else [results], ended


class _Alone:
    """An equation as a program of its own."""

    def __init__(self, eqn: Any) -> None:
        self.eqns = [eqn]


def _called(jaxpr: Any, arrays: Sequence[Any], ended: Any) -> tuple[list[Any], Any]:
    return _run(getattr(jaxpr, "jaxpr", jaxpr), getattr(jaxpr, "consts", ()), arrays, ended)


def _while(params: Any, inputs: list[Any], ended: Any) -> tuple[list[Any], Any]:
    first, second = params["cond_nconsts"], params["body_nconsts"]
    asked, consts = inputs[:first], inputs[first : first + second]

    def goes_on(carry: Any) -> Any:
        return jax.numpy.any(_called(params["cond_jaxpr"], [*asked, *carry], ended)[0][0])

    def going_on(state: Any) -> Any:
        carry, count, _ = state
        return goes_on(carry) & (count < MOST_ROUNDS)

    def body(state: Any) -> Any:
        carry, count, ended = state
        which = _called(params["cond_jaxpr"], [*asked, *carry], ended)[0][0]
        after, ended = _called(params["body_jaxpr"], [*consts, *carry], ended)
        if which.ndim:  # jax.vmap gives each of its cases an end of its own
            after = [
                jax.numpy.where(which.reshape(*which.shape, *(1,) * (x.ndim - which.ndim)), x, y)
                for x, y in zip(after, carry, strict=True)
            ]
        return after, count + 1, ended

    start = [jax.numpy.asarray(x) for x in inputs[first + second :]]
    last, count, ended = jax.lax.while_loop(going_on, body, (start, 0, ended))
    return last, ended & ((count < MOST_ROUNDS) | ~goes_on(last))


def _scan(params: Any, inputs: list[Any], ended: Any) -> tuple[list[Any], Any]:
    first, second = params["num_consts"], params["num_consts"] + params["num_carry"]

    def body(state: Any, rows: Any) -> Any:
        carry, ended = state
        results, ended = _called(params["jaxpr"], [*inputs[:first], *carry, *rows], ended)
        return (results[: second - first], ended), results[second - first :]

    (last, ended), ys = jax.lax.scan(
        *(body, (inputs[first:second], ended), inputs[second:], params["length"]),
        reverse=params["reverse"],
    )
    return [*last, *ys], ended


def _cond(params: Any, inputs: list[Any], ended: Any) -> tuple[list[Any], Any]:
    branches = [
        lambda given, ended, branch=branch: _called(branch, given, ended)
        for branch in params["branches"]
    ]
    found: tuple[list[Any], Any] = jax.lax.switch(inputs[0], branches, inputs[1:], ended)
    return found
