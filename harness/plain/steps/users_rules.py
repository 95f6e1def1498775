"""A derivative that somebody wrote for a step of a loss, at one place where the loss uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gradparity.problems import Array


class RuleResult(NamedTuple):
    """The result of a rule. name: of the rule. number: of its results as the loss is run, from 1.

    0: the loss itself, where the results cannot be had.
    """

    name: str
    number: int


class Used(NamedTuple):
    """A rule in use. adjoint: what comes from above, the derivative of the loss by the result."""

    place: RuleResult
    adjoint: Array


class Rules(NamedTuple):
    """How a library's losses use such rules.

    Losses are functions of (leaves by name, *args). used: loss -> (leaves, *args) -> every use.
    weighed: (loss, place -> w) -> the loss Σ w · y instead, y being the results at these places.
    """

    used: Callable[[Callable[..., Any]], Callable[..., list[Used]]]
    weighed: Callable[[Callable[..., Any], Mapping[RuleResult, Any]], Callable[..., Any]]
