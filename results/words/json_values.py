"""Values as JSON knows them, and their text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from gradparity.results.words.display import hidden

_SUSPECT = re.compile(r"[^\n -~]")


def in_json(value: Any) -> Any:
    """Return `value` in JSON's types: non-finite figures None, what JSON does not know as text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): in_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [in_json(member) for member in value]
    return str(value)


def to_json(value: Any, ascii_only: bool = False) -> str:
    r"""Return `value` as strict JSON with a final newline; read back, every text is what it was.

    What nobody would see, or a terminal or a log would obey, is escaped as JSON escapes: "\u202e".
    ascii_only: so is everything beyond ASCII.
    """
    text = json.dumps(in_json(value), allow_nan=False, ensure_ascii=ascii_only, indent=1)
    shown = _SUSPECT.sub(lambda found: _escape(found[0]), text)
    return shown.replace("##", r"#\u0023") + "\n"


def _escape(sign: str) -> str:
    if not hidden(sign):
        return sign
    return r"\u007f" if sign == "\x7f" else json.dumps(sign)[1:-1]
