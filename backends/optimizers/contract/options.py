"""What the options of optimisers may be: an option's name means the same wherever it occurs."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradparity.backends.optimizers.contract.averages import GRAMMAR, is_average
from gradparity.backends.optimizers.contract.optimizer import Optimizer
from gradparity.problems import InputError


@dataclass(frozen=True, slots=True)
class OptionRule:
    """allowed: in words, what follows "must be". holds: whether a value is."""

    allowed: str
    holds: Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


POSITIVE = OptionRule("a number above 0", lambda value: _number(value) and value > 0)
NOT_NEGATIVE = OptionRule("a number, 0 or above", lambda value: _number(value) and value >= 0)
SHARE = OptionRule("a number in [0, 1)", lambda value: _number(value) and 0 <= value < 1)
INSIDE = OptionRule("a number in (0, 1)", lambda value: _number(value) and 0 < value < 1)
SWITCH = OptionRule("true or false", lambda value: isinstance(value, bool))
COUNT = OptionRule("a whole number, 1 or above", lambda value: _whole(value) and value >= 1)
CROWD = OptionRule("a whole number, 2 or above", lambda value: _whole(value) and value >= 2)

RULES: dict[str, OptionRule] = {
    "weight_decay": NOT_NEGATIVE,
    "clip": POSITIVE,
    "average": OptionRule(GRAMMAR, is_average),
    "momentum": SHARE,
    "decay": SHARE,
    "beta1": SHARE,
    "beta2": SHARE,
    "epsilon": POSITIVE,
    "epsilon_inside": SWITCH,
    "initial": NOT_NEGATIVE,
    "centered": SWITCH,
    "rate_first": SWITCH,
    "temperature": NOT_NEGATIVE,
    "memory": COUNT,
    "pure": SWITCH,
    "nesterov": SWITCH,
    "iterations": COUNT,
    "floor": INSIDE,
    "radius": POSITIVE,
    "forcing": INSIDE,
    "damping": POSITIVE,
    "momentum_decay": NOT_NEGATIVE,
    "products": COUNT,
    "samples": COUNT,
    "sigma": POSITIVE,
    "success": INSIDE,
    "spread": POSITIVE,
    "stability": NOT_NEGATIVE,
    "rate_power": SHARE,
    "spread_power": SHARE,
    "pairs": COUNT,
    "population": CROWD,
}
"""Option -> what it may be; None too, where that is its default."""


def _as(default: Any) -> OptionRule:
    """What an option may be that only a user's own optimiser has: of the kind of its default."""
    if isinstance(default, bool):
        return SWITCH
    if isinstance(default, str):
        return OptionRule("text", lambda value: isinstance(value, str))
    return OptionRule("a number", _number)


def check(optimizer: Optimizer, options: Mapping[str, Any]) -> None:
    """Nothing, if the optimiser has these options and they may be what they are.

    Raises: InputError for a name that it does not have (it says which exist), and for a value that
    is not allowed (it says what is).
    """
    known = optimizer.options
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ";"
            has = ", ".join(known) or "none"
            raise InputError(f"{optimizer.name} has no option {name!r}{hint} it has: {has}")
        if value is None and known[name] is None:
            continue
        rule = RULES.get(name) or _as(known[name])
        if not rule.holds(value):
            raise InputError(f"{optimizer.name}: {name} must be {rule.allowed}, not {value!r}")
