"""Mistakes of a user, told in one line: what, where, what is allowed, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from numbers import Integral, Real


class InputError(Exception):
    """Something that the user gave is wrong; its text is the whole message, without a traceback."""


class UnfinishedError(InputError):
    """What a user's code ended, crashed or never ended, so that there is no answer: exit code 4."""


def unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not among `known`, with the nearest one as a suggestion."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    return InputError(f"unknown {kind} {name!r}{hint} known: {', '.join(names)}")


def in_range(
    name: str, number: object, least: float, most: float, unit: str = "", whole: bool = False
) -> None:
    """Raise InputError, one line, unless `number` is one from `least` to `most`.

    whole: a fraction is none. NaN is in no range.
    """
    kind = Integral if whole else Real
    if not isinstance(number, kind) or isinstance(number, bool):
        what = "a whole number" if whole else "a number"
        raise InputError(f"{name} is {number!r}; it should be {what}")
    if not number >= least:  # type: ignore[operator]
        raise InputError(f"{name} is {number}{unit}; it should be at least {least:,}{unit}")
    if number > most:  # type: ignore[operator]
        raise InputError(f"{name} is {number}{unit}; it should be at most {most:,}{unit}")


def several(what: str, given: Sequence[str]) -> tuple[str, ...]:
    """The names that are given. Raises InputError for one text, a sequence of its letters."""
    if isinstance(given, str):
        raise InputError(f"{what} is {given!r}; give a list of names: [{given!r}]")
    return tuple(given)
