"""Whether the arguments of a public function are of the kind that its annotations say.

Without it a wrong one is found far within, by whatever meets it first. What a number may be is for
the function to say; here a mistake of kind is told in one line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from gradparity.problems.errors import InputError, unknown

_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "True or False",
    NoneType: "None",
    Callable: "a function",
    Mapping: "a dict",
    dict: "a dict",
    Sequence: "a list",
    Collection: "a list",
    tuple: "a tuple",
}

_NOTHING: Mapping[str, str] = {}


def expect(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise InputError for an argument of another kind than the annotation of `function` says.

    given: its arguments by name, as `locals()` has them in its first line.
    """
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        several = parameter.kind is parameter.VAR_POSITIONAL
        for x in given[name] if several else (given[name],):
            _expect(function.__name__, name, x, _hints(function)[name])


def expect_fields(
    kind: type[Any], given: Mapping[str, Any], who: str, elsewhere: Mapping[str, str] = _NOTHING
) -> None:
    """Raise InputError for a field of a dataclass that is unknown, or of another kind.

    who: whose options these are, "run". elsewhere: what a field is called in another place, and
    its name here.
    """
    for name, x in given.items():
        if name in elsewhere and name not in _hints(cast(Hashable, kind)):
            raise InputError(f"{who}: {name} is called {elsewhere[name]} here; write that")
        if name not in (hints := _hints(cast(Hashable, kind))):
            raise unknown("option", name, [one.name for one in fields(kind)])
        _expect(who, name, x, hints[name])


def expect_annotated(function: Callable[..., Any], given: Mapping[str, Any], who: str) -> None:
    """Raise InputError for a keyword of another kind than the function says, where it says one.

    who: what a message calls these keywords, "size n=x".
    """
    try:
        hints = _hints(function)
    except (NameError, TypeError, AttributeError):  # names that mean something to a checker alone
        return
    for name, x in given.items():
        _expect(who, name, x, hints.get(name, Any))


@cache
def _hints(owner: Hashable) -> dict[str, Any]:
    return get_type_hints(cast(Any, owner))


def _expect(who: str, name: str, x: Any, hint: Any) -> None:
    if not _fits(x, hint):
        shown = repr(x) if isinstance(x, str | int | float | None) else f"a {type(x).__name__}"
        raise InputError(f"{who}: {name} is {shown}, should be {_words(hint)}")


def _fits(x: Any, hint: Any) -> bool:
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(x, part) for part in parts)
    if kind in (int, float):
        number = Integral if kind is int else Real
        return isinstance(x, number) and not isinstance(x, bool | np.bool_)
    if kind is bool:
        return isinstance(x, bool | np.bool_)
    if kind is Callable:
        return callable(x)
    if kind is Any or not isinstance(kind, type):
        return True
    if issubclass(kind, Sequence | Collection) and not issubclass(kind, Mapping | str):
        several = isinstance(x, Iterable) if kind is not tuple else isinstance(x, list | tuple)
        # One text for a list of names has a line of its own.
        return several and (isinstance(x, str) or not parts or all(_fits(y, parts[0]) for y in x))
    return isinstance(x, kind)


def _words(hint: Any) -> str:
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return " or ".join(map(_words, parts))
    word = _WORDS.get(kind, f"a {getattr(kind, '__name__', kind)}")
    inner = [part for part in parts if part in (str, int, float)]
    if word in ("a list", "a tuple") and inner:
        plural = {str: "texts", int: "whole numbers", float: "numbers"}
        return f"{word} of {plural[inner[0]]}"
    return word
