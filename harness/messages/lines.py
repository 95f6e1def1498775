"""Requests and answers as JSON lines, and back.

A request is {"do": name, field: value, ...}; an answer is {"ok": {field: value, ...}}, or
{"error": {"status": ..., "reason": ...}}. At the other end there may be another version of
gradparity, so a line is read by its record's fields: none may be missing, none may be unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from functools import cache, partial
from json import dumps, loads  # bound here: a user's code may patch the module
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from gradparity.harness.messages.catalogue import REQUESTS
from gradparity.harness.messages.request import Refusal, Request

A = TypeVar("A")

NAMES = {kind: name for name, kind in REQUESTS.items()}


class Unreadable(Exception):
    """A line that another version of gradparity must have written; the text names the field."""


def request_line(request: Request[Any]) -> str:
    """The request as a line."""
    return dumps({"do": NAMES[type(request)], **asdict(request)}) + "\n"  # type: ignore[call-overload]


def read_request(line: str | bytes) -> Request[Any]:
    """The request in a line. Raises Unreadable."""
    given = _json(line)
    name = given.pop("do", None)
    if name not in REQUESTS:
        raise Unreadable(f"there is no request {name!r}")
    request: Request[Any] = _record(REQUESTS[name], repr(name), given)
    return request


def answer_line(answer: Any) -> str:
    """An answer, or a `Refusal`, as a line."""
    key = "error" if isinstance(answer, Refusal) else "ok"
    return dumps({key: asdict(answer)}) + "\n"


def read_answer(line: str | bytes, request: Request[A]) -> A | Refusal:
    """The answer to a request that is in a line. Raises Unreadable."""
    given, what = _json(line), f"the answer to {NAMES[type(request)]!r}"
    if "error" in given:
        refusal: Refusal = _record(Refusal, what, given["error"])
        return refusal
    if "ok" not in given:
        raise Unreadable(f"{what} is neither 'ok' nor 'error'")
    (kind,) = get_args(type(request).__orig_bases__[0])  # type: ignore[attr-defined]
    answer: A = _record(kind, what, given["ok"])
    return answer


def read_record(kind: type[A], what: str, given: Any) -> A:
    """The record of this kind that `asdict` and JSON have made `given` of. Raises Unreadable."""
    found: A = _record(kind, what, given)
    return found


def _json(line: str | bytes) -> dict[str, Any]:
    try:
        given = loads(line)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Unreadable("a line is no JSON object")
    return given


def _record(kind: type[Any], what: str, given: Any) -> Any:
    """The record of this kind that was written as `given`."""
    if not isinstance(given, dict):
        raise Unreadable(f"{what} is {given!r}, should be the fields of {kind.__name__}")
    readers = _readers(kind)  # type: ignore[arg-type]  # a class is hashable
    faults = [f"lacks {name!r}" for name in readers if name not in given]
    faults += [f"has {name!r}, which is unknown" for name in given if name not in readers]
    if faults:
        raise Unreadable(f"{what} {' and '.join(faults)}")
    return kind(**{name: read(f"{what}: {name}", given[name]) for name, read in readers.items()})


Reader = Callable[[str, Any], Any]
"""reader(what, value): the value of a field as its type wants it; `what` names it in an error."""


@cache
def _readers(kind: type[Any]) -> dict[str, Reader]:
    """How each field of a record is read."""
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Reader:
    if isinstance(hint, type) and is_dataclass(hint):
        return partial(_record, hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        some = [each for each in inner if each is not type(None)]
        optional = len(some) < len(inner)
        read = _reader(some[0]) if len(some) == 1 else partial(_plain, tuple(some))
        return lambda what, x: None if optional and x is None else read(what, x)
    if origin is tuple and inner[-1] is not Ellipsis:
        return partial(_fixed, tuple(map(_reader, inner)))
    if origin is tuple:
        read = _reader(inner[0])
        return lambda what, x: tuple(read(what, each) for each in _plain(list, what, x))
    if origin is dict:
        read = _reader(inner[1])
        return lambda what, x: {k: read(what, v) for k, v in _plain(dict, what, x).items()}
    if hint is float:
        return partial(_plain, (int, float))
    known = isinstance(hint, type) and hint is not Any
    return partial(_plain, hint if known else object)


def _fixed(readers: tuple[Reader, ...], what: str, value: Any) -> tuple[Any, ...]:
    """A tuple of as many values, each of its own type."""
    found = _plain(list, what, value)
    if len(found) != len(readers):
        raise Unreadable(f"{what} has {len(found)} values, should have {len(readers)}")
    return tuple(read(what, x) for read, x in zip(readers, found, strict=True))


def _plain(kind: type[Any] | tuple[type[Any], ...], what: str, value: Any) -> Any:
    """A value of one of JSON's own types."""
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        raise Unreadable(f"{what} is {value!r}, no {' or '.join(k.__name__ for k in kinds)}")
    return value
