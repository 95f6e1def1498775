"""The line that a person can type for a run that was started from Python."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from math import isfinite
from typing import Any

Flags = Mapping[str, str]
"""Keyword of the options -> what it is called on the command line, where that differs."""

RUN_FLAGS: Flags = {
    "backends": "--backend",
    "sizes": "--size",
    "operators": "--operator",
    "dtypes": "--dtype",
    "extra_s": "--extra",
    "timeout_s": "--timeout",
    "memory_gib": "--memory",
}

RACE_FLAGS: Flags = {
    **RUN_FLAGS,
    "optimizers": "--optimizer",
    "options": "--option",
    "rates": "--lr",
    "bounds": "--bound",
    "seconds": "--time",
    "target_held_out": "--target",
    "target_accuracy": "--target",
}


def called(flags: Flags) -> dict[str, str]:
    """What the command line calls a keyword -> the keyword: {"lr": "rates", "backend": ...}."""
    turned = {flag[2:].replace("-", "_"): name for name, flag in reversed(tuple(flags.items()))}
    if "rates" in flags:
        turned |= {"learning_rate": "rates", "seed": "seeds"}
    return turned


class Untypable(ValueError):
    """The command line has no words for an option."""


def typed(
    verb: str, targets: Sequence[str], options: Any, flags: Flags, store: str | None = None
) -> str:
    """The command with these options, those left out that have their defaults.

    options: a record of `Options` or `RaceOptions`. Where the command line has no words for one
    (seeds 3 and 5), the line says that it was run from Python, and with what.
    """
    given = {
        one.name: getattr(options, one.name) for one in fields(options) if _differs(options, one)
    }
    try:
        words = [word for name, value in given.items() for word in _words(name, value, flags)]
    except Untypable:
        told = [*map(repr, targets), *(f"{name}={value!r}" for name, value in given.items())]
        return f"run from Python: gp.{verb}({', '.join(told)})"
    kept = [] if store is None else ["--store", store]
    return shlex.join(["gradparity", verb, *targets, *words, *kept])


def _differs(options: Any, one: Field[Any]) -> bool:
    factory = one.default_factory
    default = one.default if factory is MISSING else factory()
    return bool(getattr(options, one.name) != default)


def _words(name: str, value: Any, flags: Flags) -> Iterator[str]:
    flag = flags.get(name, "--" + name.replace("_", "-"))
    if name in _SPECIAL:
        yield from _SPECIAL[name](flag, value)
    elif isinstance(value, bool):
        yield flag if value else flag.replace("--", "--no-", 1)
    elif isinstance(value, tuple):
        if any("," in one for one in value):
            raise Untypable(name)
        yield from (flag, ",".join(value))
    else:
        yield from (flag, str(value))


def _seeds(flag: str, value: Sequence[int]) -> list[str]:
    if list(value) == list(range(len(value))):
        return [flag, str(len(value))]
    if len(value) == 1:
        return ["--seed", str(value[0])]
    raise Untypable("seeds")


def _pairs(of: Callable[[Any], str]) -> Callable[[str, Mapping[str, Any]], list[str]]:
    return lambda flag, value: [
        word for name, one in value.items() for word in (flag, f"{name}={of(one)}")
    ]


def _sizes(flag: str, value: Sequence[str]) -> list[str]:
    if any("," in size for size in value):
        return [word for size in value for word in (flag, size)]
    return [flag, ",".join(value)]


_SPECIAL: dict[str, Callable[[str, Any], list[str]]] = {
    "sizes": _sizes,
    "seeds": _seeds,
    "options": _pairs(str),
    "start": _pairs(lambda numbers: ",".join(repr(float(x)) for x in numbers)),
    "bounds": _pairs(lambda ends: ":".join(repr(float(x)) if isfinite(x) else "" for x in ends)),
    "target_held_out": lambda flag, value: [flag, f"held-out-loss={value}"],
    "target_accuracy": lambda flag, value: [flag, f"accuracy={value}"],
}
