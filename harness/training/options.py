"""Options of optimisers: as they are typed, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradparity.backends.optimizers import catalogue
from gradparity.problems import InputError
from gradparity.problems.errors import unknown

WORDS = {"true": True, "false": False, "none": None}


def option_values(given: Iterable[str]) -> dict[str, Any]:
    """{"adam.beta2": 0.99} of ["adam.beta2=0.99"]: numbers, true, false and none as such.

    Raises InputError, one line, for what is not NAME=VALUE.
    """
    found = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise InputError(f"--option {text}: it should be NAME=VALUE, such as beta2=0.99")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def whose_options(names: Sequence[str], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The options of each optimiser: "adam.beta2" is adam's alone, "beta2" of all that have it.

    Raises InputError for an optimiser that nobody has, and for an option that none of these has.
    """
    known = {name: catalogue.find(name).options for name in names}
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for option, value in given.items():
        who, dot, what = option.rpartition(".")
        if dot and who not in known:
            raise unknown(f"optimizer in option {option!r}:", who, known)
        those = [who] if dot else list(known)
        having = [name for name in those if what in known[name]]
        if not having:
            each = dict.fromkeys(name for who in those for name in known[who])
            raise unknown(f"option of {', '.join(those)}:", what, each)
        for name in having:
            # What is typed as 1 is 1.0 for an option that is a float.
            real = isinstance(known[name][what], float) and type(value) is int
            found[name][what] = float(value) if real else value
    return found
