"""The body of a JAX loop without the functions that it calls, and what in it moves.

What does not move (counters, indices, masks, entries of constant sequences) may be another in each
round. JAX computes all of it at once, by its own scan of the body at the point.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from gradparity.harness.plain.from_jax.walk import INNER, JaxprWalk, library_function


class Unrolled(Exception):
    """Why a loop's body cannot be read off once."""


class Name:
    """A variable of the body."""

    def __init__(self, aval: Any) -> None:
        self.aval = aval


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation of the body: JAX's own, what it reads and makes."""

    eqn: Any
    inputs: list[Name]
    results: list[Name]

    @property
    def primitive(self) -> str:
        """The name of what it computes."""
        return str(self.eqn.primitive.name)


Further = Mapping[Equation, Callable[[Any, list[Any]], Any]]
"""What is computed beside an equation: function(equation, its inputs) -> an array."""


class LoopBody:
    """One round: arguments are constants, the carry, entries; results the carry, stacked ones.

    known: the values of literals and of constants that it brings along, by name.
    """

    def __init__(self, walk: JaxprWalk, closed: Any) -> None:
        self.walk, self.known = walk, dict[Any, Any]()
        self.equations: list[Equation] = []
        self.arguments = [Name(v.aval) for v in closed.jaxpr.invars]
        self.results = self._written(closed, self.arguments)

    def _written(self, jaxpr: Any, inputs: Sequence[Name]) -> list[Name]:
        inner = getattr(jaxpr, "jaxpr", jaxpr)
        names: dict[Any, Name] = dict(zip(inner.invars, inputs, strict=True))
        for variable, value in zip(inner.constvars, getattr(jaxpr, "consts", ()), strict=True):
            names[variable] = Name(variable.aval)
            self.known[names[variable]] = value

        def named(v: Any) -> Name:
            if not hasattr(v, "val"):
                return names[v]
            name = Name(v.aval)
            self.known[name] = v.val
            return name

        for eqn in inner.eqns:
            given = [named(v) for v in eqn.invars]
            called = eqn.params[INNER[str(eqn.primitive)]] if str(eqn.primitive) in INNER else None
            if called is not None and library_function(called) not in self.walk.known.whole:
                results = self._written(called, given)
            else:
                results = [Name(v.aval) for v in eqn.outvars]
                self.equations.append(Equation(eqn, given, results))
            names.update(zip(eqn.outvars, results, strict=True))
        return [named(v) for v in inner.outvars]

    def reached(
        self, start: Collection[Any], carry: Sequence[Name], through: Callable[[Equation], bool]
    ) -> set[Any]:
        """The names that `start` reaches through these equations, from round to round."""
        found = set(start)
        while True:
            for one in self.equations:
                touched = not found.isdisjoint(one.inputs)
                if touched and through(one):
                    found.update(one.results)
            both = zip(carry, self.results, strict=False)
            more = {c for c, r in both if r in found} - found
            if not more:
                return found
            found |= more

    def has_slope(self, one: Equation) -> bool:
        """Whether results of an equation move where its inputs do. Raises: Unrolled."""
        if one.primitive in ("scan", "while", "cond", "stop_gradient"):
            raise Unrolled(f"there is a {one.primitive} within")
        if any(x.aval.dtype.kind == "c" for x in one.results):
            raise Unrolled("it computes complex numbers")
        whole = {x.aval.dtype.kind for x in one.results} <= {"i", "u"}
        return one.primitive not in self.walk.known.flat and not whole

    def computed(
        self,
        given: Sequence[Any],
        split: tuple[int, int],
        wanted: Sequence[Any],
        length: int,
        reverse: bool,
        further: Further,
    ) -> tuple[list[Any], list[Any]]:
        """The last carry, and what is wanted (names, or equations of `further`) of each round.

        given: arrays for the arguments, of their dtypes; those after split[1] in sequences.
        """
        first, second = split

        def step(carry: Any, rows: Any) -> Any:
            found = self._run([*given[:first], *carry, *rows], further)
            last = [
                jax.numpy.asarray(found[r], c.aval.dtype)
                for c, r in zip(self.arguments[first:second], self.results, strict=False)
            ]
            return last, [found[x] for x in wanted]

        scan = jax.jit(lambda carry, rows: jax.lax.scan(step, carry, rows, length, reverse))
        last, rows = scan(list(given[first:second]), list(given[second:]))
        return list(map(np.asarray, last)), list(map(np.asarray, rows))

    def _run(self, arguments: Sequence[Any], further: Further) -> dict[Any, Any]:
        found: dict[Any, Any] = {**self.known, **dict(zip(self.arguments, arguments, strict=True))}
        for one in self.equations:
            inputs = [found[x] for x in one.inputs]
            if one in further:
                found[one] = further[one](one.eqn, inputs)
            bound = one.eqn.primitive.get_bind_params(one.eqn.params)
            functions, params = bound if isinstance(bound, tuple) else ((), bound)
            results = one.eqn.primitive.bind(*functions, *inputs, **params)
            many = one.eqn.primitive.multiple_results
            found.update(zip(one.results, results if many else [results], strict=True))
        return found
