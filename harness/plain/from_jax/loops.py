"""JAX's loops and branches: a long loop is one step (`rolling.py`), others go round by round.

A branch is taken as at the point.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun

from gradparity.harness.plain.from_jax.rolling import as_step
from gradparity.harness.plain.from_jax.walk import EquationRule, JaxprWalk, plain
from gradparity.problems import Array

ROUNDS = 50
"""The rounds from which a loop is one step, if its body allows it."""
MOST_COUNTED = 1_000_000
"""The rounds after which those of a while loop are not counted on."""


def _scan(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    params = eqn.params
    fixed, carried = params["num_consts"], params["num_carry"]
    consts, carry = inputs[:fixed], inputs[fixed : fixed + carried]
    rows = inputs[fixed + carried :]
    length = params["length"]
    if length >= ROUNDS:
        split = fixed, fixed + carried
        given = params["jaxpr"], split, inputs, length, params["reverse"]
        if (found := as_step(walk, *given)) is not None:
            return found
    collected: list[list[Any]] = []
    for i in reversed(range(length)) if params["reverse"] else range(length):
        here = [
            walk.applied(lambda xp, x, i=i: x[i], x) if walk.moves(x) else plain(x)[i] for x in rows
        ]
        results = walk.inner(params["jaxpr"], [*consts, *carry, *here])
        carry = results[:carried]
        collected.append(results[carried:])
    if params["reverse"]:
        collected.reverse()
    if not collected:
        return [*carry, *(np.zeros(v.aval.shape, v.aval.dtype) for v in eqn.outvars[carried:])]
    return [*carry, *(walk.stacked(column) for column in zip(*collected, strict=True))]


def _while(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    params = eqn.params
    first, second = params["cond_nconsts"], params["body_nconsts"]
    asked, consts = inputs[:first], inputs[first : first + second]
    carry = inputs[first + second :]

    def going_on() -> Array:
        values = [walk.value(x) for x in (*asked, *carry)]
        return np.asarray(walk.inner(params["cond_jaxpr"], values)[0])

    rounds = 0
    while np.any(going := going_on()):
        rounds += 1
        if rounds == ROUNDS and not going.shape:
            left = _rounds(walk, params, asked, consts, carry)
            given = [*consts, *carry]
            split = len(consts), len(given)
            body = params["body_jaxpr"]
            if (found := as_step(walk, body, split, given, left, False)) is not None:
                return found
        after = walk.inner(params["body_jaxpr"], [*consts, *carry])
        carry = [_where(walk, going, *pair) for pair in zip(after, carry, strict=True)]
    return list(carry)


def _rounds(walk: JaxprWalk, params: Any, asked: Any, consts: Any, carry: Any) -> int:
    """How many rounds a while loop goes on for, from a carry at the point."""
    of_cond, of_body = params["cond_jaxpr"], params["body_jaxpr"]
    values = [[walk.value(x) for x in given] for given in (asked, consts, carry)]
    start = [np.asarray(x, v.dtype) for x, v in zip(values[2], of_body.out_avals, strict=True)]

    def body(state: Any) -> Any:
        return jaxpr_as_fun(of_body)(*values[1], *state[0]), state[1] + 1

    def goes_on(state: Any) -> Any:
        (going,) = jaxpr_as_fun(of_cond)(*values[0], *state[0])
        return going & (state[1] <= MOST_COUNTED)

    return int(jax.lax.while_loop(goes_on, body, (start, 0))[1])


def _where(walk: JaxprWalk, going: Array, after: Any, before: Any) -> Any:
    """after where a loop goes on; jax.vmap gives each of its cases an end of its own."""
    if going.all():
        return after
    mask = going.reshape(*going.shape, *(1,) * (len(walk.shape(after)) - going.ndim))
    return walk.applied(lambda xp, m, x, y: xp.where(m, x, y), mask, after, before)


def _cond(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    branches = eqn.params["branches"]
    at = int(np.clip(int(walk.value(inputs[0])), 0, len(branches) - 1))
    return walk.inner(branches[at], inputs[1:])


LOOPS: dict[str, EquationRule] = {"scan": _scan, "while": _while, "cond": _cond}
"""The primitives that go round, and branches."""
