"""Which market is meant, with which figures: the words behind `gradparity optimize`.

The figures of a problem are the keywords of its `draw`; those of its smallest size, then those that
are named, take the place of the signature's defaults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from gradparity.harness.planning.lookup import catalogue, members, the_one
from gradparity.problems import Arrays, InputError, Instance, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.figures import Unbounded
from gradparity.problems.namespace import NUMPY
from gradparity.problems.python_file import file_of, is_file
from gradparity.problems.user_files import unknown_target

LIMITS = ("budget", "min_price", "max_price")
"""Limits of our own; a problem whose draw has a keyword of that name is given it instead."""
OWN = ("--above-cost", "--backend", "--currency", "--format", "--plots", "--steps", "--timeout")
SIZE = "as asked"
WHOLE = (int, "int", "int | None")
LEAST, MOST = 1e-30, 1e30
"""Figures are judged in float32 too, which holds little more."""


@dataclass(frozen=True, slots=True)
class Market:
    """A problem with its figures.

    problem: its only size, `SIZE`, is these figures. figures: keyword of draw -> value. limits: of
    `LIMITS`, those that are ours to keep. file: the user's, if it is one. above_cost: whether no
    price may lie below the cost; None for a single product alone, where that would never pay.
    """

    problem: Problem
    figures: dict[str, Any]
    limits: dict[str, float]
    file: str | None = None
    above_cost: bool | None = None

    @property
    def money(self) -> str:
        """The unit of the profit."""
        return self.problem.units[""]

    def drawn(self, seed: int) -> Instance:
        """A point to start from, with these figures in float64 as they were given.

        Raises InputError for figures that are no market.
        """
        import numpy as np

        try:
            return self.problem.draw(np.random.default_rng(seed), **self.figures)
        except InputError:
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise InputError(
                f"{self.problem.name}: these figures cannot be drawn: {text}"
            ) from None

    def decided(self, params: Arrays, data: Arrays) -> Arrays:
        """What is decided by these parameters, in NumPy arrays by name, in the problem's units."""
        if self.problem.decisions is None:
            return params
        return self.problem.decisions(NUMPY, params, data)


def market(
    words: Sequence[str],
    limits: dict[str, str | None],
    currency: str | None,
    above_cost: bool | None = None,
) -> Market:
    """The market that words such as price --a 1000 --b=8 mean.

    limits: as typed, by name of `LIMITS`. above_cost: see `Market`. currency: what to call
    "currency" in the units.
    Raises InputError, one line, for whatever is not known or no number.
    """
    target, given = _sorted_out(words)
    problem, file = _problem(target)
    if currency is not None:
        units = {key: unit.replace("currency", currency) for key, unit in problem.units.items()}
        problem = replace(problem, units=units)
    known = _keywords(problem)
    declared = signature(problem.draw).parameters
    whole = [name for name in known if declared[name].annotation in WHOLE]
    own = {}
    for name, text in limits.items():
        if text is None:
            continue
        if name in known:
            given.append((name, f"--{name.replace('_', '-')}", text))
        else:
            own[name] = _number(name, text)
    for name, option, text in given:
        if name not in known:
            options = [f"--{key.replace('_', '-')}" for key in known]
            free = [f"--{key.replace('_', '-')}" for key in LIMITS if key not in known]
            raise unknown(f"option of {problem.name}:", option, [*options, *free, *OWN])
        known[name] = _read(name, text, known[name])
        if name in whole and not isinstance(known[name], int):
            raise InputError(f"{option} {text}: it must be a whole number")
    missing = [name for name, value in known.items() if value is Parameter.empty]
    if missing:
        raise InputError(
            f"{problem.name} needs --{missing[0].replace('_', '-')}: it has no default"
        )
    problem = replace(problem, draw=_any(problem.draw), sizes={SIZE: known}, exact=True)
    return Market(problem, known, own, file, above_cost)


def _any(draw: Callable[..., Instance]) -> Callable[..., Instance]:
    """`draw` of markets without a best price too: limits may give one, and else that is told."""

    @wraps(draw)
    def drawn(rng: Any, **figures: Any) -> Instance:
        try:
            return draw(rng, **figures)
        except Unbounded as found:
            return found.instance

    return drawn


def _sorted_out(words: Sequence[str]) -> tuple[str, list[tuple[str, str, str]]]:
    """The problem's name, and (keyword, option, text) of every option, in the order given."""
    targets, given, rest = [], [], list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            targets.append(word)
            continue
        option, equals, text = word.partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise InputError(f"{option} needs a value, such as {option} 10")
            text = rest.pop(0)
        given.append((option[2:].replace("-", "_"), option, text))
    if not targets:
        raise InputError(f"name a problem; known: {', '.join(served())}")
    if len(targets) > 1:
        raise InputError(
            f"one problem at a time: {targets[0]!r} or {targets[1]!r}? "
            "Several numbers are written 10,20,30"
        )
    return targets[0], given


def served() -> list[str]:
    """The problems of the catalogue that there is something to decide in."""
    return [name for name, problem in catalogue().items() if "" in problem.units]


def _problem(target: str) -> tuple[Problem, str | None]:
    """The problem and its file; of a family, the first member."""
    if is_file(target):
        problem, file = the_one(target), file_of(target)
    else:
        found, file = members(target), None
        if not found:
            names = served()
            raise unknown_target(
                "problem", target, [*dict.fromkeys(x.split("-")[0] for x in names), *names]
            )
        problem = next(iter(found.values()))
    if "" not in problem.units or len(problem.units) < 2:
        raise InputError(
            f"{problem.name} has no units, so that there is nothing to charge or to spend; "
            f"known: {', '.join(served())}, or a file whose Problem has units"
        )
    return problem, file


def _keywords(problem: Problem) -> dict[str, Any]:
    """The keywords of draw and their defaults; `Parameter.empty` where there is none."""
    named = list(signature(problem.draw).parameters.values())[1:]
    kinds = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    defaults = {one.name: one.default for one in named if one.kind in kinds}
    return {**defaults, **next(iter(problem.sizes.values()), {})}


def _read(name: str, text: str, default: Any) -> Any:
    """A value of the default's kind: a number, several (10,20), rows of them (1,2;3,4), a word."""
    if isinstance(default, str):
        return text
    if isinstance(default, tuple | list):
        rows = default and isinstance(default[0], tuple | list)
        if rows or ";" in text:
            parts = tuple(_several(name, row) for row in text.split(";"))
            if len({len(part) for part in parts}) > 1:
                lengths = ", ".join(str(len(part)) for part in parts)
                raise InputError(
                    f"--{name} {text}: its rows have {lengths} numbers; make them equal"
                )
            return parts
        return _several(name, text)
    if default is Parameter.empty and "," in text:
        return _several(name, text)
    number = _number(name, text)
    whole = not isinstance(default, float) and number.is_integer()
    return int(number) if whole else number


def _several(name: str, text: str) -> tuple[float, ...]:
    return tuple(_number(name, part) for part in text.split(","))


def _number(name: str, text: str) -> float:
    option = f"--{name.replace('_', '-')}"
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{option} {text}: {text!r} is not a number") from None
    if not math.isfinite(number):
        raise InputError(f"{option} {text}: it must be finite")
    if number != 0.0 and not LEAST <= abs(number) <= MOST:
        raise InputError(
            f"{option} {text}: sizes from {LEAST:g} to {MOST:g}, or 0; change the unit"
        )
    return number
